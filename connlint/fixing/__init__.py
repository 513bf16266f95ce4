"""Edits of text for what rules ask for in the map's terms: `set_key(database, "CONN_MAX_AGE", "0")`.

Beside `fix/`, which plans edits and writes them: this room knows where in a file a setting stands, and keeps every other byte.
"""
