"""PASSWORD is an access token fetched once, when the settings are imported: new connections fail after it has expired.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html (a token lives for 15 minutes);
incidents 27: authentication fails a quarter of an hour after each deploy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from connlint.deployment.model import Database, Deployment
from connlint.facts import product
from connlint.finding import Severity
from connlint.rulebook import Evidence, Found, Missing, rule
from connlint.source import Span
from connlint.value import Value

_TOKENS = product("access_tokens")
_CALL = re.compile(rf"\b({'|'.join(_TOKENS.settings)})\s*\(")
# `get_token` is what other things are called, too: with Azure's it stands beside a credential or the scope of its databases.
_AZURE = re.compile(r"credential|database\.windows\.net", re.IGNORECASE)
_LONGEST = 5_000  # characters of an expression to look at


@rule(severity=Severity.ERROR, since="0.1")
def check(deployment: Deployment) -> Iterator[Found | Missing]:
    for database in deployment.databases:
        password = database.settings.get("PASSWORD")
        call = None if password is None else _token_call(password)
        if password is not None and call is not None:
            yield _found(database, password, *call)


def _found(database: Database, password: Value, name: str, span: Span) -> Found:
    life = _TOKENS.default(name, None)
    expires = "expires within the hour or so" if life.is_unknown else f"expires after {life} s"
    spans = (o.span for o in reversed(password.origins) if o.span is not None)
    own = next((s for s in spans if s.path != span.path or s.end <= span.start or span.end <= s.start), None)
    return Found(
        f'the password of "{database.alias}" is an access token from {name}(), fetched once at import: it {expires}, and '
        "from then on no new connection succeeds",
        (
            Evidence(span, "called once, when the settings are imported"),
            *(() if own is None else (Evidence(own, "used for the life of the process"),)),
        ),
        subject=f"{database.module}:{database.alias}.PASSWORD",
        help="fetch the token for each connection: in get_connection_params() of a backend derived from Django's, or with a "
        "backend made for it",
    )


def _token_call(password: Value) -> tuple[str, Span] | None:
    """The call that fetches a token and its place, the narrowest one; None when the password comes from elsewhere."""
    spans = [o.span for o in password.origins if o.span is not None and o.span.end - o.span.start < _LONGEST]
    azure = any(_AZURE.search(span.text) for span in spans)
    for span in sorted(spans, key=lambda s: s.end - s.start):
        match = _CALL.search(span.text)
        if match is not None and (match[1] != "get_token" or azure):
            return match[1], span
    return None
