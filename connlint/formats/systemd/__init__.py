"""systemd's units: services, their drop-ins, timers and targets."""
