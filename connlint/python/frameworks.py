"""Placeholder."""

HANDLERS = {}
CONSTANTS = {}
