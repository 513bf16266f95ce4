"""The files of hosting platforms: what they start, how often, and with which environment."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.formats.json_nodes import read_json
from connlint.formats.platforms.fly import read_fly
from connlint.formats.platforms.render import read_render
from connlint.formats.services import Role
from connlint.formats.toml_nodes import read_toml_nodes
from connlint.formats.yaml_nodes import MappingNode, ScalarNode
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Certainty

from .starting import environment, named, only, problems, script, words


def test_json_has_a_place_for_everything() -> None:
    file = read_json(Source("x.json", '{"a": [1, "b\\n", {"c": null}],\n\t"a": true}'))
    (root,) = file.documents
    assert isinstance(root, MappingNode)
    assert [(pair.key.value, pair.value.span.text) for pair in root.pairs] == [
        ("a", '[1, "b\\n", {"c": null}]'),
        ("a", "true"),
    ]
    assert [(p.code, p.span.place) for p in file.problems] == [("duplicate-key", "x.json:2")]
    assert read_json(Source("x.json", '{"a": 1,}')).is_broken
    assert read_json(Source("x.json", "[" * 5_000 + "]" * 5_000)).is_broken


def test_toml_becomes_the_same_nodes() -> None:
    (root,) = read_toml_nodes(Source("x.toml", "[a]\nb = true\nc = 1_000\nd = [\"x\", 'y']\n")).documents
    assert isinstance(root, MappingNode)
    table = root.get("a")
    assert isinstance(table, MappingNode)
    values = {pair.key.value: pair.value for pair in table.pairs}
    assert [(n.value, n.span.text) for n in values.values() if isinstance(n, ScalarNode)] == [
        ("true", "true"),
        ("1000", "1_000"),
    ]
    assert read_toml_nodes(Source("x.toml", "a = ")).is_broken


def test_fly_process_groups() -> None:
    text = (
        'app = "shop"\n[build]\ndockerfile = "deploy/Dockerfile"\n[deploy]\nrelease_command = "python manage.py migrate"\n'
        'strategy = "bluegreen"\n[env]\nWEB_CONCURRENCY = 3\n[processes]\nweb = "gunicorn shop.wsgi -w 4"\n'
        'worker = "celery -A shop worker -Q \'a b\'"\n[http_service]\nprocesses = ["web"]\nmin_machines_running = 2\n'
        '[http_service.concurrency]\nhard_limit = 25\n[[vm]]\nsize = "shared-cpu-2x"\nprocesses = ["web"]\n'
    )
    stack = only(read_fly(Tree(None, {"fly.toml": text}), ["fly.toml"], {}))
    web, worker, release = (named(stack, name) for name in ("web", "worker", "release"))
    assert words(web.command) == ["gunicorn", "shop.wsgi", "-w", "4"]
    assert web.command is not None
    assert (web.command.words[3].span.place, web.command.words[3].span.text) == ("fly.toml:10", "4")
    assert words(worker.command)[-1] == "a b"
    assert (words(release.command), release.role) == (["python", "manage.py", "migrate"], Role.RELEASE)
    assert environment(web) == {"DATABASE_URL": "unknown", "WEB_CONCURRENCY": "3", "FLY_PROCESS_GROUP": "web"}
    assert environment(release)["RELEASE_COMMAND"] == "1"
    assert (web.replicas.only, web.replicas.place, web.replicas.certainty) == (2, "fly.toml:14", Certainty.ASSUMED)
    assert (worker.replicas.only, worker.replicas.certainty) == (1, Certainty.ASSUMED)
    assert web.surge is not None
    assert (web.surge.only, web.surge.place) == (2, "fly.toml:14")
    extra = {key: value.only for key, value in web.extra.items()}
    assert extra == {"platform": "fly", "cpus": 2.0, "plan": "shared-cpu-2x", "concurrency-limit": 25}
    assert list(worker.extra) == ["platform"]
    assert web.build is not None
    assert (web.build.context, web.build.dockerfile) == ("", "deploy/Dockerfile")


def test_a_fly_app_without_processes_runs_its_image() -> None:
    stack = only(read_fly(Tree(None, {"fly.toml": 'app = "x"\n', "Dockerfile": ""}), ["fly.toml"], {}))
    (app,) = stack.services
    assert (app.name, app.command) == ("app", None)
    assert app.build is not None
    assert app.build.dockerfile == "Dockerfile"


def test_render_services() -> None:
    text = (
        "services:\n  - type: web\n    name: shop\n    runtime: python\n    plan: starter\n    numInstances: 2\n"
        "    startCommand: gunicorn shop.wsgi -w $WORKERS\n    preDeployCommand: python manage.py migrate\n    envVars:\n"
        "      - key: WORKERS\n        value: 3\n      - key: DATABASE_URL\n        fromDatabase: {name: db, property: x}\n"
        "      - key: SECRET\n        sync: false\n      - fromGroup: common\n      - fromGroup: other\n"
        "  - type: worker\n    name: jobs\n    runtime: docker\n    rootDir: back\n    dockerCommand: celery -A shop worker\n"
        "    scaling: {minInstances: 1, maxInstances: 4}\n"
        "  - {type: cron, name: nightly, runtime: python, startCommand: python manage.py clear}\n"
        "  - {type: keyvalue, name: cache}\n"
        "envVarGroups:\n  - name: common\n    envVars:\n      - {key: DB_AGE, value: 60}\n"
        "databases:\n  - name: db\n    plan: basic-256mb\n"
    )
    stack = only(read_render(Tree(None, {"render.yaml": text}), ["render.yaml"], {}))
    assert [(s.name, s.role) for s in stack.services] == [
        ("shop", Role.SERVICE),
        ("shop-release", Role.RELEASE),
        ("jobs", Role.SERVICE),
        ("nightly", Role.SCHEDULED),
    ]
    shop, jobs = named(stack, "shop"), named(stack, "jobs")
    assert script(shop.command) == "gunicorn shop.wsgi -w $WORKERS"
    assert environment(shop) == {"WORKERS": "3", "DATABASE_URL": "unknown", "SECRET": "unknown", "DB_AGE": "60"}
    assert (shop.replicas.only, shop.replicas.place) == (2, "render.yaml:6")
    assert [reason for _, reason in shop.elsewhere] == ["a group of variables that is kept on Render"]
    extra = {key: value.only for key, value in shop.extra.items()}
    assert extra == {"platform": "render", "plan": "starter", "database-plan": "basic-256mb"}
    assert words(jobs.command) == ["celery", "-A", "shop", "worker"]
    assert jobs.replicas.bounds() == (1, 4)
    assert jobs.build is not None
    assert jobs.build.dockerfile == "back/Dockerfile"


@pytest.mark.parametrize("read", [read_fly, read_render])
def test_a_broken_file_is_a_problem(read: object) -> None:
    assert callable(read)
    path = "fly.toml" if read is read_fly else "render.yaml"
    assert [p[:2] for p in problems(only(read(Tree(None, {path: "a: [b\n= c"}), [path], {})))] == [("syntax", True)]


WORDS = st.sampled_from(
    ["services:", "  - ", "type: web", "name: x", "envVars:", "\n", "    ", "key: A", "value: 1", "{", "}", "[", "]", ",",
     "[processes]", "app = ", "'x'", '"', "=", "[[vm]]", "size", "null", ":", "scaling: 1"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(WORDS, max_size=30).map("".join))
def test_nothing_makes_them_raise(text: str) -> None:
    read_fly(Tree(None, {"fly.toml": text}), ["fly.toml"], {})
    read_render(Tree(None, {"render.yaml": text}), ["render.yaml"], {})
    read_json(Source("x.json", text))
