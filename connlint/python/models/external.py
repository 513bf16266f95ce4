"""What is not part of the project: which names of it are modelled, and by what."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeAlias

from connlint.python.language.domain import Abstract, Handler, Mark

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

Constant: TypeAlias = "Callable[[Interpreter, Mark], Abstract]"

# Modules of models, and the packages whose names each one has in HANDLERS (dotted name -> what a call does) or
# CONSTANTS (dotted name -> its value). One is imported when the evaluated code first uses such a package.
_MODELS: Final[Mapping[str, str]] = {
    "models.builtin_functions": "builtins pydantic pydantic_settings",
    "models.reflection": "builtins django importlib inspect",
    "models.kinds": "builtins",
    "models.process": "logging loguru structlog sys",
    "models.standard": "ast base64 builtins collections contextlib copy dataclasses datetime decimal distutils functools "
    "itertools locale logging math multiprocessing operator os platform setuptools shlex string sys textwrap types "
    "typing urllib warnings",
    "models.environment": "os",
    "models.paths": "glob os pathlib",
    "models.files": "builtins io json toml tomllib yaml",
    "models.ini": "configparser",
    "models.patterns": "re",
    "models.frameworks": "dj_email_url django dynaconf environ split_settings",
    "bridges.environ": "environ",
    "bridges.environ_path": "environ",
    "bridges.environ_url": "environ",
    "bridges.environs": "environs",
    "bridges.urls": "dj_database_url",
    "bridges.decouple": "decouple",
    "bridges.dotenv": "dotenv",
    "models.configurations": "configurations",
}

# Other names of the same things.
_ALIASES: Final = {
    "posixpath": "os.path",
    "ntpath": "os.path",
    "environ.environ": "environ",
    "environ.Env.ImproperlyConfigured": "environ.ImproperlyConfigured",
    "yaml.load": "yaml.safe_load",
    "yaml.full_load": "yaml.safe_load",
    "yaml.unsafe_load": "yaml.safe_load",
    "ruamel.yaml.safe_load": "yaml.safe_load",
    "simplejson": "json",
    "ujson": "json",
    "tomli": "tomllib",
    "six.moves.configparser": "configparser",
    "six.moves.urllib.parse": "urllib.parse",
    "pathlib.PosixPath": "pathlib.Path",
    "pathlib.PurePath": "pathlib.Path",
    "pathlib.PurePosixPath": "pathlib.Path",
    "dotenv.main": "dotenv",
    "split_settings": "split_settings.tools",
    "split_settings.tools.tools": "split_settings.tools",
    "typing_extensions.TypedDict": "typing.TypedDict",
    "distutils.util.strtobool": "setuptools.distutils.util.strtobool",
    "builtins.open": "io.open",
    "codecs.open": "io.open",
    "psutil.cpu_count": "os.cpu_count",
    "multiprocessing.cpu_count": "os.cpu_count",
    "os.process_cpu_count": "os.cpu_count",
    "os.getenvb": "os.getenv",
    "decouple.AutoConfig.__call__": "decouple.config",
    "envparse.Env": "envparse.Env",
}


@cache
def _tables(package: str) -> tuple[Mapping[str, Handler], Mapping[str, Constant]]:
    """The handlers and constants of a package. Loaded when its first name is met: the models need this module."""
    handlers: dict[str, Handler] = {}
    constants: dict[str, Constant] = {}
    for name, packages in _MODELS.items():
        if package in packages.split():
            module = import_module(f"connlint.python.{name}")
            handlers.update(module.HANDLERS)
            constants.update(module.CONSTANTS)
    return handlers, constants


def canonical(name: str) -> str:
    """The dotted name under which a thing is modelled."""
    if name in _ALIASES:
        return _ALIASES[name]
    head, _, last = name.rpartition(".")
    return f"{_ALIASES[head]}.{last}" if head in _ALIASES else name


def constant(run: Interpreter, name: str, mark: Mark) -> Abstract | None:
    """The value of an external name; None when it has no model, or is only known as something to call."""
    make = _tables(name.partition(".")[0])[1].get(name)
    return make(run, mark) if make is not None else None


def handler_of(name: str) -> Handler | None:
    """What a call of an external name does; None when it has no model."""
    return _tables(name.partition(".")[0])[0].get(name)


def is_outside(name: str) -> bool:
    """Whether a name is of neither Python nor its standard library."""
    return name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith("builtins.")


def is_harmless(name: str) -> bool:
    """Whether a library is known to leave the containers it is handed as they are."""
    return name.partition(".")[0] in _HARMLESS


_HARMLESS: Final = frozenset(
    [
        "django",
        "rest_framework",
        "celery",
        "kombu",
        "redis",
        "sentry_sdk",
        "raven",
        "structlog",
        "loguru",
        "environ",
        "environs",
        "decouple",
        "dj_database_url",
        "pydantic",
        "yaml",
        "dotenv",
        "corsheaders",
        "csp",
        "ldap",
        "django_auth_ldap",
        "debug_toolbar",
        "urllib3",
        "requests",
        "colorlog",
        "logbook",
        "rich",
        "typing_extensions",
        "attr",
        "attrs",
        "newrelic",
        "ddtrace",
        "statsd",
        "datadog",
        "opentelemetry",
    ]
)
