"""What is said of PostgreSQL's drivers and their pool, against what is installed.

The sources are read, not imported: psycopg cannot be imported where libpq is missing.
"""

from __future__ import annotations

import ast
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from connlint.facts import Version, product

UNSAID = object()


def installed(distribution: str) -> Version:
    found = Version.parse(version(distribution))
    assert found is not None
    return found


def source(package: str, module: str) -> ast.Module:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return ast.parse((Path(spec.origin).parent / module).read_text(encoding="utf-8"))


def arguments(tree: ast.Module, owner: str, name: str) -> dict[str, object]:
    """The arguments of a method with their defaults (UNSAID: none, or no constant)."""
    (cls,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner]
    function = [node for node in cls.body if isinstance(node, ast.FunctionDef) and node.name == name][-1]
    positional = function.args.args[1:]
    defaults = [None] * (len(positional) - len(function.args.defaults)) + [*function.args.defaults]
    pairs = [
        *zip(positional, defaults, strict=True),
        *zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True),
    ]
    return {argument.arg: _constant(default) for argument, default in pairs}


def _constant(node: ast.expr | None) -> object:
    if node is None:
        return UNSAID
    try:
        return eval(compile(ast.Expression(node), "default", "eval"), {})
    except NameError:
        return UNSAID


class TestPool:
    FACTS = product("psycopg_pool")
    SIGNATURE = arguments(source("psycopg_pool", "pool.py"), "ConnectionPool", "__init__")

    def test_the_table_covers_the_installed_version(self) -> None:
        assert self.FACTS.first <= installed("psycopg-pool")
        assert installed("psycopg-pool") < Version((3, 4))

    def test_the_arguments_are_those_of_the_signature(self) -> None:
        at = installed("psycopg-pool")
        assert {name for name in self.FACTS.settings if self.FACTS.knows(name, at)} == set(self.SIGNATURE)

    def test_the_defaults_are_those_of_the_signature(self) -> None:
        at = installed("psycopg-pool")
        told = {name: default for name, default in self.SIGNATURE.items() if default is not UNSAID}
        assert {name: self.FACTS.default(name, at).only for name in told} == told
        assert set(self.SIGNATURE) - set(told) == {"connection_class"}

    @pytest.mark.parametrize(
        ("name", "at", "known"), [("check", "3.1", False), ("check", "3.2", True), ("close_returns", "3.2", False)]
    )
    def test_which_arguments_a_version_takes(self, name: str, at: str, known: bool) -> None:
        assert self.FACTS.knows(name, Version.parse(at)) is known


class TestDrivers:
    def test_connect_of_psycopg(self) -> None:
        facts = product("psycopg")
        signature = arguments(source("psycopg", "connection.py"), "Connection", "connect")
        del signature["conninfo"]
        assert set(signature) == facts.sets["arguments"]
        assert {name: facts.default(name, None).only for name in signature} == signature

    def test_the_connect_timeout_of_psycopg(self) -> None:
        tree = source("psycopg", "_conninfo_utils.py").body + source("psycopg", "conninfo.py").body
        told = {
            node.targets[0].id: node.value.value
            for node in tree
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        assert product("psycopg").default("connect_timeout", None).only == told["_DEFAULT_CONNECT_TIMEOUT"]

    def test_the_attributes_of_prepared_statements(self) -> None:
        tree = source("psycopg", "_preparing.py")
        told = {
            node.target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        facts = product("psycopg")
        assert {name: facts.default(name, None).only for name in ("prepare_threshold", "prepared_max")} == {
            name: told[name] for name in ("prepare_threshold", "prepared_max")
        }

    def test_psycopg2_leaves_the_timeout_to_libpq(self) -> None:
        assert product("psycopg2").default("connect_timeout", None).only is None
        assert product("libpq").default("connect_timeout", None).only is None


class TestLibpq:
    FACTS = product("libpq")

    @pytest.mark.parametrize(
        ("name", "at", "known"),
        [
            ("sslmode", "13", True), ("application_name", "13", True), ("sslsni", "13", False), ("sslsni", "14", True),
            ("require_auth", "15", False), ("require_auth", "16", True), ("sslnegotiation", "17", True),
            ("oauth_issuer", "17", False), ("oauth_issuer", "18", True), ("servicefile", "18", False),
            ("statement_timeout", "18", False), ("ssl_mode", "18", False), ("conn_max_age", "18", False),
        ],
    )  # fmt: skip
    def test_which_parameters_a_release_knows(self, name: str, at: str, known: bool) -> None:
        assert self.FACTS.knows(name, Version.parse(at)) is known

    def test_the_parameters_are_those_of_the_library(self) -> None:
        pq = pytest.importorskip("psycopg.pq", reason="libpq is not installed", exc_type=ImportError)
        release = Version((pq.version() // 10_000,))
        library = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
        former = {"authtype", "tty", "requiressl", "gsslib", "sslcompression", "gssdelegation"}
        stated = {name for name in self.FACTS.names if self.FACTS.knows(name, release)}
        assert library <= stated
        assert stated - library <= former

    def test_secrets_are_parameters(self) -> None:
        assert self.FACTS.sets["secret"] <= self.FACTS.names


def test_the_arguments_of_mysqlclient_include_its_secrets() -> None:
    facts = product("mysqlclient")
    assert facts.sets["secret"] <= facts.names
    assert facts.knows("collation", Version((2, 1))) is False
