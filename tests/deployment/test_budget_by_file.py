"""The exact budget of a small deployment in each kind of file that starts processes."""

from __future__ import annotations

import pytest

from connlint.deployment.budget import limits
from connlint.engine import Options, inspect
from connlint.project.tree import Tree

STARTS = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
FILES = {
    "manage.py": STARTS,
    "shop/__init__.py": "",
    "shop/settings.py": """
import os
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "HOST": os.environ.get("DB_HOST", "db"), "NAME": "shop",
    "PORT": os.environ.get("DB_PORT", "5432"),
}}
""",
    "shop/wsgi.py": STARTS,
    "shop/celery.py": STARTS,
    "pyproject.toml": '[tool.connlint]\nservers.primary = { host = "db", max-connections = 50, reserved = 0 }\n',
}
DOCKERFILE = "FROM python:3.12\nWORKDIR /srv\nENV WORKERS=3\nCOPY . .\nCMD gunicorn -w $WORKERS shop.wsgi\n"
COMPOSE = """
services:
  web:
    build: .
    command: gunicorn -w 4 --threads 2 shop.wsgi
    deploy: {replicas: 2}
    environment: {DB_HOST: bouncer, DB_PORT: "6432"}
  worker:
    build: .
    command: ["celery", "-A", "shop", "worker", "-c", "5"]
    environment: {DB_HOST: db}
  bouncer:
    image: edoburu/pgbouncer:v1.24.1-p1
    environment: {DB_HOST: db, POOL_MODE: transaction, LISTEN_PORT: 6432, MAX_CLIENT_CONN: 100, DEFAULT_POOL_SIZE: 10}
  db:
    image: postgres:17
    command: postgres -c max_connections=60
"""
KUBERNETES = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  strategy: {rollingUpdate: {maxSurge: 50%}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers:
        - {name: migrate, image: acme/shop, command: [python, manage.py, migrate]}
      containers:
        - name: web
          image: acme/shop
          command: [gunicorn]
          args: [-w, "3", shop.wsgi]
          env: [{name: DB_HOST, value: db}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {kind: Deployment, name: web}, minReplicas: 4, maxReplicas: 6}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  concurrencyPolicy: Forbid
  jobTemplate: {spec: {template: {spec: {containers: [{name: nightly, image: acme/shop, command: [python, manage.py, nightly]}]}}}}
"""
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "chart/values.yaml": "web: {replicas: 2, workers: 5}\n",
    "chart/templates/web.yaml": """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
spec:
  replicas: {{ .Values.web.replicas }}
  template:
    spec:
      containers:
        - name: web
          image: acme/shop
          command: ["gunicorn", "-w", "{{ .Values.web.workers }}", "shop.wsgi"]
""",
}
KUSTOMIZE = {
    "k8s/base/web.yaml": """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template: {spec: {containers: [{name: web, image: acme/shop, command: [gunicorn, -w, "3", shop.wsgi]}]}}
""",
    "k8s/base/kustomization.yaml": "resources: [web.yaml]\n",
    "k8s/overlays/live/kustomization.yaml": "resources: [../../base]\nreplicas: [{name: web, count: 5}]\n",
}
UNIT = """
[Service]
Environment=WORKERS=3
WorkingDirectory=/srv/shop
ExecStart=/srv/venv/bin/gunicorn -w ${WORKERS} --threads 2 shop.wsgi
"""
SUPERVISOR = """
[program:web]
command=gunicorn -w 3 shop.wsgi
directory=/srv/shop

[program:worker]
command=celery -A shop worker -c 2 -n worker%(process_num)d
process_name=%(program_name)s_%(process_num)d
numprocs=3
"""


def budget(files: dict[str, str], name: str) -> list[tuple[str, str, str, str]]:
    """(place, usable, steady, deploy) of each limit of the deployment called `name`."""
    report = inspect(Tree(None, {**FILES, **files}), Options())
    (deployment,) = (each for each in report.deployments if each.name == name)
    return [(limit.at, str(limit.usable), str(limit.steady), str(limit.deploy)) for limit in limits(deployment)]


@pytest.mark.parametrize(
    ("files", "name", "expected"),
    [
        ({"Dockerfile": DOCKERFILE}, "Dockerfile", [("primary", "50", "3", "3")]),
        ({"Procfile": "web: gunicorn -w 3 shop.wsgi\nrelease: ./manage.py migrate\nworker: celery -A shop worker -c 2\n"},
         "Procfile", [("primary", "50", "5", "6")]),
        ({"deploy/shop.service": UNIT}, "deploy/shop.service", [("primary", "50", "6", "6")]),
        ({"supervisord.conf": SUPERVISOR}, "supervisord.conf", [("primary", "50", "9", "9")]),
        ({"k8s/web.yaml": KUBERNETES}, "k8s", [("primary", "50", "12..19", "19..34")]),
        (CHART, "chart", [("primary", "50", "10", "15")]),
        (KUSTOMIZE, "k8s/overlays/live", [("primary", "50", "15", "21")]),
        ({"Dockerfile": DOCKERFILE, "heroku.yml": "build: {docker: {web: Dockerfile}}\nrun: {web: gunicorn -w 4 shop.wsgi}\n"},
         "heroku.yml", [("primary", "50", "4", "4")]),
        ({"fly.toml": 'app = "shop"\n[processes]\nweb = "gunicorn -w 3 shop.wsgi"\nworker = "celery -A shop worker -c 2"\n'},
         "fly.toml", [("primary", "50", "5", "5")]),
        ({"render.yaml": "services:\n- {type: web, name: web, runtime: python, numInstances: 2, startCommand: gunicorn -w 3 shop.wsgi}\n"},
         "render.yaml", [("primary", "50", "6", "6")]),
        ({"railway.toml": '[deploy]\nstartCommand = "gunicorn -w 3 shop.wsgi"\nnumReplicas = 2\n'},
         "railway.toml", [("primary", "50", "6", "6")]),
        ({"nixpacks.toml": '[start]\ncmd = "gunicorn -w 3 shop.wsgi"\n'}, "nixpacks.toml", [("primary", "50", "3", "3")]),
        ({"app.yaml": "runtime: python312\nentrypoint: gunicorn -w 2 shop.wsgi\nautomatic_scaling: {max_instances: 4}\n"},
         "app.yaml", [("primary", "50", "0..8", "0..8")]),
        ({"deploy/unit.json": '{"listeners": {"*:80": {"pass": "applications/shop"}}, "applications": {"shop": '
          '{"type": "python 3.12", "path": "/srv", "module": "shop.wsgi", "processes": 3, "threads": 2}}}'},
         "deploy/unit.json", [("primary", "50", "6", "6")]),
        ({"apache/shop.conf": "WSGIDaemonProcess shop processes=2 threads=5\nWSGIProcessGroup shop\nWSGIScriptAlias / /srv/shop/wsgi.py\n"},
         "apache/shop.conf", [("primary", "50", "10", "10")]),
        ({"rootfs/etc/s6-overlay/s6-rc.d/web/run": "#!/command/with-contenv bash\nexec gunicorn -w 3 shop.wsgi\n"},
         "rootfs/etc/s6-overlay/s6-rc.d", [("primary", "50", "3", "3")]),
        ({"crontab": "0 3 * * * cd /srv && python manage.py nightly\n"}, "crontab", [("primary", "50", "0..1", "0..1")]),
        ({"Procfile": "web: gunicorn -w 3 shop.wsgi\n", "app.json": '{"formation": {"web": {"quantity": 2}}}'},
         "Procfile", [("primary", "50", "6", "6")]),
        ({"ecs-task-definition.json": '{"family": "shop", "containerDefinitions": [{"name": "web", "image": "acme/shop", '
          '"command": ["gunicorn", "-w", "3", "shop.wsgi"], "environment": [{"name": "DB_HOST", "value": "db"}]}]}'},
         "ecs-task-definition.json", [("primary", "50", "3", "3")]),
    ],
)  # fmt: skip
def test_a_kind_of_file(files: dict[str, str], name: str, expected: list[tuple[str, str, str, str]]) -> None:
    assert budget(files, name) == expected


def test_a_compose_file_with_its_own_pooler_and_server() -> None:
    files = {"compose.yml": COMPOSE, "Dockerfile": DOCKERFILE, "pyproject.toml": ""}
    assert budget(files, "compose.yml") == [
        ("bouncer", "100", "16", "16"),  # 4 x 2 x 2 clients
        ("bouncer -> db", "57", "10", "10"),
        ("db", "57", "15", "15"),  # 60 less 3 for superusers; the pool and the worker
    ]
