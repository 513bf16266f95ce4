"""connlint: a static linter for the database connections of Django deployments."""

__version__ = "0.1.0"
