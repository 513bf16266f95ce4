"""A library: code that uses Django, with no settings and no server around it."""

from __future__ import annotations

import pytest

from connlint.engine import Options, inspect
from connlint.project.tree import Tree

JOBS = (
    "from threading import Thread\nfrom django.contrib.auth.models import User\n\n\n"
    "def work():\n    User.objects.count()\n\n\ndef start():\n    Thread(target=work).start()\n"
)


def test_the_code_of_a_library_is_judged() -> None:
    report = inspect(Tree(None, {"mailer/jobs.py": JOBS}), Options())
    assert [deployment.name for deployment in report.deployments] == ["library"]
    assert [finding.rule for finding in report.findings] == ["orm-in-unmanaged-thread"]


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": "print(1)\n"},
        {"tests/test_a.py": "from django.test import TestCase\n"},
        {"README.md": "from django.db import models\n"},
        {},
    ],
)
def test_what_uses_no_django_is_still_nothing(files: dict[str, str]) -> None:
    report = inspect(Tree(None, files), Options())
    assert report.deployments == ()
    assert report.findings == ()


def test_a_library_is_no_deployment_beside_a_real_one() -> None:
    files = {
        "mailer/jobs.py": JOBS,
        "shop/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}\n',
    }
    assert [deployment.name for deployment in inspect(Tree(None, files), Options()).deployments] != ["library"]


def test_the_tests_of_a_library_in_the_tree_are_no_project_of_it() -> None:
    library = {
        "ext/axes/manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")\n',
        "ext/axes/tests/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}\n',
    }
    site = {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
        "shop/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.mysql", "HOST": "db"}}\n',
    }
    names = [each.name for each in inspect(Tree(None, {**library, **site}), Options()).deployments]
    assert names == ["shop.settings"]
    assert [each.name for each in inspect(Tree(None, library), Options()).deployments] == ["tests.settings"]
