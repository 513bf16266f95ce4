"""dj_database_url in settings, as the real library loads them and as the evaluator reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparing import Case, load_really, load_statically
from evaluating import databases

from connlint.formats.packages.versions import Packages
from connlint.value import Value

URL = "postgres://u:p@h:6432/n?conn_max_age=9&sslmode=require"
DJ = "import dj_database_url\n"
CASES = [
    Case("config", DJ + "DATABASES = {'default': dj_database_url.config(env='U', conn_health_checks=True, ssl_require=True)}", {"U": URL}),
    Case("config-by-position", DJ + "DATABASES = {'default': dj_database_url.config('U', 'sqlite:///x', None, 600, True)}", {"U": URL}),
    Case("config-default", DJ + "DATABASES = {'default': dj_database_url.config(conn_max_age=None, default='mysql://a/b?ssl-ca=x')}"),
    Case("config-keywords", DJ + "more = {'conn_max_age': 4}\nDATABASES = {'default': dj_database_url.config(default='postgres://x/y', **more)}"),
    Case("parse", DJ + f"DATABASES = {{'default': dj_database_url.parse(url='{URL}', engine='e', test_options={{'NAME': 't'}})}}"),
    Case("update", DJ + "DATABASES = {'default': {'ENGINE': 'e', 'CONN_MAX_AGE': 3}}\nDATABASES['default'].update(dj_database_url.config(conn_max_age=500))", {"DATABASE_URL": URL}),
    Case("update-with-nothing", DJ + "DATABASES = {'default': {'ENGINE': 'e', 'CONN_MAX_AGE': 3}}\nDATABASES['default'].update(dj_database_url.config(conn_max_age=500))"),
    Case("then-item", DJ + "DATABASES = {'default': {}}\nDATABASES['default'] = dj_database_url.config(default='postgres://x/y')\nDATABASES['default']['CONN_MAX_AGE'] = 9"),
    Case("partial", DJ + "from functools import partial\nparse = partial(dj_database_url.parse, conn_max_age=600)\nDATABASES = {'default': parse('postgres://x/y')}"),
]  # fmt: skip


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A folder with all cases, and what the real library makes of each."""
    base = tmp_path_factory.mktemp("cases")
    return base, load_really(CASES, base)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_evaluator_agrees_with_the_real_library(case: Case, loaded: tuple[Path, dict[str, object]]) -> None:
    base, answers = loaded
    assert load_statically(case, base) == answers[case.name]


@pytest.mark.parametrize(
    ("keyword", "key"), [("engine", "ENGINE"), ("ssl_require", "OPTIONS.sslmode"), ("test_options", "TEST")]
)
def test_an_unknown_keyword_leaves_unknown_what_it_decides_alone(keyword: str, key: str) -> None:
    code = f"import vault\n{DJ}DATABASES = {{'default': dj_database_url.parse('{URL}', {keyword}=vault.x(), conn_max_age=60)}}\n"
    found = databases(code)["default"]
    assert {name for name, value in found.items() if str(value).startswith("unknown: ")} == {key, "PASSWORD"}  # type: ignore[attr-defined]
    assert found["CONN_MAX_AGE"] == 60  # type: ignore[index]


def test_by_position_the_version_decides(tmp_path: Path) -> None:
    """The fourth argument is conn_health_checks from 1.1 on and ssl_require before."""
    case = Case("old", DJ + f"DATABASES = {{'default': dj_database_url.parse('{URL}', None, 600, True)}}")
    old = load_statically(case, tmp_path, Packages(versions={"dj-database-url": Value.exact("0.5.0")}))
    assert old["CONN_HEALTH_CHECKS"] is False
    new = load_statically(case, tmp_path, Packages(versions={"dj-database-url": Value.exact("2.0.0")}))
    assert new["CONN_HEALTH_CHECKS"] is True


def test_the_newest_version_below_a_bound_is_what_gets_installed(tmp_path: Path) -> None:
    """Texts in the query stay texts before 2.1."""
    case = Case("bound", DJ + "DATABASES = {'default': dj_database_url.parse('postgres://h/n?connect_timeout=5')}")
    below = load_statically(case, tmp_path, Packages(bounds={"dj-database-url": ("1.0", "2.1")}))
    assert below["OPTIONS.connect_timeout"] == "5"
    assert load_statically(case, tmp_path)["OPTIONS.connect_timeout"] == 5


def test_two_versions_give_one_of_two_values(tmp_path: Path) -> None:
    case = Case("two", DJ + "DATABASES = {'default': dj_database_url.parse('postgres://h/n?connect_timeout=5')}")
    both = load_statically(case, tmp_path, Packages(versions={"dj-database-url": Value.choice(["2.0.0", "3.0.0"])}))
    assert (both["OPTIONS.connect_timeout"], both["HOST"]) == (["5", 5], "h")


def test_a_scheme_that_the_project_registers_under_another_engine_counts() -> None:
    code = (
        DJ
        + f"dj_database_url.SCHEMES['postgres'] = 'my.engine'\nDATABASES = {{'default': dj_database_url.parse('{URL}')}}\n"
    )
    assert databases(code)["default"]["ENGINE"] == "my.engine"  # type: ignore[index]
