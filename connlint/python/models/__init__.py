"""Models of the standard library, of Django and of other frameworks: what their functions do to abstract values."""
