"""pgbouncer.ini, as PgBouncer reads it; start at `reader`."""
