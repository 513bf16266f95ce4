"""Which Dockerfile an image is taken to be built from, where only its name says so, and what stays unknown."""

from __future__ import annotations

import pytest

from connlint.deployment.model import Deployment
from connlint.engine import Options, inspect
from connlint.project.tree import Tree
from connlint.value import Certainty

STARTS = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_floor.settings")\n'
FILES = {
    "manage.py": STARTS,
    "shop_floor/__init__.py": "",
    "shop_floor/settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db"}}\n',
    "shop_floor/wsgi.py": STARTS,
    "shop_floor/celery.py": STARTS,
}
SERVES = 'FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD ["gunicorn", "-w", "3", "shop_floor.wsgi"]\n'
PROXY = "FROM nginx:1.27\nCOPY . .\n"


def counted(deployment: Deployment) -> dict[str, tuple[str, object]]:
    return {
        group.name: (group.server, group.processes.only if group.processes.is_exact else group.processes.reason)
        for group in deployment.groups
    }


def compose(image: str) -> str:
    return f"services:\n  web:\n    image: {image}\n  db:\n    image: postgres:17\n"


@pytest.mark.parametrize(
    ("image", "dockerfiles"),
    [
        ("acme/shop-floor:1.2", {"Dockerfile": SERVES}),
        ("registry.acme.example:5000/team/shop_floor@sha256:0123", {"docker/Dockerfile": SERVES}),
        ("acme/shop-floor", {"Dockerfile": SERVES, "proxy/Dockerfile": PROXY, "Dockerfile.dev": PROXY}),
        ("acme/counter", {"Dockerfile": PROXY, "images/counter/Dockerfile": SERVES}),
        ("acme/counter", {"Dockerfile": PROXY, "Dockerfile.counter": SERVES}),
        ("acme/counter", {"Dockerfile": PROXY, "counter.Dockerfile": SERVES}),
    ],
)
def test_the_only_dockerfile_that_is_called_like_an_image_is_taken_for_it(
    image: str, dockerfiles: dict[str, str]
) -> None:
    found = inspect(Tree(None, {**FILES, **dockerfiles, "compose.yml": compose(image)}), Options()).deployments
    (deployment,) = [each for each in found if each.name == "compose.yml"]
    (web,) = deployment.groups
    assert (web.name, web.server, web.processes.only, web.processes.certainty) == (
        "web",
        "gunicorn",
        3,
        Certainty.ASSUMED,
    )
    assert any("is taken for the image of web" in origin.note for origin in web.processes.origins)


@pytest.mark.parametrize(
    ("image", "dockerfiles"),
    [
        ("acme/till", {"Dockerfile": SERVES}),
        ("acme/shop-floor", {"a/Dockerfile": SERVES, "b/Dockerfile": SERVES}),
        ("acme/shop-floor-proxy", {"Dockerfile": SERVES}),
        ("postgres", {"Dockerfile": SERVES}),
        ("acme/counter", {"a/counter/Dockerfile": SERVES, "b/counter/Dockerfile": SERVES}),
        ("acme/shop-floor", {"Dockerfile.dev": SERVES, "tests/Dockerfile": SERVES}),
    ],
)
def test_no_dockerfile_is_taken_for_an_image_of_another_name_or_where_several_can_be(
    image: str, dockerfiles: dict[str, str]
) -> None:
    found = inspect(Tree(None, {**FILES, **dockerfiles, "compose.yml": compose(image)}), Options()).deployments
    assert "compose.yml" not in {each.name for each in found}


def test_a_service_that_runs_the_image_of_another_one_is_counted_as_unknown() -> None:
    text = """services:
  web: {image: "acme/site:1", environment: {DB: x}}
  proxy: {image: "acme/site:proxy"}
  worker: {image: "acme/site:1", command: celery -A shop_floor worker -c 2}
  once: {image: "acme/site:1", command: /bin/true}
"""
    (deployment,) = inspect(Tree(None, {**FILES, "compose.yml": text}), Options()).deployments
    assert counted(deployment) == {
        "worker": ("celery", 2),
        "web": ("unseen", "no file here says what serves the site"),
    }
    assert deployment.groups[1].module is not None
    assert [fact for fact, _ in deployment.lacks if "web" in fact] == [
        "what web runs: nothing says what its image acme/site:1 starts (compose.yml:2)"
    ]


