"""What each program's command line comes to: processes x threads (or requests at once), and the worker class."""

from __future__ import annotations

import pytest
from evaluating import evaluated
from launching import launched, only, size

from connlint.deployment.model import Concurrency, SettingsModule
from connlint.deployment.processes import group
from connlint.formats.services import Role
from connlint.value import Value

FILES = {
    "manage.py": "#!/usr/bin/env python\nfrom django.core.management import execute_from_command_line\n",
    "sync.py": "import django\n",
    "shop/worker.py": "from django.db import connection\n",
}


@pytest.mark.parametrize(
    ("command", "expected", "concurrency"),
    [
        ("uvicorn shop.asgi:app --workers 3", "3 x 1 or more uvicorn", Concurrency.ASGI),
        ("uvicorn shop.asgi:app --reload --workers 3", "1 x 1 or more uvicorn", Concurrency.ASGI),
        ("uvicorn shop.asgi:app --limit-concurrency 20", "1 x 20 uvicorn", Concurrency.ASGI),
        ("python -m uvicorn shop.asgi:app", "1 x 1 or more uvicorn", Concurrency.ASGI),
        ("daphne -b 0.0.0.0 shop.asgi:app", "1 x 1 or more daphne", Concurrency.ASGI),
        ("hypercorn shop.asgi -w 3", "3 x 1 or more hypercorn", Concurrency.ASGI),
        ("hypercorn shop.asgi -w 0", "1 x 1 or more hypercorn", Concurrency.ASGI),
        ("granian --interface asgi --workers 2 shop.asgi:app", "2 x 512 granian", Concurrency.ASGI),
        ("granian --interface wsgi --blocking-threads 3 shop.wsgi:app", "1 x 3 wsgi", Concurrency.THREADS),
        ("granian --interface wsgi --backpressure 64 shop.wsgi:app", "1 x 32..64 wsgi", Concurrency.THREADS),
        ("waitress-serve shop.wsgi:app", "1 x 4 waitress", Concurrency.THREADS),
        ("waitress-serve --threads=8 shop.wsgi:app", "1 x 8 waitress", Concurrency.THREADS),
        ("mod_wsgi-express start-server x.wsgi --processes 4", "4 x 5 mod-wsgi", Concurrency.THREADS),
        ("python manage.py runmodwsgi --processes 2 --threads 3", "2 x 3 mod-wsgi", Concurrency.THREADS),
        ("python manage.py runserver 0.0.0.0:8000", "1 x 1 or more runserver", Concurrency.PER_CONNECTION),
        ("python manage.py runserver --nothreading", "1 x 1 runserver", Concurrency.THREADS),
        ("celery -A shop worker -c 4", "4 x 1 prefork", Concurrency.TASKS),
        ("celery -A shop worker -c4 -P threads", "1 x 4 threads", Concurrency.TASKS),
        ("celery worker -A shop --pool=gevent --concurrency=100", "1 x 100 gevent", Concurrency.TASKS),
        ("celery -A shop worker -c 4 -P solo", "1 x 1 solo", Concurrency.TASKS),
        ("celery -A shop worker --autoscale=10,3", "10 x 1 prefork", Concurrency.TASKS),
        ("celery -A shop worker", "2 x 1 prefork", Concurrency.TASKS),
        ("celery -A shop worker -c auto", "2 x 1 prefork", Concurrency.TASKS),
        ("celery -A shop worker -c 4 -P $P", "1..4 x 1 $P", Concurrency.TASKS),
        ("celery -A shop beat", "1 x 1 beat", Concurrency.TASKS),
        ("rq worker high low", "1 x 1 rq", Concurrency.TASKS),
        ("rq worker-pool -n 3", "3 x 1 rq", Concurrency.TASKS),
        ("python manage.py rqworker default", "1 x 1 rq", Concurrency.TASKS),
        ("dramatiq shop.tasks", "2 x 8 dramatiq", Concurrency.TASKS),
        ("dramatiq shop.tasks -p 4 -t 2", "4 x 2 dramatiq", Concurrency.TASKS),
        ("python manage.py rundramatiq --threads 4", "2 x 4 dramatiq", Concurrency.TASKS),
        ("huey_consumer.py shop.huey -w 3", "1 x 3 thread", Concurrency.TASKS),
        ("python manage.py run_huey -w 4 -k process", "4 x 1 process", Concurrency.TASKS),
        ("python manage.py qcluster", "5 x 1 django-q", Concurrency.TASKS),
        ("python manage.py runworker channel", "1 x 1 channels", Concurrency.TASKS),
        ("python manage.py import_all", "1 x 1 process", Concurrency.COMMAND),
        ("python sync.py", "1 x 1 process", Concurrency.COMMAND),
        ("python -m shop.worker --fast", "1 x 1 process", Concurrency.COMMAND),
    ],
)
def test_programs(command: str, expected: str, concurrency: Concurrency) -> None:
    launch = only(command, FILES)
    assert size(launch) == expected
    assert launch.started.concurrency is concurrency


