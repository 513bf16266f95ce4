"""pydantic settings: a field is its default while its variable is unset; what a set one becomes is not followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connlint.python.language.classes import find_in_class
from connlint.python.language.decorators import fields_of
from connlint.python.language.domain import Abstract, Arguments, Class, Dict, Instance, Known, Mark, Unknown
from connlint.python.language.pedigree import assumed
from connlint.python.models.environment import unset_note, variables

if TYPE_CHECKING:
    from connlint.python.language.interpreter import Interpreter


def fill(run: Interpreter, made: Instance, arguments: Arguments, mark: Mark) -> Abstract:
    """The fields of a BaseSettings instance: arguments, else unknown where a variable is set, else defaults."""
    prefix, certain = _prefix(made.of)
    held = {str(name).lower() for name in variables(run).known_keys()}
    for name in fields_of(made.of):
        given = arguments.named.get(name)
        default = find_in_class(made.of, name)
        variable = f"{prefix}{name}".lower()
        if given is not None:
            made.cells[name] = given
        elif not certain or arguments.open or arguments.positional:
            made.cells[name] = Unknown(f"where pydantic reads {name} from is not known", (mark,))
        elif any(other == variable or other.startswith(f"{variable}__") for other in held):
            made.cells[name] = Unknown(f"pydantic takes {name} from the environment", (mark,))
        elif default is None or not isinstance(default, (Known, Dict)):
            made.cells[name] = Unknown(f"{name} has no plain default", (mark,))
        else:
            made.cells[name] = assumed(default, unset_note(variable.upper()))
    return made


def _prefix(cls: Class) -> tuple[str, bool]:
    """The prefix of the variables, and whether they are all that fields are read from."""
    config = find_in_class(cls, "model_config")
    inner = find_in_class(cls, "Config")
    cells = config.cells if isinstance(config, Dict) else inner.cells if isinstance(inner, Class) else {}
    if config is not None and not isinstance(config, (Dict, Unknown)):
        return "", False
    if isinstance(config, Unknown) and config.reason.startswith("model_config may come"):
        config = None
    if isinstance(config, Unknown):
        return "", False
    plain = all(str(key) in ("env_prefix", "extra", "case_sensitive", "__module__", "__qualname__") for key in cells)
    prefix = cells.get("env_prefix", Known(""))
    known = isinstance(prefix, Known) and isinstance(prefix.value, str)
    return (str(prefix.value) if isinstance(prefix, Known) else ""), plain and known