def test_of_several_programs_of_a_service_the_server_has_its_name() -> None:
    script = "celery -A shop_floor beat &\ncelery -A shop_floor worker -c 2 &\ngunicorn -w 3 shop_floor.wsgi &\npython manage.py listen\n"
    files = {"Dockerfile": 'FROM python:3.12\nCOPY . .\nCMD ["sh", "start.sh"]\n', "start.sh": script}
    (deployment,) = inspect(Tree(None, {**FILES, **files}), Options()).deployments
    assert [(group.name, group.program) for group in deployment.groups] == [
        ("web: celery beat", "celery beat"),
        ("web: celery worker", "celery worker"),
        ("web", "gunicorn"),
        ("web: manage.py listen", "manage.py listen"),
    ]


def test_a_server_whose_application_is_not_known_is_not_left_out() -> None:
    script = 'MODULE="$(cat module)"\nexec gunicorn -w 3 "$MODULE"\n'
    files = {"Dockerfile": 'FROM python:3.12\nCOPY . .\nCMD ["sh", "start.sh"]\n', "start.sh": script}
    (deployment,) = inspect(Tree(None, {**FILES, **files}), Options()).deployments
    assert counted(deployment) == {"web": ("gunicorn", 3)}


def test_a_web_servers_file_that_is_called_a_developers_is_not_judged() -> None:
    files = {"gunicorn.conf.py": "workers = 3\n", "gunicorn-dev.conf.py": "workers = 1\n"}
    found = inspect(Tree(None, {**FILES, **files}), Options()).deployments
    assert {each.name: each.development for each in found} == {
        "shop_floor.settings (gunicorn.conf.py)": False,
        "shop_floor.settings (gunicorn-dev.conf.py)": True,
    }


def test_the_settings_are_judged_where_only_a_developers_server_is_here() -> None:
    found = inspect(Tree(None, {**FILES, "gunicorn-dev.conf.py": "workers = 1\n"}), Options()).deployments
    assert [(each.name, each.development, [g.server for g in each.groups]) for each in found] == [
        ("shop_floor.settings (gunicorn-dev.conf.py)", True, ["gunicorn"]),
        ("shop_floor.settings", False, ["unseen"]),
    ]


def test_a_variable_that_compose_only_hands_on_is_unset_and_one_that_it_puts_in_is_not_known() -> None:
    settings = (
        "import os\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql',"
        " 'HOST': os.environ.get('DB_HOST', 'db'), 'PORT': os.environ.get('DB_PORT', '5432')}}\n"
        "if 'REPLICA_HOST' in os.environ:\n    DATABASES['replica'] = {'ENGINE': 'django.db.backends.postgresql'}\n"
    )
    text = """services:
  web:
    build: .
    environment:
      DB_HOST:
      "REPLICA_HOST":
      DB_PORT: ${DB_PORT}
  db: {image: "postgres:17"}
"""
    files = {**FILES, "shop_floor/settings.py": settings, "Dockerfile": SERVES, "compose.yml": text}
    (deployment,) = inspect(Tree(None, files), Options()).deployments
    (web,) = deployment.groups
    assert list(web.databases) == ["default"]
    assert (web.databases["default"].get("HOST").only, web.databases["default"].get("PORT").reason) == (
        "db",
        "DB_PORT is set in no file",
    )
    assert [route.server.name for route in deployment.routes if route.server is not None] == ["db"]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("acme/shop-floor:2", {"web": ("gunicorn", 3), "jobs": ("celery", 2)}),
        ("registry.acme.example/shop_floor", {"web": ("gunicorn", 3), "jobs": ("celery", 2)}),
        ("elsewhere/lending:2", {"web": ("gunicorn", 3)}),
    ],
)
def test_an_image_of_another_name_than_those_built_here_holds_no_file_of_the_project(
    image: str, expected: dict[str, tuple[str, object]]
) -> None:
    files = {
        "Dockerfile": SERVES,
        "bin/jobs.sh": "exec celery -A shop_floor worker -c 2\n",
        "compose.yml": "services:\n  web:\n    image: acme/shop-floor\n    build: .\n  jobs:\n"
        f"    image: {image}\n    command: /jobs.sh\n",
    }
    (deployment,) = inspect(Tree(None, {**FILES, **files}), Options()).deployments
    assert counted(deployment) == expected
