"""Which settings a process runs with, and which processes are those of another program."""

from __future__ import annotations

from connlint.engine import Options, inspect
from connlint.project.tree import Tree

DATABASES = 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db"}}\n'
FILES = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.local")\n',
    "shop/__init__.py": "",
    "shop/settings/__init__.py": "",
    "shop/settings/local.py": DATABASES,
    "shop/settings/production.py": DATABASES,
    "shop/wsgi.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.production")\n',
    "app.py": "from django.core.wsgi import get_wsgi_application\n",
    "work.py": 'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings.local"\n',
}


def ran(procfile: str) -> dict[str, str | None]:
    """The settings of each process."""
    deployment = inspect(Tree(None, {**FILES, "Procfile": procfile}), Options()).deployments[0]
    return {group.name: group.module.name if group.module is not None else None for group in deployment.groups}


def test_the_file_that_starts_a_process_names_its_settings() -> None:
    assert ran(
        "web: gunicorn shop.wsgi\nclock: python manage.py tick\nserver: python app.py\nworker: python work.py\n"
        "other: DJANGO_SETTINGS_MODULE=shop.settings.production python work.py\n"
    ) == {
        "web": "shop.settings.production",
        "clock": "shop.settings.local",
        "server": "shop.settings.production",
        "worker": "shop.settings.local",
        "other": "shop.settings.production",
    }


def test_a_process_with_settings_of_a_package_that_is_not_here_is_another_program() -> None:
    assert ran("web: gunicorn shop.wsgi\ngraphs: django-admin runserver --settings=graphs.settings\n") == {
        "web": "shop.settings.production"
    }


def test_settings_of_a_package_of_the_project_that_are_written_later_leave_it_a_process_of_the_project() -> None:
    assert ran("jobs: django-admin jobs --settings=shop.settings.secret\n") == {"jobs": None}


def test_of_several_projects_the_one_whose_folder_holds_the_file_that_starts_a_process() -> None:
    files = {
        f"{name}/{path}": text.replace("shop", name)
        for name in ("orders", "stock")
        for path, text in {**FILES, "Procfile": "web: gunicorn wsgi\n"}.items()
        if not path.startswith("shop/")
    }
    files.update({f"{name}/settings.py": DATABASES for name in ("orders", "stock")})
    files.update({
        f"{name}/{file}.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n'
        for name in ("orders", "stock")
        for file in ("manage", "wsgi")
    })  # fmt: skip
    files |= {"stock/deploy/supervisord.conf": "[program:stock]\ndirectory=/srv/stock\ncommand=gunicorn wsgi\n"}
    found = inspect(Tree(None, files), Options()).deployments
    (deployment,) = [each for each in found if each.name == "stock/deploy/supervisord.conf"]
    assert [module.path for module in deployment.modules] == ["stock/settings.py"]
