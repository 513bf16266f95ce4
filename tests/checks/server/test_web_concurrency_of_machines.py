"""Whether a Procfile is a platform's, or that of a machine of one's own."""

from __future__ import annotations

import pytest

from connlint.engine import Options, inspect
from connlint.project.tree import Tree

STARTS = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ('"db.example"', ["implicit-web-concurrency"]),
        ('os.environ.get("DB_HOST", "localhost")', ["implicit-web-concurrency"]),
        ('"localhost"', []),
        ('""', []),
        ('"/var/run/postgresql"', []),
    ],
)
def test_a_database_beside_the_process_is_on_no_platform(host: str, found: list[str]) -> None:
    settings = f'import os\nDATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "HOST": {host}}}}}\n'
    files = {
        "manage.py": STARTS,
        "shop/wsgi.py": STARTS,
        "shop/settings.py": settings,
        "Procfile": "web: gunicorn shop.wsgi\n",
    }
    report = inspect(Tree(None, files), Options())
    assert [finding.rule for finding in report.findings if finding.rule == "implicit-web-concurrency"] == found
