"""Dockerfiles: what an image gives a process that runs in it."""
