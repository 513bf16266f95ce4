"""What each file of a project is told to be."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from connlint.project.discovery import Inventory, discover, dotted_name, is_secondary
from connlint.project.tree import Tree
from connlint.value import Certainty

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "{}")\n'
DATABASES = 'DATABASES = {"default": {}}\n'


def found(files: dict[str, str], exclude: Iterable[str] = ()) -> Inventory:
    return discover(Tree(None, files), exclude)


class TestConfigFiles:
    @pytest.mark.parametrize(
        ("path", "text", "kind"),
        [
            ("gunicorn.conf.py", "", "gunicorn"),
            ("deploy/gunicorn-web.conf.py", "bind = ':80'", "gunicorn"),
            ("shop/gunicorn.py", "import os\nworkers: int = 3", "gunicorn"),
            ("conf/gunicorn/production.py", "preload_app = True", "gunicorn"),
            ("shop/gunicorn_utils.py", "def workers():\n    timeout = 3", None),
            ("conf/gunicorn/extra/x.py", "workers = 3", None),
            ("uwsgi.ini", "", "uwsgi"),
            ("deploy/shop.ini", "; web\n [uwsgi]\nprocesses = 2", "uwsgi"),
            ("vassals/shop.yaml", "uwsgi:\n  processes: 2", "uwsgi"),
            ("uwsgi.json", '{"uwsgi": {"processes": 2}}', "uwsgi"),
            ("uwsgi.xml", "<uwsgi id='a'><processes>2</processes></uwsgi>", "uwsgi"),
            ("uwsgi-deployment.yaml", "kind: Deployment", None),
            ("shop.yaml", "uwsgi:\n  processes: 2", None),
            ("tox.ini", "[tox]\nenvlist = py", None),
            ("docker/pgbouncer.ini", "", "pgbouncer"),
            ("pooler/config.ini", "[databases]\n* = host=db\n[pgbouncer]\npool_mode = session", "pgbouncer"),
            ("pgbouncer/databases.ini", "[databases]\n* = host=db", "pgbouncer"),
            ("etc/databases.ini", "[databases]\nmain = sqlite", None),
            ("postgresql.conf", "max_connections = 10", "postgresql"),
            ("docker/postgresql.auto.conf", "", "postgresql"),
            ("docker/postgres/custom.conf", "#work_mem = 4MB", "postgresql"),
            ("my-postgres_sample.conf", "max_connections = 10", "postgresql"),
            ("supervisor/embedded-postgres.conf", "[program:postgres]\ncommand=postgres", None),
            ("postgresql_exporter.conf", "[exporter]", None),
            ("nginx.conf", "server { }", None),
            ("postgresql.conf.sample", "max_connections = 10", None),
            ("my.cnf", "", "mysql"),
            ("conf.d/tuning.cnf", "[mysqld]\nwait_timeout = 60", "mysql"),
            ("conf.d/ten.cnf", "[mariadb-10.11]\nwait_timeout = 60", "mysql"),
            ("etc/base.cnf", "!includedir /etc/mysql/conf.d/", "mysql"),
            ("openssl.cnf", "[req]\nprompt = no", None),
            ("my.ini", "[mysqld]", "mysql"),
            ("requirements.txt", "", "requirements"),
            ("requirements-dev.txt", "", "requirements"),
            ("requirements/base.txt", "", "requirements"),
            ("constraints.txt", "", "requirements"),
            ("requirements.in", "", "requirements"),
            ("robots.txt", "", None),
            ("pyproject.toml", "", "pyproject"),
            ("api/uv.lock", "", "locks"),
            ("poetry.lock", "", "locks"),
            ("pylock.toml", "", "locks"),
            ("pylock.web.toml", "", "locks"),
            ("Pipfile.lock", "", "locks"),
            ("Pipfile", "", "pipfiles"),
            ("Cargo.toml", "", None),
        ],
    )
    def test_a_file_is_told_by_its_name_and_content(self, path: str, text: str, kind: str | None) -> None:
        inventory = found({path: text})
        kinds = (
            "gunicorn",
            "uwsgi",
            "pgbouncer",
            "postgresql",
            "mysql",
            "requirements",
            "pyproject",
            "pipfiles",
            "locks",
        )
        assert {name: getattr(inventory, name) for name in kinds if getattr(inventory, name)} == (
            {kind: (path,)} if kind else {}
        )

    def test_excluded_files_are_not_there(self) -> None:
        files = {
            "a/uwsgi.ini": "",
            "b/uwsgi.ini": "",
            "a/settings.py": DATABASES,
            "a/manage.py": MANAGE.format("settings"),
        }
        inventory = found(files, ["a"])
        assert (inventory.uwsgi, inventory.settings_candidates, inventory.entry_points) == (("b/uwsgi.ini",), (), ())

    def test_a_file_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "secret.ini").write_text("[uwsgi]")
        (tmp_path / "shop").mkdir()
        (tmp_path / "shop" / "web.ini").symlink_to(tmp_path / "secret.ini")
        inventory = discover(Tree(tmp_path / "shop"))
        assert (inventory.uwsgi, inventory.unread) == (
            (),
            (("web.ini", "it leads outside the project and is not read"),),
        )


class TestEntryPoints:
    def test_each_names_its_settings_with_the_place(self) -> None:
        inventory = found({"manage.py": MANAGE.format("shop.settings"), "shop/settings.py": ""})
        (entry,) = inventory.entry_points
        assert (entry.path, entry.kind, entry.module.only) == ("manage.py", "manage", "shop.settings")
        span = entry.module.span
        assert span is not None
        assert (span.text, span.line, span.column) == ('"shop.settings"', 2, 49)

    def test_columns_count_characters(self) -> None:
        (entry,) = found({"wsgi.py": "'é'; " + MANAGE.format("a").splitlines()[1]}).entry_points
        assert entry.module.span is not None
        assert entry.module.span.text == '"a"'

    @pytest.mark.parametrize(
        ("text", "modules"),
        [
            ('os.environ["DJANGO_SETTINGS_MODULE"] = "a.b"', ("a.b",)),
            ('os.putenv("DJANGO_SETTINGS_MODULE", "a.b")', ("a.b",)),
            (
                'if x:\n    e.setdefault("DJANGO_SETTINGS_MODULE", "a")\nelse:\n    e.setdefault("DJANGO_SETTINGS_MODULE", "b")',
                ("a", "b"),
            ),
            ('os.environ.setdefault("DJANGO_SETTINGS_MODULE", os.environ.get("S", "a.b"))', ("a.b",)),
            ('os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"shop.{env}")', ()),
            ('os.environ.setdefault("DJANGO_SETTINGS_MODULE", choose("x", "a.b"))', ()),
            ('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "a"', ()),
        ],
    )
    def test_what_is_not_written_out_stays_unknown(self, text: str, modules: tuple[str, ...]) -> None:
        (entry,) = found({"wsgi.py": text}).entry_points
        assert entry.module.alternatives == modules
        assert entry.module.is_unknown is (modules == ())

    def test_a_default_for_a_variable_is_assumed(self) -> None:
        text = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", os.getenv("S", "a.b"))'
        assert found({"wsgi.py": text}).entry_points[0].module.certainty is Certainty.ASSUMED

    def test_files_that_set_nothing_are_none(self) -> None:
        files = {"manage.py": "DJANGO_SETTINGS_MODULE", "wsgi.py": "", "shop/managers.py": MANAGE.format("a")}
        assert found(files).entry_points == ()

    def test_those_of_tests_come_last(self) -> None:
        files = {
            "docs/manage.py": MANAGE.format("a"),
            "web/manage.py": MANAGE.format("b"),
            "x/wsgi_prod.py": MANAGE.format("c"),
        }
        assert [(e.path, e.kind) for e in found(files).entry_points] == [
            ("web/manage.py", "manage"), ("x/wsgi_prod.py", "wsgi"), ("docs/manage.py", "manage"),
        ]  # fmt: skip


class TestSettings:
    @pytest.mark.parametrize(
        "text",
        [
            "DATABASES = {}", "DATABASES: dict = {}", "if x:\n    DATABASES['a'] = 1", "DATABASES.update(x)",
            "from .db import DATABASES", "from .db import (\n    DATABASES,\n)", "globals()['DATABASES'] = 1",
            "class Base:\n    @property\n    def DATABASES(self): ...", "def f():\n    global DATABASES",
        ],
    )  # fmt: skip
    def test_files_that_state_databases(self, text: str) -> None:
        assert found({"shop/settings.py": text}).settings_candidates == ("shop/settings.py",)

    @pytest.mark.parametrize(
        "text", ["x = settings.DATABASES", "DATABASES_X = 1", "# DATABASES = {}", "print('DATABASES')"]
    )
    def test_files_that_only_speak_of_it(self, text: str) -> None:
        assert found({"shop/settings.py": text}).settings_candidates == ()

    def test_files_built_on_them_count_over_several_steps(self) -> None:
        files = {
            "src/shop/settings/base.py": DATABASES,
            "src/shop/settings/deploy.py": "from .base import *",
            "src/shop/settings/production.py": "from shop.settings.deploy import *  # all",
            "src/shop/settings/other.py": "from .nothing import *",
            "src/shop/settings/db/extra.py": "from ..base import *",
        }
        assert found(files).settings_candidates == (
            "src/shop/settings/base.py", "src/shop/settings/db/extra.py", "src/shop/settings/deploy.py",
            "src/shop/settings/production.py",
        )  # fmt: skip

    def test_classes_count_as_well(self) -> None:
        files = {
            "settings/base.py": f"class Base:\n    {DATABASES}",
            "settings/prod.py": "from .base import Base\nclass Prod(Base): ...",
            "settings/read.py": "from .base import Base\nx = 1",
        }
        assert found(files).settings_candidates == ("settings/base.py", "settings/prod.py")

    def test_a_file_named_by_an_entry_point_counts_whatever_it_holds(self) -> None:
        files = {"web/manage.py": MANAGE.format("shop.live"), "web/shop/live.py": "load_everything()"}
        assert found(files).settings_candidates == ("web/shop/live.py",)

    def test_all_files_are_searched_when_none_is_called_like_settings(self) -> None:
        files = {"shop/main.py": DATABASES, "shop/views.py": "x = DATABASES"}
        assert found(files).settings_candidates == ("shop/main.py",)

    def test_no_other_file_is_read_when_settings_are_found(self, tmp_path: Path) -> None:
        (tmp_path / "settings.py").write_text(DATABASES)
        (tmp_path / "views.py").write_text(DATABASES)
        tree = Tree(tmp_path)
        assert discover(tree).settings_candidates == ("settings.py",)
        assert tree.read_count == 1


class TestPythonRoots:
    def test_imports_start_where_the_named_module_is_found(self) -> None:
        files = {"api/app/wsgi.py": MANAGE.format("app.settings"), "api/app/settings.py": DATABASES}
        assert found(files).python_roots == ("api", "api/app", "")

    def test_the_folder_of_manage_py_counts(self) -> None:
        assert found({"web/manage.py": MANAGE.format("elsewhere.settings")}).python_roots == ("web", "")

    def test_without_an_entry_point_it_is_the_folder_above_the_package(self) -> None:
        files = {"src/shop/__init__.py": "", "src/shop/conf/__init__.py": "", "src/shop/conf/live.py": DATABASES}
        assert found(files).python_roots == ("src", "")

    def test_a_developers_settings_are_imported_from_their_folder_only_where_there_are_no_others(self) -> None:
        developer = {"scripts/dev/local_settings.py": 'DATABASES = {"default": {}}\n'}
        site = {"src/settings.py": 'DATABASES = {"default": {}}\n'}
        assert found(developer).python_roots == ("scripts/dev", "")
        assert found({**developer, **site}).python_roots == ("src", "")

    @pytest.mark.parametrize(
        ("path", "roots", "name"),
        [
            ("src/shop/settings/__init__.py", ("src", ""), "shop.settings"),
            ("src/shop/live.py", ("",), "src.shop.live"),
            ("shop/live.py", ("src", ""), "shop.live"),
            ("my-app/live.py", ("",), None),
            ("my-app/live.py", ("", "my-app"), "live"),
        ],
    )
    def test_the_name_a_file_is_imported_by(self, path: str, roots: tuple[str, ...], name: str | None) -> None:
        assert dotted_name(path, roots) == name


@pytest.mark.parametrize(
    ("path", "secondary"),
    [
        ("shop/settings.py", False), ("shop/tests/settings.py", True), ("docs/uwsgi.ini", True),
        ("shop/test_settings.py", True), ("shop/settings/test.py", True), ("settings.sample.py", True),
        ("latest/contest.py", False), ("shop/settings/unittests.py", True),
    ],
)  # fmt: skip
def test_what_belongs_to_tests_documentation_or_examples(path: str, secondary: bool) -> None:
    assert is_secondary(path) is secondary


class TestHostileInput:
    @pytest.mark.parametrize(
        "text",
        [
            "DJANGO_SETTINGS_MODULE\0", "DJANGO_SETTINGS_MODULE = " + "(" * 10_000,
            "DJANGO_SETTINGS_MODULE = " + "-" * 100_000 + "1", "DJANGO_SETTINGS_MODULE\n" + "from " + "." * 100_000,
            "x" * 3_000_000, "DATABASES" * 300_000, "from a import *\n" * 100_000 + DATABASES,
        ],
    )  # fmt: skip
    def test_no_text_stops_or_stalls_it(self, text: str) -> None:
        started = time.process_time()
        found({"manage.py": text, "settings.py": text, "uwsgi.ini": text, "gunicorn.conf.py": text, "my.cnf": text})
        assert time.process_time() - started < 5

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes")
    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        for name in ("settings.py", "manage.py", "x.ini"):
            os.mkfifo(tmp_path / name)
        assert [path for path, _ in discover(Tree(tmp_path)).unread] == ["x.ini", "manage.py", "settings.py"]


def test_names_alone_cost_little() -> None:
    files = {f"app{i % 40}/part{i % 700}/file{i}.{'py' if i % 2 else 'js'}": "" for i in range(28_000)}
    tree = Tree(None, {**files, "settings.py": DATABASES})
    tree.paths()
    best = min(_seconds(tree) for _ in range(3))
    assert best < 0.5, "classifying 28,000 names must stay far below a second"


def _seconds(tree: Tree) -> float:
    started = time.process_time()
    discover(tree)
    return time.process_time() - started
