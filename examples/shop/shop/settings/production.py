from .base import *

DATABASES["default"].update(
    HOST="pgbouncer.internal",
    PORT=6432,
    CONN_MAX_AGE=600,
    OPTIONS={"connect_timeout": 5},
)