@pytest.mark.parametrize(
    ("command", "env", "expected"),
    [
        ("uvicorn shop.asgi:app", {"WEB_CONCURRENCY": "3"}, "3"),
        ("uvicorn shop.asgi:app", {"UVICORN_WORKERS": "2", "WEB_CONCURRENCY": "3"}, "2"),
        ("uvicorn shop.asgi:app -h 0", {"WEB_CONCURRENCY": ""}, "1"),
        ("granian shop:app", {"GRANIAN_WORKERS": "3"}, "3"),
        ("celery -A shop worker", {"CELERY_WORKER_CONCURRENCY": "7"}, "7"),
        ("celery -A shop worker", {"CELERYD_CONCURRENCY": "7"}, "2"),
        ("celery -A shop worker", {"CELERY_WORKER_AUTOSCALE": "9,2"}, "9"),
        ("python manage.py rundramatiq", {"DRAMATIQ_NPROCS": "3"}, "3"),
    ],
)
def test_variables_that_programs_read(command: str, env: dict[str, str], expected: str) -> None:
    assert str(only(command, FILES, env).started.processes) == expected


def test_celery_before_5_reads_no_variables() -> None:
    found = launched("celery -A shop worker", env={"CELERY_WORKER_CONCURRENCY": "7"}, versions={"celery": "4.4.7"})
    assert str(found.found[0].started.processes) == "2"


def test_beat_in_a_worker_is_a_process_of_its_own() -> None:
    found = launched("celery -A shop worker -B -c 3").found
    assert [(launch.name, size(launch)) for launch in found] == [
        ("celery worker", "3 x 1 prefork"),
        ("celery beat", "1 x 1 beat"),
    ]


def test_celery_multi_starts_several() -> None:
    [three] = launched("celery multi start 3 -A shop -c 2").found
    assert (size(three), str(three.copies)) == ("2 x 1 prefork", "3")
    found = launched("celery multi start a b -A shop -c 2 -c:b 5").found
    assert [size(launch) for launch in found] == ["2 x 1 prefork", "5 x 1 prefork"]
    assert not launched("celery multi stop a").found


def test_the_application_may_set_its_concurrency_in_code() -> None:
    literal = only("celery -A shop worker", {"shop/celery.py": "app.conf.worker_concurrency = 6\n"}).started.processes
    assert (literal.only, literal.place) == (6, "shop/celery.py:1")
    computed = only("celery -A shop worker", {"shop/celery.py": "app.conf.worker_concurrency = N * 2\n"})
    assert computed.started.processes.is_unknown


@pytest.mark.parametrize(
    "command",
    ["nginx -g 'daemon off;'", "celery -A shop flower", "python -c 'print(1)'", "python manage.py collectstatic",
     "celery -A shop inspect active", "rq info", "pip install gunicorn", "echo gunicorn"],
)  # fmt: skip
def test_programs_that_connect_to_nothing_as_far_as_anybody_knows(command: str) -> None:
    found = launched(command, FILES)
    assert not found.found
    assert [invocation.words for invocation in found.others]


def test_roles_and_settings() -> None:
    launch = only("python manage.py migrate --settings=shop.prod", FILES, {"DJANGO_SETTINGS_MODULE": "shop.dev"})
    assert launch.role is Role.RELEASE
    assert launch.settings is not None
    assert launch.settings.only == "shop.prod"
    assert only("celery -A shop worker", FILES).role is Role.SERVICE


@pytest.mark.parametrize(
    "wrapper",
    [
        "tini --", "dumb-init", "gosu app", "su-exec app:app", "env A=1", "env -u B A=1 ", "sudo -E -u app", "nice -n 5",
        "timeout -k 5 60s", "nohup", "stdbuf -oL", "setpriv --reuid=1000 --clear-groups", "chpst -u app", "uv run",
        "uv run --frozen --extra web", "poetry run", "pipenv run", "pdm run", "newrelic-admin run-program", "ddtrace-run",
        "opentelemetry-instrument --service_name shop", "wait-for-it.sh db:5432 -t 60 --", "chamber exec shop --",
        "doppler run --", "aws-vault exec prod --", "dockerize -wait tcp://db:5432 -timeout 60s", "bin/start-pgbouncer",
        "honcho run", "with-contenv", "/cnb/lifecycle/launcher", "s6-setuidgid app", "watchmedo auto-restart -d . -R --",
        "python -m", "uv run -m", "uv run python -m", "tini -- gosu app env A=1 poetry run",
        "python -m debugpy --listen 0.0.0.0:5678 -m", "time -p", "conda run -n shop", "runuser -u app --",
    ],
)  # fmt: skip
def test_wrappers(wrapper: str) -> None:
    assert size(only(f"{wrapper} gunicorn shop.wsgi -w 9")) == "9 x 1 sync"


