"""A look at the running servers: what they grant and who holds it, asked read-only and with timeouts."""
