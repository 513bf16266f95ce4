"""What is shipped: every way to install connlint brings the rule book, and the hooks say what they must."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

from connlint import __version__
from connlint.project.discovery import discover
from connlint.project.tree import Tree
from connlint.rulebook import rules

ROOT = Path(__file__).resolve().parents[1]
WAYS = ("wheel", "sdist", "editable")

# One process builds, so that several at once do not each build the same.
pytestmark = pytest.mark.xdist_group("packaging")

ASK = """
import json, connlint
from connlint.rulebook import page, rules, summary
print(json.dumps({"file": connlint.__file__, "rules": {f"{r.family}/{r.name}": [page(r), summary(r)] for r in rules()}}))
"""


def succeed(*command: str | Path, folder: Path) -> str:
    """The stdout of a command that must succeed; nothing in the environment points Python at this checkout."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One distribution for each way to install: built from the checkout, from its sdist, and as an editable."""
    folder = tmp_path_factory.mktemp("built")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir")
    succeed(*build, folder / "direct", "--wheel", ROOT, folder=folder)
    succeed(*build, folder / "sdist", ROOT, folder=folder)  # without --wheel: the wheel is built from the sdist
    (folder / "editable").mkdir()
    hook = f"from hatchling.build import build_editable; build_editable({str(folder / 'editable')!r})"
    succeed(sys.executable, "-c", hook, folder=ROOT)  # what `pip install --editable` asks for
    (archive,) = folder.joinpath("sdist").glob("*.tar.gz")
    wheels = dict(zip(WAYS, (next(folder.joinpath(name).glob("*.whl")) for name in ("direct", "sdist", "editable")), strict=True))  # fmt: skip
    return {**wheels, "archive": archive}


