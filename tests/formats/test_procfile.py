"""Procfiles, app.json, heroku.yml and the `.env` of a developer's Procfile."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.formats.procfile.dotenv import parse_environment
from connlint.formats.procfile.heroku import read_heroku
from connlint.formats.procfile.reader import parse, read_procfile
from connlint.formats.services import Role, Stack
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Certainty

from .starting import environment, named, only, problems, script

PROCFILE = "# what runs\nrelease: python manage.py migrate\n\nweb: gunicorn shop.wsgi -w 3 --bind :$PORT \nworker:celery -A shop worker\r\n"


def read(files: dict[str, str]) -> tuple[Stack, ...]:
    return read_procfile(Tree(None, files), sorted(path for path in files if "Procfile" in path), {})


def test_each_line_is_a_process_for_the_shell() -> None:
    stack = only(read({"app/Procfile": PROCFILE}))
    assert (stack.name, stack.kind, stack.folder, stack.development) == ("app/Procfile", "procfile", "app", False)
    assert [(s.name, script(s.command), s.role, s.replicas.only, s.surge) for s in stack.services] == [
        ("release", "python manage.py migrate", Role.RELEASE, 1, None),
        ("web", "gunicorn shop.wsgi -w 3 --bind :$PORT", Role.SERVICE, 1, None),
        ("worker", "celery -A shop worker", Role.SERVICE, 1, None),
    ]
    web = named(stack, "web")
    assert web.command is not None
    assert web.command.script is not None
    assert web.command.script.span(22, 23).text == "3"
    assert environment(web) == {"DATABASE_URL": "unknown", "PORT": "unknown"}
    assert (web.extra["platform"].only, web.extra["platform"].certainty) == ("heroku", Certainty.ASSUMED)
    assert problems(stack) == []


def test_app_json_says_how_an_app_is_set_up() -> None:
    app = {
        "env": {
            "DB_AGE": "60",
            "WEB_CONCURRENCY": {"value": "4", "description": "x"},
            "SECRET_KEY": {"generator": "secret"},
            "EXTRA": {"required": False},
        },
        "formation": {"web": {"quantity": 2, "size": "standard-1x"}},
        "addons": ["heroku-postgresql:standard-0", {"plan": "heroku-redis:mini"}],
        "scripts": {"postdeploy": "python manage.py loaddata"},
    }
    stack = only(read({"Procfile": PROCFILE, "app.json": json.dumps(app, indent="\t")}))
    web = named(stack, "web")
    assert environment(web) == {
        "DATABASE_URL": "unknown",
        "REDIS_URL": "unknown",
        "DB_AGE": "60",
        "WEB_CONCURRENCY": "4",
        "SECRET_KEY": "unknown",
        "PORT": "unknown",
    }
    assert web.environment["WEB_CONCURRENCY"].certainty is Certainty.ASSUMED
    assert web.environment["WEB_CONCURRENCY"].place == "app.json:5"
    assert (web.replicas.only, web.replicas.certainty, web.replicas.place) == (2, Certainty.ASSUMED, "app.json:17")
    assert {key: (value.only, value.certainty) for key, value in web.extra.items()} == {
        "platform": ("heroku", Certainty.EXACT),
        "plan": ("standard-1x", Certainty.EXACT),
        "database-plan": ("heroku-postgresql:standard-0", Certainty.EXACT),
    }
    postdeploy = named(stack, "postdeploy")
    assert (script(postdeploy.command), postdeploy.role) == ("python manage.py loaddata", Role.RELEASE)
    assert named(stack, "worker").replicas.only == 1


def test_dokku_scales_in_a_file_of_its_own() -> None:
    stack = only(read({"Procfile": PROCFILE, "DOKKU_SCALE": "web=2\nworker=0\n"}))
    assert [(s.name, s.replicas.only, s.replicas.place) for s in stack.services[1:]] == [
        ("web", 2, "DOKKU_SCALE:1"),
        ("worker", 0, "DOKKU_SCALE:2"),
    ]
    assert named(stack, "web").extra["platform"].only == "dokku"


def test_a_developers_procfile_has_the_dot_env_beside_it() -> None:
    files = {
        "Procfile.dev": "web: python manage.py runserver\n",
        ".env": '# mine\nDEBUG=true\nexport X=1\nURL="postgres://u:p@h/db" # comment\nbad line\nOPEN=\'x\n',
        "app.json": '{"env": {"X": "1"}}',
    }
    stack = only(read(files))
    web = named(stack, "web")
    assert stack.development
    assert environment(web) == {"DEBUG": "true", "URL": "postgres://u:p@h/db"}
    span = web.environment["URL"].span
    assert span is not None
    assert (span.place, span.text) == (".env:4", "postgres://u:p@h/db")
    assert problems(stack) == [("syntax", False, ".env:6", "OPEN='x")]
    assert web.extra == {}


def test_lines_that_are_passed_over_are_reported() -> None:
    stack = only(read({"Procfile": "web: a\nnonsense\nweb: b\nempty:\nother-web_2: c\n"}))
    assert [(s.name, script(s.command)) for s in stack.services] == [("web", "b"), ("other-web_2", "c")]
    assert problems(stack) == [
        ("syntax", False, "Procfile:2", "nonsense"),
        ("duplicate-key", False, "Procfile:3", "web"),
        ("syntax", False, "Procfile:4", "empty:"),
    ]


def test_heroku_yml_builds_and_runs_containers() -> None:
    text = (
        "setup:\n  config:\n    DJANGO_SETTINGS_MODULE: shop.settings\nbuild:\n  docker:\n    web: docker/Dockerfile.web\n"
        "    worker:\n      dockerfile: Dockerfile\n      target: jobs\nrelease:\n  image: web\n  command:\n"
        "    - ./migrate.sh\n    - ./index.sh\nrun:\n  web: gunicorn shop.wsgi -w 2\n"
    )
    tree = Tree(None, {"heroku.yml": text, "app.json": '{"formation": {"worker": {"quantity": 3}}}'})
    stack = only(read_heroku(tree, ["heroku.yml"], {}))
    web, worker, release = (named(stack, name) for name in ("web", "worker", "release"))
    assert script(web.command) == "gunicorn shop.wsgi -w 2"
    assert web.build is not None
    assert (web.build.context, web.build.dockerfile) == ("docker", "docker/Dockerfile.web")
    assert environment(web) == {"DATABASE_URL": "unknown", "DJANGO_SETTINGS_MODULE": "shop.settings", "PORT": "unknown"}
    assert worker.command is None
    assert worker.build is not None
    assert (worker.build.context, worker.build.dockerfile, worker.build.target) == ("", "Dockerfile", "jobs")
    assert worker.replicas.only == 3
    assert (script(release.command), release.role) == ("./migrate.sh\n./index.sh", Role.RELEASE)
    assert release.build is not None
    assert release.build.dockerfile == "docker/Dockerfile.web"


@settings(max_examples=200)
@given(st.text(st.sampled_from("web:= '\"\\#\n\r\tX{}[],1-"), max_size=60))
def test_nothing_makes_it_raise(text: str) -> None:
    files = {"Procfile": text, "app.json": text, "DOKKU_SCALE": text, "Procfile.dev": text, ".env": text}
    assert len(read(files)) == 2
    read_heroku(Tree(None, {"heroku.yml": text, "app.json": text}), ["heroku.yml"], {})


NAMES = st.text(st.sampled_from("abW_-: \t'\"\\#=;$1\n"), max_size=40)


@settings(max_examples=300)
@given(NAMES)
def test_honcho_reads_the_same(text: str) -> None:
    honcho = pytest.importorskip("honcho.environ", reason="honcho is not installed")
    try:
        real = honcho.parse_procfile(text).processes
    except AssertionError:  # two of one name
        return
    found = {name: command.text for name, (_, command) in parse(Source("Procfile", text))[0].items()}
    assert found == {name: command.rstrip() for name, command in real.items() if command.strip()}
    try:
        variables = honcho.parse(text)
    except ValueError:
        assert parse_environment(Source(".env", text))[1]
        return
    assert {name: value.only for name, value in parse_environment(Source(".env", text))[0].items()} == variables