def test_a_script_given_to_another_user() -> None:
    assert size(only("su -s /bin/sh -c 'gunicorn shop.wsgi -w 2' www-data")) == "2 x 1 sync"


def test_a_script_of_which_a_part_is_not_known() -> None:
    [launch] = launched('su app -c "cd $HOME_OF_APP && gunicorn shop.wsgi -w $N -k gevent"', script=True).found
    assert launch.started.processes.is_unknown
    assert "N is set in no file" in launch.started.processes.reason
    assert str(launch.started.worker_class) == "gevent"
    assert not any("unknown" in name for name in launch.environment)


def test_a_word_that_nobody_knows_may_hold_options() -> None:
    [launch] = launched("exec gunicorn shop.wsgi -w 2 $EXTRA", script=True).found
    assert str(launch.started.processes) == "2"
    assert any("further options" in origin.note for origin in launch.started.processes.origins)


def test_a_script_of_the_project_is_followed() -> None:
    files = {
        **FILES,
        "start.sh": '#!/bin/bash\nexport DJANGO_SETTINGS_MODULE=shop.prod\npython manage.py migrate\nexec "$@"\n',
    }
    found = launched("gunicorn shop.wsgi -w ${N}", files, entrypoint="./start.sh").found
    assert [launch.name for launch in found] == ["manage.py migrate", "gunicorn"]
    assert found[1].settings is not None
    assert found[1].settings.only == "shop.prod"


def test_what_a_script_waits_for_has_ended_before_the_rest() -> None:
    files = {
        **FILES,
        "start.sh": 'python manage.py seed\npython manage.py watch &\nif [ -n "$WORKER" ]; then\n  python manage.py prepare\n'
        "  exec python manage.py work\nfi\nexec gunicorn shop.wsgi\n",
    }
    found = launched("sh start.sh", files).found
    assert [(launch.name, launch.role) for launch in found] == [
        ("manage.py seed", Role.RELEASE),
        ("manage.py watch", None),
        ("manage.py prepare", Role.RELEASE),
        ("manage.py work", None),
        ("gunicorn", Role.SERVICE),
    ]
    assert [launch.background for launch in found] == [False, True, False, False, False]


def test_what_runs_in_the_background_has_not_ended() -> None:
    found = launched("python manage.py watch & python manage.py rqworker", FILES, script=True).found
    assert [(launch.name, launch.role, launch.background) for launch in found] == [
        ("manage.py watch", None, True),
        ("manage.py rqworker", Role.SERVICE, False),
    ]


def test_what_is_not_followed_counts_only_where_nothing_else_is_found() -> None:
    assert not launched('eval "$(pyenv init -)"; exec gunicorn shop.wsgi', script=True).unresolved
    assert launched('eval "$START"', script=True).unresolved


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[project.scripts]\nshop-manage = "shop.cli:main"\n'),
        ("pyproject.toml", '[tool.poetry.scripts]\nshop-manage = "shop.cli:main"\n'),
        ("setup.cfg", "[options.entry_points]\nconsole_scripts =\n    shop-manage = shop.cli:main\n"),
        ("setup.py", "setup(entry_points={'console_scripts': ['shop-manage=shop.cli:main']})\n"),
    ],
)
def test_commands_that_the_project_installs(path: str, text: str) -> None:
    files = {path: text, "shop/cli.py": "execute_from_command_line(sys.argv)\n"}
    assert only("shop-manage rqworker", files).name == "manage.py rqworker"


def test_an_entrypoint_that_is_not_here_is_taken_to_run_its_command() -> None:
    [launch] = launched("gunicorn shop.wsgi -w 2", entrypoint="/docker-entrypoint.sh").found
    assert any("docker-entrypoint.sh" in origin.note for origin in launch.started.processes.origins)


def test_supervisord_starts_what_its_file_lists() -> None:
    files = {
        "sup.conf": "[supervisord]\n[program:w]\ncommand=celery -A shop worker -c 2\nnumprocs=3\n"
        "process_name=%(program_name)s%(process_num)s\n[program:web]\ncommand=gunicorn -w 2 x\n"
    }
    found = launched("supervisord -n -c sup.conf", files).found
    assert [(size(launch), str(launch.copies)) for launch in found] == [("2 x 1 prefork", "3"), ("2 x 1 sync", "1")]


