from .base import *

DATABASES["default"].update(
    HOST="pgbouncer.internal",
    PORT=6432,
    CONN_MAX_AGE=60,
    CONN_HEALTH_CHECKS=True,
    DISABLE_SERVER_SIDE_CURSORS=True,
    OPTIONS={"connect_timeout": 5},
)
