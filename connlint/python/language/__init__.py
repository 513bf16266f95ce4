"""The language itself: an abstract interpreter for the Python that settings are written in; start at `interpreter`."""
