"""One reader per dialect: the text of a config file becomes a `Document`, as the real server reads it."""
