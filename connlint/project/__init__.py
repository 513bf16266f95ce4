"""Which files there are, what each one is, and what the user has declared about the rest."""
