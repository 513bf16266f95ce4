"""The files of PgCat, Odyssey, Pgpool-II and ProxySQL, as far as the map needs them.

Each reader gives a `Document` whose settings and groups go by the names that PgBouncer gives to the same things: `listen_port`,
`max_client_conn`, `databases.NAME` with `host`, `port`, `dbname`, `pool_mode` and `pool_size`, `users.NAME` with `pool_size`.
"""
