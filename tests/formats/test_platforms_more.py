"""Railway, Nixpacks, App Engine, DigitalOcean, nginx unit, ECS, s6, cron and mod_wsgi."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.formats.platforms.appengine import read_appengine
from connlint.formats.platforms.cron import read_cron
from connlint.formats.platforms.ecs import read_ecs
from connlint.formats.platforms.mod_wsgi import read_mod_wsgi
from connlint.formats.platforms.nginx_unit import read_nginx_unit
from connlint.formats.platforms.railway import read_nixpacks, read_railway
from connlint.formats.platforms.s6 import read_s6
from connlint.formats.services import Role, Service, Stack
from connlint.project.tree import Tree
from connlint.value import Certainty

from .starting import environment, named, only, problems, script, words


def extra(service: Service) -> dict[str, object]:
    return {
        key: value.only if value.is_exact else value.bounds() or "unknown"
        for key, value in service.extra.items()
        if key != "platform"
    }


def test_railway_starts_one_command_in_all_regions() -> None:
    text = json.dumps(
        {
            "build": {"builder": "NIXPACKS"},
            "deploy": {
                "startCommand": "gunicorn shop.wsgi -w $N",
                "preDeployCommand": ["python manage.py migrate"],
                "multiRegionConfig": {"us": {"numReplicas": 2}, "eu": {"numReplicas": 1}},
            },
        },
        indent=1,
    )
    stack = only(read_railway(Tree(None, {"railway.json": text}), ["railway.json"], {}))
    web, release = stack.services
    assert (script(web.command), web.replicas.only) == ("gunicorn shop.wsgi -w $N", 3)
    assert (script(release.command), release.role, release.replicas.only) == (
        "python manage.py migrate",
        Role.RELEASE,
        1,
    )


def test_railway_runs_the_command_of_an_image_without_a_shell() -> None:
    text = '[build]\ndockerfilePath = "Dockerfile.web"\n[deploy]\nstartCommand = "gunicorn x -w 2"\nnumReplicas = 4\n'
    (web,) = only(read_railway(Tree(None, {"railway.toml": text}), ["railway.toml"], {})).services
    assert words(web.command) == ["gunicorn", "x", "-w", "2"]
    assert web.entrypoint is not None
    assert web.entrypoint.is_empty  # the image's own does not count
    assert (web.replicas.only, web.replicas.place) == (4, "railway.toml:5")
    assert web.build is not None
    assert web.build.dockerfile == "Dockerfile.web"


def test_nixpacks_counts_where_railway_says_nothing() -> None:
    nixpacks = '[variables]\nN = "2"\n[start]\ncmd = "gunicorn x -w 3"\n'
    files = {"nixpacks.toml": nixpacks}
    (web,) = only(read_nixpacks(Tree(None, files), ["nixpacks.toml"], {})).services
    assert (script(web.command), environment(web)) == ("gunicorn x -w 3", {"N": "2"})
    files["railway.json"] = '{"deploy": {"startCommand": "x"}}'
    assert read_nixpacks(Tree(None, files), ["nixpacks.toml"], {}) == ()
    files["railway.json"] = '{"deploy": {"numReplicas": 2}}'
    (web,) = only(read_railway(Tree(None, files), ["railway.json"], {})).services
    assert (script(web.command), environment(web), web.replicas.only) == (
        "gunicorn x -w 3",
        {"DATABASE_URL": "unknown", "N": "2"},
        2,
    )


def test_app_engine() -> None:
    text = (
        "runtime: python312\nentrypoint: gunicorn -b :$PORT -w 2 shop.wsgi\ninstance_class: F2\nautomatic_scaling:\n"
        "  min_instances: 1\n  max_instances: 5\nenv_variables:\n  DB_AGE: 60\n"
    )
    stack = only(read_appengine(Tree(None, {"app.yaml": text}), ["app.yaml"], {}))
    (service,) = stack.services
    assert (stack.kind, service.name) == ("appengine", "default")
    assert script(service.command) == "gunicorn -b :$PORT -w 2 shop.wsgi"
    assert (service.replicas.bounds(), service.replicas.place) == ((1, 5), "app.yaml:6")
    assert (environment(service), extra(service)) == ({"DB_AGE": "60"}, {"plan": "F2"})
    (service,) = only(read_appengine(Tree(None, {"app.yaml": "runtime: python312\n"}), ["app.yaml"], {})).services
    assert service.replicas.reason == "App Engine scales by itself, and the file states no most"


def test_digitalocean_apps() -> None:
    text = (
        "name: shop\nenvs:\n- {key: DATABASE_URL, value: '${db.DATABASE_URL}'}\n- {key: SECRET, type: SECRET, value: 'EV[x]'}\n"
        "services:\n- name: web\n  run_command: gunicorn shop.wsgi\n  instance_count: 2\n  instance_size_slug: basic-xs\n"
        "  dockerfile_path: back/Dockerfile\n  envs:\n  - {key: N, value: 3}\n  - {key: KEY, type: SECRET}\n"
        "workers:\n- name: jobs\n  run_command: celery\n  autoscaling: {min_instance_count: 1, max_instance_count: 3}\n"
        "jobs:\n- {name: migrate, kind: PRE_DEPLOY, run_command: python manage.py migrate}\n"
        "databases:\n- {name: db, engine: PG, size: db-s-1vcpu-1gb}\n"
    )
    stack = only(read_appengine(Tree(None, {".do/app.yaml": text}), [".do/app.yaml"], {}))
    web, jobs, migrate = stack.services
    assert (stack.kind, script(web.command), web.replicas.only) == ("digitalocean", "gunicorn shop.wsgi", 2)
    assert environment(web)["N"] == "3"
    assert {name for name, value in environment(web).items() if value == "unknown"} == {"DATABASE_URL", "SECRET", "KEY"}
    assert extra(web) == {"plan": "basic-xs", "database-plan": "db-s-1vcpu-1gb"}
    assert web.build is not None
    assert web.build.dockerfile == "back/Dockerfile"
    assert (jobs.replicas.bounds(), migrate.role) == ((1, 3), Role.RELEASE)


def test_other_files_called_app_yaml_are_none_of_these() -> None:
    assert read_appengine(Tree(None, {"app.yaml": "version: 1\nname: x\n"}), ["app.yaml"], {}) == ()


def test_nginx_unit_keeps_its_numbers_in_the_configuration() -> None:
    text = json.dumps(
        {
            "applications": {
                "shop": {
                    "type": "python 3.12",
                    "processes": {"max": 8, "spare": 2},
                    "threads": 4,
                    "protocol": "asgi",
                    "module": "shop.asgi",
                    "environment": {"DB_AGE": "60"},
                    "working_directory": "/srv",
                    "limits": {"timeout": 30},
                },
                "docs": {"type": "python", "processes": 3, "module": "docs.wsgi"},
                "api": {"type": "python", "processes": {"max": 4}},
                "blog": {"type": "php", "root": "/x"},
            }
        },
        indent=1,
    )
    shop, docs, api = only(read_nginx_unit(Tree(None, {"unit.json": text}), ["unit.json"], {})).services
    assert (shop.name, shop.command, shop.directory, environment(shop)) == ("shop", None, "/srv", {"DB_AGE": "60"})
    assert extra(shop) == {
        "server": "nginx-unit",
        "processes": (2, 8),
        "threads": 4,
        "timeout": 30,
        "protocol": "asgi",
        "module": "shop.asgi",
    }
    assert extra(docs) == {"server": "nginx-unit", "processes": 3, "module": "docs.wsgi"}
    assert extra(api) == {"server": "nginx-unit", "processes": (0, 4)}
    span = docs.extra["processes"].span
    assert span is not None
    assert span.text == "3"


def test_ecs_task_definitions() -> None:
    text = json.dumps(
        {
            "family": "shop",
            "containerDefinitions": [
                {
                    "name": "web",
                    "image": "shop:1",
                    "cpu": 512,
                    "entryPoint": ["/entry.sh"],
                    "command": ["gunicorn", "x"],
                    "environment": [{"name": "N", "value": "2"}],
                    "secrets": [{"name": "DB_URL", "valueFrom": "arn"}],
                    "environmentFiles": [{"value": "arn", "type": "s3"}],
                }
            ],
        }
    )
    (web,) = only(read_ecs(Tree(None, {"taskdef.json": text}), ["taskdef.json"], {})).services
    assert (words(web.entrypoint), words(web.command)) == (["/entry.sh"], ["gunicorn", "x"])
    assert environment(web) == {"N": "2", "DB_URL": "unknown"}
    assert extra(web) == {"cpus": 0.5}
    assert web.image is not None
    assert web.image.only == "shop:1"
    assert (web.replicas.only, web.replicas.certainty) == (1, Certainty.ASSUMED)
    assert [reason for _, reason in web.elsewhere] == ["a file of variables that is kept in S3"]


def test_s6_services_run_their_scripts() -> None:
    base = "root/etc/s6-overlay/s6-rc.d"
    files = {
        f"{base}/web/run": "#!/command/with-contenv bash\nexec gunicorn shop.wsgi -w 3\n",
        f"{base}/web/type": "longrun\n",
        f"{base}/web/dependencies.d/migrate": "",
        f"{base}/migrate/type": "oneshot",
        f"{base}/migrate/up": "/etc/s6-overlay/s6-rc.d/migrate/run",
        f"{base}/migrate/run": "#!/bin/sh\npython manage.py migrate\n",
        f"{base}/worker/run": "#!/command/execlineb -P\nwith-contenv\ns6-setuidgid app # who\ncelery -A shop worker\n",
        f"{base}/parked/run": "#!/bin/sh\nexec x\n",
        f"{base}/other/run": "#!/usr/bin/env python3\nprint()\n",
        f"{base}/user/contents.d/web": "",
        f"{base}/user/contents.d/worker": "",
    }
    paths = sorted(path for path in files if path.endswith(("/run", "/up")))
    stack = only(read_s6(Tree(None, files), paths, {}))
    assert [(s.name, s.role) for s in stack.services] == [
        ("migrate", Role.RELEASE),
        ("parked", Role.ONCE),
        ("web", Role.SERVICE),
        ("worker", Role.SERVICE),
    ]
    web = named(stack, "web")
    assert script(web.command) == "\nexec gunicorn shop.wsgi -w 3\n"
    assert web.command is not None
    assert web.command.script is not None
    assert web.command.script.span(1, 5).place == f"{base}/web/run:2"
    assert words(named(stack, "worker").command) == [
        "with-contenv", "s6-setuidgid", "app", "celery", "-A", "shop", "worker",
    ]  # fmt: skip


def test_runit_services_that_are_down_wait_for_somebody() -> None:
    files = {
        "service/web/run": "#!/bin/sh\nexec gunicorn x\n",
        "service/old/run": "#!/bin/sh\nx\n",
        "service/old/down": "",
    }
    stack = only(read_s6(Tree(None, files), ["service/old/run", "service/web/run"], {}))
    assert [(s.name, s.role) for s in stack.services] == [("old", Role.ONCE), ("web", Role.SERVICE)]


def cron(files: dict[str, str]) -> list[list[str]]:
    return [[script(s.command) for s in stack.services] for stack in read_cron(Tree(None, files), sorted(files), {})]


def test_crontabs_of_users_and_of_the_system() -> None:
    user = (
        "MAILTO=x\nA='1'\n# no\n*/5 * * * * python manage.py clear --age 100\\% %input\n@daily ./backup.sh\n@reboot\n"
    )
    stack = only(read_cron(Tree(None, {"crontab": user}), ["crontab"], {}))
    assert [(s.name, script(s.command), s.role) for s in stack.services] == [
        ("crontab-1", "python manage.py clear --age 100\\% ", Role.SCHEDULED),
        ("crontab-2", "./backup.sh", Role.SCHEDULED),
    ]
    assert environment(stack.services[0]) == {"MAILTO": "x", "A": "1"}
    assert cron({"etc/cron.d/shop": "0 1 * * mon-fri root cd /srv && ./clear\n"}) == [["cd /srv && ./clear"]]
    assert cron({"deploy/crontab": "0 1 * * * www-data /srv/clear\n"}) == [["/srv/clear"]]
    assert cron({"cron.d/a": "0 1 * * * reports month\n", "cron.d/b": "0 1 * * * clear -q\n"}) == [
        ["reports month", "clear -q"]
    ]


def test_mod_wsgi_daemon_processes() -> None:
    text = (
        "<VirtualHost *:80>\n  WSGIDaemonProcess shop processes=3 \\\n    threads=15 user=www display-name=%{GROUP}\n"
        "  # WSGIDaemonProcess old processes=9\n  WSGIDaemonProcess blog threads=many\n"
        '  WSGIScriptAlias / "/srv/shop/wsgi.py" process-group=shop\n  WSGIScriptAlias /b /srv/blog.py process-group=blog\n'
    )
    shop, blog = only(read_mod_wsgi(Tree(None, {"site.conf": text}), ["site.conf"], {})).services
    assert extra(shop) == {"server": "mod-wsgi", "processes": 3, "threads": 15, "script": "/srv/shop/wsgi.py"}
    span = shop.extra["threads"].span
    assert span is not None
    assert (span.place, span.text) == ("site.conf:3", "15")
    assert extra(blog) == {"server": "mod-wsgi", "threads": "unknown", "script": "/srv/blog.py"}


READERS = {
    "railway.json": read_railway,
    "railway.toml": read_railway,
    "nixpacks.toml": read_nixpacks,
    "app.yaml": read_appengine,
    "unit.json": read_nginx_unit,
    "task.json": read_ecs,
    "s6-rc.d/x/run": read_s6,
    "crontab": read_cron,
    "site.conf": read_mod_wsgi,
}
PIECES = st.sampled_from(
    ["{", "}", "[", "]", ":", ",", '"deploy"', '"applications"', '"type"', '"python"', '"processes"', '"max"', "1", "-1",
     "runtime: x\n", "services:\n", "- name: a\n", "  instance_count: 1\n", "automatic_scaling: {max_instances: 2}\n", "\n",
     "[deploy]\n", "numReplicas = 1\n", "* * * * * ", "a=b\n", "%", "'", "WSGIDaemonProcess ", "processes=2 ", "\\\n", "#!",
     "/bin/sh", "execlineb", "null", "\x00", "é"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_nothing_makes_them_raise(text: str) -> None:
    for path, read in READERS.items():
        stacks: tuple[Stack, ...] = read(Tree(None, {path: text}), [path], {})
        for stack in stacks:
            problems(stack)
            assert all(service.span.end <= len(text) for service in stack.services)


def test_long_files_are_read_in_time() -> None:
    cases = {
        "crontab": "* " * 200_000 + "\n" + "* * * * * x\n" * 50_000,
        "site.conf": "WSGIDaemonProcess " + "a=b \\\n" * 100_000,
        "unit.json": '{"applications": {' + ",".join(f'"a{n}": {{"type": "python"}}' for n in range(20_000)) + "}}",
    }
    for path, text in cases.items():
        READERS[path](Tree(None, {path: text}), [path], {})
