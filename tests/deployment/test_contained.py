"""Services that s6 starts inside of an image: with the container's environment, and counted once."""

from __future__ import annotations

from connlint.deployment.model import Deployment
from connlint.engine import Options, inspect
from connlint.project.tree import Tree

STARTS = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
S6 = "rootfs/etc/s6-overlay/s6-rc.d"
FILES = {
    "manage.py": STARTS,
    "shop/__init__.py": "",
    "shop/wsgi.py": STARTS,
    "shop/celery.py": STARTS,
    "shop/settings.py": "import os\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql',"
    " 'HOST': os.environ.get('DB_HOST', 'nowhere')}}\n",
    f"{S6}/web/run": "#!/command/with-contenv sh\ncd /app\nexec gunicorn -w $WORKERS shop.wsgi\n",
    f"{S6}/worker/run": "#!/command/with-contenv sh\ncd /app\nexec celery -A shop worker -c 2\n",
    "Dockerfile": 'FROM alpine:3\nENV WORKERS=3 DB_HOST=inside\nCOPY . /app\nCOPY rootfs /\nENTRYPOINT ["/init"]\n',
}
COMPOSE = """services:
  site:
    build: .
    environment: {DB_HOST: db}
    deploy: {replicas: 2}
  db: {image: "postgres:17"}
"""


def found(files: dict[str, str]) -> list[Deployment]:
    return [each for each in inspect(Tree(None, files), Options()).deployments if not each.development]


def counted(deployment: Deployment) -> dict[str, tuple[object, object, object]]:
    return {
        group.name: (group.processes.only, group.replicas.only, group.databases["default"].get("HOST").only)
        for group in deployment.groups
    }


def test_they_have_the_variables_of_the_image_that_has_their_folder() -> None:
    (deployment,) = found(FILES)
    assert (deployment.name, counted(deployment)) == (S6, {"web": (3, 1, "inside"), "worker": (2, 1, "inside")})


def test_they_run_once_in_each_replica_of_the_service_that_runs_the_image() -> None:
    (deployment,) = found({**FILES, "compose.yml": COMPOSE})
    assert (deployment.name, counted(deployment)) == ("compose.yml", {"web": (3, 2, "db"), "worker": (2, 2, "db")})
    assert {route.server.name for route in deployment.routes if route.server is not None} == {"db"}


def test_a_folder_that_an_image_has_elsewhere_is_not_started_by_it() -> None:
    dockerfile = 'FROM alpine:3\nENV DB_HOST=inside WORKERS=3\nCOPY . /app\nCMD ["/init"]\n'
    (deployment,) = found({**FILES, "Dockerfile": dockerfile})
    assert {group.name: group.databases["default"].get("HOST").only for group in deployment.groups} == {
        "web": "nowhere",
        "worker": "nowhere",
    }