@pytest.fixture(scope="session", params=WAYS)
def installed(request: pytest.FixtureRequest, built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh environment with connlint in it and nothing else."""
    folder = tmp_path_factory.mktemp(request.param)
    succeed(sys.executable, "-m", "venv", "--without-pip", folder / "venv", folder=folder)
    binaries = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", binaries / "python")
    succeed(*pip, "install", "--no-deps", "--no-index", built[request.param], folder=folder)
    return binaries


def test_an_installation_finds_every_page(installed: Path, tmp_path: Path) -> None:
    answer = json.loads(succeed(installed / "python", "-c", ASK, folder=tmp_path))
    pages = {path.relative_to(ROOT / "rules").with_suffix("").as_posix(): path for path in ROOT.glob("rules/*/*.md")}
    assert {name: page for name, (page, _) in answer["rules"].items()} == {
        name: path.read_text(encoding="utf-8") for name, path in pages.items()
    }
    assert len(answer["rules"]) == len(rules()) > 0
    assert all(summary for _, summary in answer["rules"].values())
    from_checkout = Path(answer["file"]).is_relative_to(ROOT)
    assert from_checkout == ("editable" in installed.as_posix())


def test_an_installation_has_its_command(installed: Path, tmp_path: Path) -> None:
    for command in ([installed / "connlint"], [installed / "python", "-m", "connlint"]):
        assert succeed(*command, "--version", folder=tmp_path) == f"connlint {__version__}\n"


def test_a_wheel_holds_the_package_and_no_package_called_rules(built: dict[str, Path]) -> None:
    for way in ("wheel", "sdist"):
        names = zipfile.ZipFile(built[way]).namelist()
        assert {name.partition("/")[0] for name in names} == {"connlint", f"connlint-{__version__}.dist-info"}
        assert {"connlint/py.typed", f"connlint-{__version__}.dist-info/licenses/LICENSE"} <= set(names)
        tables = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("connlint/facts/*.toml")}
        assert tables
        assert tables <= set(names)


def test_the_sdist_can_run_its_own_tests(built: dict[str, Path]) -> None:
    with tarfile.open(built["archive"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ("tests/test_packaging.py", "Makefile", ".ci/run", "README.md", "CONTRIBUTING.md", "SECURITY.md",
              "CHANGELOG.md", "bench/run.py", "pre-commit-hooks.yaml", ".pre-commit-hooks.yaml", "action.yml", "templates/connlint.yml")  # fmt: skip
    assert set(wanted) <= names


def test_nothing_of_this_machine_is_in_a_distribution(built: dict[str, Path]) -> None:
    home = os.fsencode(ROOT)
    for way in ("wheel", "sdist"):
        with zipfile.ZipFile(built[way]) as wheel:
            assert [name for name in wheel.namelist() if home in wheel.read(name)] == []


def test_both_hook_manifests_are_the_same_file() -> None:
    real, readable = ROOT / ".pre-commit-hooks.yaml", ROOT / "pre-commit-hooks.yaml"
    assert real.read_bytes() == readable.read_bytes()
    assert not real.is_symlink()  # a clone without symbolic links would hold a file with a name in it
    assert not readable.is_symlink()


@pytest.fixture(scope="session")
def hook() -> dict[str, object]:
    hook, fixing = yaml.safe_load(ROOT.joinpath(".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (fixing.pop("id"), fixing.pop("entry")) == ("connlint-fix", "connlint check --fix")
    assert fixing.items() <= {**hook, "name": fixing["name"], "description": fixing["description"]}.items()
    return dict(hook)


def test_the_hook_looks_at_the_whole_project_at_once(hook: dict[str, object]) -> None:
    assert (hook["id"], hook["entry"], hook["language"]) == ("connlint", "connlint check", "python")
    assert (hook["pass_filenames"], hook["require_serial"]) == (False, True)
    assert not {"types", "types_or"} & set(hook)


SETTINGS = "DATABASES = {}\n"
STARTER = "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'\n"
READ = {
    "shop/settings.py": SETTINGS,
    "settings_local.py": SETTINGS,
    "config/settings/production.py": SETTINGS,
    "shop/conf/base.py": SETTINGS,
    "shop/local.py": SETTINGS,
    "manage.py": STARTER,
    "shop/wsgi_prod.py": STARTER,
    "shop/celery.py": STARTER,
    "gunicorn.conf.py": "",
    "deploy/gunicorn_config.py": "workers = 4\n",
    "deploy/gunicorn/web.py": "workers = 4\n",
    "deploy/shop.ini": "[uwsgi]\n",
    "deploy/uwsgi.yml": "uwsgi:\n",
    "vassals/shop.xml": "<uwsgi/>\n",
    "pgbouncer/pgbouncer.ini": "",
    "db/postgresql.conf": "",
    "db/postgresql.auto.conf": "",
    "postgres/custom.conf": "max_connections = 100\n",
    "mysql/conf.d/my.cnf": "",
    "mysql/conf.d/shop.cnf": "[mysqld]\n",
    "requirements/base.txt": "",
    "requirements-dev.in": "",
    "constraints.txt": "",
    "Pipfile": "",
    "Pipfile.lock": "",
    "uv.lock": "",
    "pylock.toml": "",
    "pylock.web.toml": "",
    "pyproject.toml": "",
}
ALSO_READ = ("connlint.toml", ".env", ".env.production", "deploy/web.env")  # when the configuration or settings say so
NOT_READ = ("shop/models.py", "README.md", "db/postgresql.conf.bak", "nginx.conf", "setup.py", "docs/settings.rst",
            "myuv.lock", "package.json", "compose.yaml.bak", "shop/urls.py")  # fmt: skip


@pytest.mark.parametrize("path", READ)
def test_the_hook_runs_for_each_file_that_discovery_uses(hook: dict[str, object], path: str) -> None:
    inventory = discover(Tree(None, {path: READ[path]}))
    used = [name for name in inventory.__slots__ if name not in ("python_roots", "unread") and getattr(inventory, name)]
    assert used, "discovery does not use it: a wrong example"
    assert re.search(str(hook["files"]), path)


STARTS = {
    "app_json": ("app.json", "{}"),
    "appengine": ("app.yaml", ""),
    "compose": ("deploy/docker-compose.prod.yml", ""),
    "cron": ("etc/cron.d/shop", ""),
    "dockerfile": ("docker/web.Dockerfile", ""),
    "dokku": ("DOKKU_SCALE", ""),
    "ecs": ("aws/web-task-definition.json", '{"containerDefinitions": []}'),
    "fly": ("fly.staging.toml", ""),
    "helm": ("charts/shop/Chart.yaml", ""),
    "heroku": ("heroku.yml", ""),
    "kubernetes": ("k8s/web.yaml", "apiVersion: apps/v1\nkind: Deployment\n"),
    "kustomize": ("k8s/kustomization", ""),
    "mod_wsgi": ("apache/000-shop.conf", "WSGIDaemonProcess shop\n"),
    "nginx_unit": ("unit.json", '{"applications": {}}'),
    "nixpacks": ("nixpacks.toml", ""),
    "procfile": ("Procfile.web", ""),
    "railway": ("railway.json", ""),
    "render": ("render.yaml", ""),
    "s6": ("etc/services.d/web/run", ""),
    "supervisor": ("supervisord.conf", ""),
    "systemd": ("deploy/web.service.d/override.conf", ""),
}


@pytest.mark.parametrize("kind", STARTS)
def test_the_hook_runs_for_each_kind_of_file_that_starts_something(hook: dict[str, object], kind: str) -> None:
    path, text = STARTS[kind]
    assert dict(discover(Tree(None, {path: text})).started_by) == {kind: (path,)}
    assert re.search(str(hook["files"]), path)


def test_no_kind_of_file_and_no_name_that_discovery_knows_is_forgotten(hook: dict[str, object]) -> None:
    from connlint.project import deployment_files, discovery

    module = ast.parse(Path(deployment_files.__file__).read_text(encoding="utf-8"))
    returned = (node.value for node in ast.walk(module) if isinstance(node, ast.Return) and node.value is not None)
    constants = {n.value for value in returned for n in ast.walk(value) if isinstance(n, ast.Constant)}
    kinds = {each for each in constants if isinstance(each, str) and re.fullmatch(r"[a-z0-9_]+", each)}
    assert kinds | set(deployment_files._BY_NAME.values()) == set(STARTS)
    names = [*deployment_files._BY_NAME, *discovery._NAMES, *discovery._GUNICORN_NAMES]
    assert [name for name in names if not re.search(str(hook["files"]), name)] == []
    endings = [
        e for e in discovery._STARTING if e not in (".toml", ".json") and not re.search(str(hook["files"]), f"a{e}")
    ]
    assert endings == []


@pytest.mark.parametrize(("path", "wanted"), [*((p, True) for p in ALSO_READ), *((p, False) for p in NOT_READ)])
def test_the_hook_runs_for_declarations_and_not_for_other_files(
    hook: dict[str, object], path: str, wanted: bool
) -> None:
    assert bool(re.search(str(hook["files"]), path)) is wanted
