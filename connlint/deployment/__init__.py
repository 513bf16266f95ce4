"""The map: who may hold how many connections to whom, and for how long."""