def module(**names: object) -> SettingsModule:
    return SettingsModule("shop.settings", "shop/settings.py", {}, {key: Value.exact(v) for key, v in names.items()})


@pytest.mark.parametrize(
    ("command", "names", "expected"),
    [
        ("celery -A shop worker", {"CELERY_WORKER_CONCURRENCY": 6}, "6 x 1"),
        ("celery -A shop worker -c 4", {"CELERY_WORKER_CONCURRENCY": 6}, "4 x 1"),
        ("celery -A shop worker", {"CELERYD_CONCURRENCY": 6, "CELERY_WORKER_POOL": "threads"}, "1 x 6"),
        ("celery -A shop worker", {"CELERY_WORKER_CONCURRENCY": None}, "2 x 1"),
        ("celery -A shop worker -P solo", {"CELERY_WORKER_CONCURRENCY": 6}, "1 x 1"),
        ("python manage.py qcluster", {"Q_CLUSTER": {"workers": 4}}, "7 x 1"),
        ("python manage.py qcluster", {"Q_CLUSTER": {"name": "x"}}, "5 x 1"),
        ("python manage.py run_huey", {"HUEY": {"consumer": {"workers": 3, "worker_type": "process"}}}, "3 x 1"),
        ("python manage.py run_huey -w 2", {"HUEY": {"consumer": {"workers": 3}}}, "1 x 2"),
    ],
)
def test_what_the_command_leaves_to_the_settings(command: str, names: dict[str, object], expected: str) -> None:
    found = group("worker", only(command, FILES).started, None, module(**names))
    assert f"{found.processes} x {found.threads}" == expected


@pytest.mark.parametrize(
    ("command", "apps", "expected"),
    [
        ("python manage.py runserver", ["shop"], Concurrency.PER_CONNECTION),
        ("python manage.py runserver", ["daphne", "shop"], Concurrency.ASGI),
        ("python manage.py runserver --noasgi", ["daphne", "shop"], Concurrency.PER_CONNECTION),
    ],
)
def test_runserver_is_daphnes_where_that_is_installed(command: str, apps: list[str], expected: Concurrency) -> None:
    assert group("web", only(command, FILES).started, None, module(INSTALLED_APPS=apps)).concurrency is expected


def test_settings_of_queues_whose_other_entries_are_not_known() -> None:
    code = "import os\nQ_CLUSTER = {'redis': os.environ['REDIS'], 'workers': 3}\nHUEY = {'url': os.environ['REDIS']}\n"
    names = evaluated(code).names
    settings = SettingsModule("settings", "settings.py", {}, names)
    assert str(group("q", only("python manage.py qcluster", FILES).started, None, settings).processes) == "6"
    assert str(group("q", only("python manage.py run_huey", FILES).started, None, settings).threads) == "1"


def test_what_could_not_be_followed_before_a_server_starts_is_no_question() -> None:
    script = 'prepare() { eval "$PLUGINS"; }\nsh -c \'eval "$PLUGINS"\'\nprepare\nexec gunicorn shop.wsgi'
    assert not launched(script, script=True).unresolved
    assert launched("gunicorn shop.wsgi &\nsh -c 'eval \"$START\"'", script=True).unresolved
    assert launched("sh -c 'eval \"$START\"' &\ngunicorn shop.wsgi", script=True).unresolved


def test_nobody_knows_what_a_script_comes_to_that_runs_commands_of_django() -> None:
    launch = only(
        "python serve.py all", {"serve.py": "import django\ndjango.core.management.call_command('services')\n"}
    )
    assert launch.started.processes.reason == "serve.py runs commands of Django itself, which are not followed"


def test_what_prepares_another_program_is_no_question() -> None:
    assert not launched('eval "$PLUGINS"\nexec yarn start', script=True).unresolved
    assert not launched("sh -c 'eval \"$PLUGINS\"'\nexec yarn start", script=True).unresolved
    assert launched('sleep 1\neval "$START"', script=True).unresolved
    assert launched("sleep 1\nsh -c 'eval \"$START\"'", script=True).unresolved


@pytest.mark.parametrize(
    ("options", "expected"),
    [("-w 3 -k thread", (1, 3)), ("-w 3 -k process", (3, 1)), ("-w 3", (None, None)), ("", (None, None))],
)
def test_a_queue_of_django_huey_has_the_workers_that_its_own_settings_state(
    options: str, expected: tuple[int | None, int | None]
) -> None:
    started = only(f"python manage.py djangohuey --queue mails {options}", FILES).started
    found = (started.processes, started.threads)
    assert tuple(value.only if value.is_exact else None for value in found) == expected
    assert all(value.is_exact or value.least == 1 for value in found)
