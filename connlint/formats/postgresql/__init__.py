"""postgresql.conf, as PostgreSQL reads it; start at `reader`."""
