"""supervisord.conf: programs, groups, event listeners and the files they are included from."""
