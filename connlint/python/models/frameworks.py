"""Models of what settings take from Django and from frameworks for splitting them: lazy texts, include()."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from connlint.python.bridges.shared import text_of
from connlint.python.language.domain import Abstract, Arguments, Dict, Handler, Known, Mark, Special, Unknown
from connlint.python.language.loader import run_module
from connlint.python.language.mappings import blur, read
from connlint.python.language.plain import names_of
from connlint.python.models.environment import variables
from connlint.python.models.paths import glob, locate
from connlint.python.models.standard import SAME
from connlint.python.modules import ModuleNotFound, ModuleUnparsable

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter

_MOST_INCLUDES: Final = 12


class Optional(Special):
    """`split_settings.tools.optional(path)`."""

    __slots__ = ("pattern",)

    def __init__(self, serial: int, pattern: Abstract, mark: Mark) -> None:
        super().__init__(serial, (mark,))
        self.pattern = pattern


def _optional(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    given = arguments.get(0, "filename")
    return Optional(run.store.number(), given if given is not None else Known(""), mark)


def _include(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """`include(*patterns, scope=...)`: run the files that match, in the namespace of the settings."""
    scope = arguments.named.get("scope")
    names = scope if isinstance(scope, Dict) else run.frames[-1].module
    for given in arguments.positional:
        optional = isinstance(given, Optional)
        pattern = given.pattern if isinstance(given, Optional) else given
        text = text_of(pattern) if isinstance(pattern, Known) else None
        if isinstance(pattern, Known) and text is None and pattern.value is not None:
            text = str(pattern.value)
        if text is None:
            unknown = run.unknown_of([pattern], "which file is included is not known", mark)
            if not (optional and isinstance(pattern, Known)):
                run.note(mark, unknown.reason)
                names.fallback = unknown
            continue
        _include_one(run, names, text, mark, optional=optional)
    return Known(None, (mark,))


def _include_one(run: Interpreter, names: Dict, pattern: str, mark: Mark, *, optional: bool) -> None:
    held = read(run, names, "__included_file__")
    file = text_of(held) or text_of(read(run, names, "__file__")) or ""
    found = glob(run, posixpath.join(posixpath.dirname(file), pattern))
    if not found and not optional and "__init__" not in pattern:
        run.fail(names_of(OSError), "there is no file to include", mark)
    if sum(frame.module is names for frame in run.frames) > _MOST_INCLUDES:
        run.note(mark, "files include each other too deeply")
        return
    for path in found:
        located = locate(run, path)
        if located is None or path == file:
            continue
        _run_file(run, names, path, located, mark)
    if held is not names.cells.get("__included_file__"):
        run.store.write(names, "__included_file__", held)


def _run_file(run: Interpreter, names: Dict, path: str, located: str, mark: Mark) -> None:
    current = run.frames[-1].unit
    try:
        unit = run.finder.parse(located, current.name, is_package=current.package == current.name)
    except (ModuleNotFound, ModuleUnparsable) as error:
        run.note(mark, f"{located} cannot be read: {error}")
        names.fallback = Unknown(f"{located} cannot be read", (mark,))
        return
    run.store.write(names, "__included_file__", Known(path, (mark,)))
    run.note_unit(unit)
    run_module(run, unit, names)


def _dynaconf(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """DjangoDynaconf(__name__): variables and files of its own may replace every setting of the module."""
    unknown = Unknown("dynaconf may replace it", (mark,))
    names = run.frames[-1].module
    folder = run.frames[-1].unit.path.rpartition("/")[0]
    tree = run.finder.tree
    files = [
        posixpath.join(place, f"{stem}.{ending}")
        for place in ("", folder, posixpath.dirname(folder))
        for stem in ("settings", ".secrets")
        for ending in ("toml", "yaml", "yml", "json", "ini")
    ]
    prefixed = any(str(name).startswith("DJANGO_") for name in variables(run).known_keys() if name not in _OWN)
    if arguments.named or prefixed or any(tree.names_file(path) for path in files):
        blur(run, names, unknown)
    return unknown


_OWN: Final = frozenset({"DJANGO_SETTINGS_MODULE", "DJANGO_CONFIGURATION"})

# What django-environ and dj-email-url make of the URL of a mail server; none of it concerns databases.
_MAIL: Final = (
    "EMAIL_BACKEND", "EMAIL_FILE_PATH", "EMAIL_HOST", "EMAIL_HOST_PASSWORD", "EMAIL_HOST_USER", "EMAIL_PORT",
    "EMAIL_TIMEOUT", "EMAIL_USE_LOCALTIME", "EMAIL_USE_SSL", "EMAIL_USE_TLS", "EMAIL_SSL_CERTFILE",
    "EMAIL_SSL_KEYFILE", "EMAIL_SUBJECT_PREFIX", "DEFAULT_FROM_EMAIL", "SERVER_EMAIL",
)  # fmt: skip


def mail_settings(run: Interpreter, arguments: Arguments, mark: Mark) -> Abstract:
    """A dictionary of mail settings: its keys are known, its values are not."""
    unknown = Unknown("the URL of a mail server is not followed", (mark,))
    return run.make_dict(dict.fromkeys(_MAIL, unknown), (mark,))


HANDLERS: Final[Mapping[str, Handler]] = {
    "dynaconf.DjangoDynaconf": _dynaconf,
    "dj_email_url.parse": mail_settings,
    "dj_email_url.config": mail_settings,
    "environ.Env.email_url_config": mail_settings,
    "split_settings.tools.include": _include,
    "split_settings.tools.optional": _optional,
    **dict.fromkeys(
        (
            "django.utils.translation.gettext_lazy", "django.utils.translation.gettext",
            "django.utils.translation.ugettext_lazy", "django.utils.translation.ugettext",
            "django.utils.translation.gettext_noop", "django.utils.safestring.mark_safe", "django.utils.encoding.force_str",
        ),
        SAME,
    ),
}  # fmt: skip
CONSTANTS: Final[Mapping[str, Callable[[Interpreter, Mark], Abstract]]] = {}
