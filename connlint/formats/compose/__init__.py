"""Reader of docker compose files, and of swarm's stack files."""
