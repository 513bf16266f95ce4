"""What is installed: requirements, pyproject.toml, lock files, and the versions they come to; start at `versions`."""
