"""django-environ in settings, as the real library loads them and as the evaluator reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparing import Case, evaluate, load_really, load_statically, short
from evaluating import age, databases

from connlint.formats.packages.versions import Packages

URL = "postgres://u:p@h:6432/n?conn_max_age=9&sslmode=require"
ENV = "import environ\nenv = environ.Env()\n"
BASE = "import os\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent\n"
FILE = {".env": "AGE=44\n"}
CASES = [
    # Asking for variables
    Case("cast-by-name", ENV + "AGE = env('AGE', cast=int)", {"AGE": "7"}),
    Case("cast-by-position", ENV + "AGE = env('AGE', int, 9)"),
    Case("cast-by-a-lambda", ENV + "AGE = env('AGE', cast=lambda v: int(v) * 2, default=9)", {"AGE": "7"}),
    Case("cast-by-the-default", ENV + "AGE = env('AGE', default=7)", {"AGE": "8"}),
    Case("no-cast", ENV + "AGE = env('AGE', default='7')"),
    Case("scheme", ENV + "env = environ.Env(AGE=(int, 60), H=(bool, False))\nAGE = [env('AGE'), env('H')]", {"H": "on"}),
    Case("scheme-without-default", ENV + "env = environ.Env(AGE=int)\nAGE = env('AGE')", {"AGE": "7"}),
    Case("scheme-default-names-a-variable", ENV + "AGE = environ.Env(AGE=(int, '$B'))('AGE')", {"B": "5"}),
    Case("scheme-default-none", ENV + "AGE = environ.Env(AGE=(int, None))('AGE')", {"AGE": ""}),
    Case("text-names-a-variable", ENV + "AGE = env.int('AGE', default=2)", {"AGE": "$OTHER", "OTHER": "5"}),
    Case("multiline-by-position", ENV + "AGE = env.str('X', 'd', True)", {"X": "a\\nb"}),
    Case("multiline-by-name", ENV + "AGE = env.str('X', multiline=True)", {"X": "a\\nb"}),
    Case("list-by-position", ENV + "AGE = env.list('X', int)", {"X": "1,2"}),
    Case("list-default", ENV + "AGE = env.list('X', default=[])"),
    Case("tuple", ENV + "AGE = list(env.tuple('X', default=(1, 2)))"),
    Case("dict", ENV + "AGE = env.dict('X', default={'a': '1'})['a']"),
    Case("json", ENV + "AGE = env.json('X', default={})['a']", {"X": '{"a": [1]}'}),
    Case("float-with-a-comma", ENV + "AGE = env.float('X')", {"X": "1,5"}),
    Case("bool", ENV + "AGE = env.bool('X')", {"X": "ok"}),
    Case("url", ENV + "u = env.url('U')\nAGE = [u.hostname, u.port, u.path[1:], u.username]", {"U": URL}),
    Case("parse-value", ENV + "AGE = env.parse_value('5', int)"),
    Case("parse-value-of-the-class", ENV + "AGE = environ.Env.parse_value('1,2', [int])"),
    Case("in", ENV + "AGE = 1 if 'AGE' in env else 2", {"AGE": "x"}),
    Case("environ", ENV + "AGE = env.ENVIRON.get('X', 3)"),
    Case("prefix", ENV + "env.prefix = 'X_'\nAGE = env.int('AGE')", {"X_AGE": "7", "AGE": "1"}),
    Case("file-aware", "import environ\nAGE = environ.FileAwareEnv(AGE=(int, 3))('AGE')", {"AGE_FILE": "s"}, {"s": "60"}),
    Case(
        "missing",
        ENV + "try:\n    AGE = env.int('AGE')\nexcept environ.ImproperlyConfigured:\n    AGE = 5",
    ),
    # Classes of the project's own
    Case("derived", ENV + "class My(environ.Env):\n    pass\nAGE = My().int('AGE', 5)", {"AGE": "7"}),
    Case(
        "derived-with-a-prefix-of-the-class",
        ENV + "class My(environ.Env):\n    prefix = 'X_'\nAGE = My(AGE=(int, 3))('AGE')",
        {"X_AGE": "7", "AGE": "1"},
    ),
    Case(
        "derived-with-a-method",
        ENV + "class My(environ.Env):\n    def age(self, name):\n        return self.int(name, default=8)\nAGE = My().age('AGE')",
    ),
    Case(
        "derived-with-call",
        ENV + "class My(environ.Env):\n    def __call__(self, var, cast=None, default=None):\n"
        "        return super().__call__(var, cast=cast, default=default)\nAGE = My()('AGE', cast=int, default=4)",
        {"AGE": "7"},
    ),
    Case(
        "derived-with-init",
        ENV + "class My(environ.Env):\n    def __init__(self, **scheme):\n        super().__init__(**scheme)\n"
        "        self.prefix = 'X_'\nAGE = My(AGE=(int, 3))('AGE')",
        {"X_AGE": "7", "AGE": "1"},
    ),
    Case(
        "derived-with-schemes",
        ENV + "class My(environ.Env):\n    DB_SCHEMES = {**environ.Env.DB_SCHEMES, 'postgres': 'my.engine'}\n"
        "DATABASES = {'default': My().db('U')}",
        {"U": URL},
    ),
    Case("derived-reads-env", ENV + "class My(environ.Env):\n    pass\nMy.read_env('.env')\nAGE = My().int('AGE')", {}, FILE),
    # URLs
    Case("db", ENV + "DATABASES = {'default': env.db('U')}", {"U": URL}),
    Case("db-default", ENV + "DATABASES = {'default': env.db(default='psql://a/b')}"),
    Case("db-no-default", ENV + "DATABASES = {'default': env.db('U', default=None) or {'ENGINE': 'y'}}"),
    Case("db-engine-by-position", ENV + "DATABASES = {'default': env.db('U', 'postgres://a/b', 'my.engine')}"),
    Case("db-url", ENV + "DATABASES = {'default': env.db_url('U', default='sqlite:///x')}", {"U": URL}),
    Case("db-url-config", ENV + f"DATABASES = {{'default': env.db_url_config('{URL}')}}"),
    Case("db-url-config-of-the-class", ENV + "import os\nDATABASES = {'default': environ.Env.db_url_config(os.environ['U'], engine='e')}", {"U": URL}),
    Case("schemes-item", ENV + "environ.Env.DB_SCHEMES['postgres'] = 'my.engine'\nDATABASES = {'default': env.db('U')}", {"U": URL}),
    Case("schemes-update", ENV + "env.DB_SCHEMES.update(postgres='my.engine')\nDATABASES = {'default': env.db('U')}", {"U": URL}),
    Case("db-then-item", ENV + "DATABASES = {'default': env.db('U')}\nDATABASES['default']['CONN_MAX_AGE'] = env.int('AGE', default=60)", {"U": URL}),
    Case("db-then-update", ENV + "DATABASES = {'default': env.db('U')}\nDATABASES['default'].update(CONN_MAX_AGE=3)\nDATABASES['default'].setdefault('OPTIONS', {})['x'] = 1", {"U": URL}),
    Case("db-spread", ENV + "DATABASES = {'default': {**env.db('U', default='sqlite:///a'), 'CONN_MAX_AGE': 3}}"),
    # Reading files
    Case("read-caller-folder", ENV + "environ.Env.read_env()\nAGE = env.int('AGE')", {}, FILE),
    Case("read-text", BASE + ENV + "env.read_env(str(BASE_DIR / '.env'))\nAGE = env.int('AGE')", {}, FILE),
    Case("read-path", BASE + ENV + "env.read_env(env_file=BASE_DIR / '.env')\nAGE = env.int('AGE')", {}, FILE),
    Case("read-join", BASE + ENV + "environ.Env.read_env(env_file=os.path.join(BASE_DIR, '.env'))\nAGE = env.int('AGE')", {}, FILE),
    Case("read-file", BASE + ENV + "environ.Env.read_env(open(BASE_DIR / '.env'))\nAGE = env.int('AGE')", {}, FILE),
    Case("read-stream", "import io\n" + ENV + "env.read_env(io.StringIO('AGE=3'))\nAGE = env.int('AGE')"),
    Case("read-folder", BASE + ENV + "env.read_env(str(BASE_DIR))\nAGE = env.int('AGE', default=2)", {}, FILE),
    Case("read-environ-path", ENV + "root = environ.Path(__file__) - 1\nenv.read_env(root('.env'))\nAGE = env.int('AGE')", {}, FILE),
    Case("read-environ-path-path", ENV + "env.read_env(environ.Path(__file__).path('..').path('.env'))\nAGE = env.int('AGE')", {}, FILE),
    Case("read-if-asked", BASE + ENV + "if env.bool('READ', default=False):\n    env.read_env(BASE_DIR / '.env')\nAGE = env.int('AGE', 2)", {"READ": "1"}, FILE),
    Case("read-if-there", BASE + ENV + "p = BASE_DIR / '.env'\nif p.exists():\n    env.read_env(p)\nAGE = env.int('AGE', default=2)", {}, FILE),
    Case("environment-wins", ENV + "env.read_env('.env')\nAGE = env.int('AGE')", {"AGE": "1"}, FILE),
    Case("overwrite-by-name", ENV + "env.read_env('.env', overwrite=True)\nAGE = env.int('AGE')", {"AGE": "1"}, FILE),
    Case("overwrite-by-position", ENV + "env.read_env('.env', True)\nAGE = env.int('AGE')", {"AGE": "1"}, FILE),
    Case("comments", ENV + "env.read_env('.env', parse_comments=True)\nAGE = env.int('AGE')", {}, {".env": "AGE=600 # ten\n"}),
    Case("comments-by-position", ENV + "env.read_env('.env', False, True)\nAGE = env.int('AGE')", {}, {".env": "AGE=600 # ten\n"}),
    Case("overrides", ENV + "env.read_env('.env', AGE='60')\nAGE = env.int('AGE', default=5)", {}, {".env": "X=1\n"}),
    Case("overrides-that-the-file-replaces", ENV + "env.read_env('.env', AGE='60')\nAGE = env.int('AGE', default=5)", {}, FILE),
    Case("overrides-without-a-file", ENV + "env.read_env('none', AGE='60')\nAGE = env.int('AGE', default=5)"),
    Case("overrides-that-are-no-text", ENV + "env.read_env('.env', AGE=60)\nAGE = env('AGE')", {}, {".env": "X=1\n"}),
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


UNREAD = [
    ("a file that is not known", "env.read_env(vault.path())\n"),
    ("a flag that is not known", "env.read_env('.env', vault.flag())\n"),
    ("arguments that are not known", "env.read_env(**vault.all())\n"),
]


@pytest.mark.parametrize("code", [code for _, code in UNREAD], ids=[name for name, _ in UNREAD])
def test_after_an_unknown_file_no_unset_variable_is_known(code: str) -> None:
    found = age(ENV + "import vault\n" + code + "AGE = env.int('AGE', default=5)\n", files=FILE)
    assert str(found).startswith("unknown: ")


def test_a_variable_that_is_set_is_known_whatever_file_was_read() -> None:
    assert age(ENV + "import vault\nenv.read_env(vault.path())\nAGE = env.int('AGE')\n", {"AGE": "5"}) == 5


def test_after_one_of_two_files_the_value_is_one_of_two() -> None:
    code = ENV + "import vault\nenv.read_env('a.env' if vault.flag() else 'b.env')\nAGE = env.int('AGE')\n"
    assert age(code, files={"a.env": "AGE=1\n", "b.env": "AGE=2\n"}) == [1, 2]


def test_a_variable_of_either_branch_is_one_of_two() -> None:
    code = ENV + "import os, vault\nif vault.flag():\n    os.environ['AGE'] = '7'\nAGE = env.int('AGE', default=5)\n"
    assert age(code) == [7, 5]


def test_an_unknown_engine_leaves_the_other_keys_known() -> None:
    code = ENV + "import vault\nDATABASES = {'default': env.db('U', engine=vault.engine())}\n"
    found = databases(code, {"U": URL})["default"]
    assert found["ENGINE"] == "unknown: vault.engine is not part of the project"  # type: ignore[index]
    assert found["CONN_MAX_AGE"] == 9  # type: ignore[index]


def test_an_unknown_url_leaves_what_is_set_afterwards_known() -> None:
    code = (
        ENV
        + "import vault\nDATABASES = {'default': env.db_url_config(vault.url())}\nDATABASES['default']['CONN_MAX_AGE'] = 60\n"
    )
    found = databases(code)["default"]
    assert found["CONN_MAX_AGE"] == 60  # type: ignore[index]
    assert found["HOST"] == "unknown: vault.url is not part of the project"  # type: ignore[index]


def test_a_derived_class_that_reads_variables_its_own_way_is_not_followed() -> None:
    code = (
        ENV
        + "class My(environ.Env):\n    def get_value(self, var, **more):\n        return 3\nAGE = My().int('AGE', 5)\n"
    )
    assert age(code) == "unknown: how the environment is read is not known"


def test_what_the_scheme_does_not_name_is_unknown_when_not_all_of_it_is_known() -> None:
    code = ENV + "import vault\nenv = environ.Env(B=(int, 1), **vault.scheme())\nAGE = {name}\n"
    assert age(code.format(name="env('B')")) == 1
    assert age(code.format(name="env('AGE', default=5)")) == "unknown: which variables the scheme names is not known"


@pytest.mark.parametrize(
    ("lock", "backend"),
    [
        (frozenset({"django-redis"}), "django_redis.cache.RedisCache"),
        (frozenset({"redis"}), "django.core.cache.backends.redis.RedisCache"),
        (None, ["django_redis.cache.RedisCache", "django.core.cache.backends.redis.RedisCache"]),
    ],
)
def test_the_backend_of_a_redis_url_depends_on_what_is_installed(
    lock: frozenset[str] | None, backend: object, tmp_path: Path
) -> None:
    case = Case("cache", ENV + "CACHES = {'default': env.cache('C')}\nDATABASES = {}", {"C": "redis://h:6379/1"})
    packages = Packages(names=lock or frozenset(), complete=lock is not None)
    names = evaluate(case, tmp_path, packages).names
    assert short(names["CACHES.default.BACKEND"]) == backend
    assert short(names["CACHES.default.LOCATION"]) == "redis://h:6379/1"


def test_the_third_argument_of_cache_is_the_backend(tmp_path: Path) -> None:
    code = ENV + "CACHES = {'default': env.cache('C', 'locmemcache://', 'my.Cache')}\nDATABASES = {}"
    assert short(evaluate(Case("cache", code), tmp_path).names["CACHES.default.BACKEND"]) == "my.Cache"
