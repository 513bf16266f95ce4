"""The rules as Django's system checks, in real projects with the Django that is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("django.core", reason="needs Django")

from django_projects import manage, postgresql, project

POOL = postgresql(CONN_MAX_AGE=60, OPTIONS={"pool": True})
BAD_POOL = (
    "ERRORS:\n"
    "shop/settings.py:6: (connlint.pool-with-persistent-connections) "
)  # fmt: skip


def test_a_plain_check_shows_findings_with_place_id_and_hint(tmp_path: Path) -> None:
    code, _, err = manage(project(tmp_path, POOL), "check")
    assert code == 1
    assert BAD_POOL in err
    assert "\tHINT: " in err


def test_a_tag_chooses_the_checks_and_is_listed(tmp_path: Path) -> None:
    folder = project(tmp_path, POOL)
    assert manage(folder, "check", "--tag", "connlint")[0] == 1
    assert manage(folder, "check", "--tag", "urls")[0] == 0
    assert "connlint" in manage(folder, "check", "--list-tags")[1].split()


def test_the_databases_that_are_asked_for_change_nothing(tmp_path: Path) -> None:
    """Django passes none of them up to 5.2 and all of them from 6.1 on; connlint connects to none."""
    folder = project(tmp_path, POOL)
    assert manage(folder, "check", "--tag", "connlint", "--database", "default")[2].count("(connlint.") == 1


def test_silenced_ids_are_silent(tmp_path: Path) -> None:
    silenced = f"{POOL}\nSILENCED_SYSTEM_CHECKS = ['connlint.pool-with-persistent-connections']"
    code, out, _ = manage(project(tmp_path, silenced), "check")
    assert (code, out) == (0, "System check identified no issues (1 silenced).\n")


def test_levels_are_the_severities(tmp_path: Path) -> None:
    folder = project(tmp_path, postgresql(CONN_MAX_AGE=60), {"Procfile": "web: gunicorn shop.wsgi\n", "shop/wsgi.py": "import django\n"})  # fmt: skip
    code, _, err = manage(folder, "check")
    assert code == 0
    assert "WARNINGS:\n" in err
    assert "Procfile:1: (connlint.implicit-web-concurrency)" in err
    assert manage(folder, "check", "--fail-level", "WARNING")[0] == 1


def test_what_reading_cannot_know_is_what_was_loaded(tmp_path: Path) -> None:
    """The value comes from a module outside of the project, which is never read."""
    settings = f"import vault\n{postgresql(CONN_MAX_AGE='<vault.AGE>', OPTIONS={'pool': True})}"
    folder = project(tmp_path / "site", settings)
    (tmp_path / "vault.py").write_text("AGE = 60\n", encoding="utf-8")
    code, _, err = manage(folder, "check", PYTHONPATH=str(tmp_path))
    assert code == 1
    assert "shop/settings.py:7: (connlint.pool-with-persistent-connections)" in err
    (tmp_path / "vault.py").write_text("AGE = 0\n", encoding="utf-8")
    assert manage(folder, "check", PYTHONPATH=str(tmp_path))[0] == 0


def test_code_is_read_for_a_deployment_check_only(tmp_path: Path) -> None:
    work = (
        "import threading\nfrom django.contrib.auth.models import User\n"
        "def count():\n    return User.objects.count()\n"
        "def start():\n    threading.Thread(target=count).start()\n"
    )
    folder = project(tmp_path, postgresql(), {"shop/work.py": work})
    assert "connlint.orm-in-unmanaged-thread" not in manage(folder, "check")[2]
    assert "connlint.orm-in-unmanaged-thread" in manage(folder, "check", "--deploy", "--tag", "connlint")[2]


def test_a_mistake_in_the_configuration_is_an_error_with_its_line(tmp_path: Path) -> None:
    folder = project(tmp_path, postgresql(), {"pyproject.toml": "[tool.connlint]\ncpu = 4\n"})
    code, _, err = manage(folder, "check")
    assert code == 1
    assert 'pyproject.toml:2: (connlint.configuration) unknown key "cpu" in [tool.connlint]' in err


def test_the_place_of_the_settings_decides_not_the_current_folder(tmp_path: Path) -> None:
    folder = project(tmp_path / "site", POOL)
    assert manage(folder, "check", where=tmp_path)[0] == 1


def test_the_folder_can_be_stated(tmp_path: Path) -> None:
    limits = {"deploy/connlint.toml": "cpu = 4\n", "pyproject.toml": ""}
    folder = project(tmp_path, f"CONNLINT_ROOT = {str(tmp_path / 'deploy')!r}\n{postgresql()}", limits)
    assert "connlint.toml:1: (connlint.configuration)" in manage(folder, "check")[2]


def test_settings_without_a_module_are_no_mistake() -> None:
    import subprocess
    import sys

    code = (
        "import django; from django.conf import settings\n"
        "settings.configure(INSTALLED_APPS=['connlint.django'], CONNLINT_ROOT='/nowhere/at/all')\n"
        "django.setup(); from django.core.management import call_command; call_command('check')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "System check identified no issues (0 silenced).\n"), run.stderr


def test_a_defect_of_connlint_is_a_warning_that_stops_nothing(tmp_path: Path) -> None:
    broken = "import connlint.engine\n\ndef inspect(*_):\n    raise KeyError('a line of a file')\n\nconnlint.engine.inspect = inspect\n"
    folder = project(tmp_path, f"{broken}{POOL}")
    code, _, err = manage(folder, "check")
    assert code == 0
    assert "(connlint.internal-error) internal error: KeyError" in err
    assert "a line of a file" not in err
