"""What reading a command line needs to know besides its words."""

from __future__ import annotations

from collections.abc import Mapping

from connlint.deployment.commands.container import Container
from connlint.facts import Version
from connlint.formats.words import Invocation, Word
from connlint.records import dataclass
from connlint.value import Value


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """The surroundings of one program: its invocation, the files it sees, the machine, the versions installed."""

    invocation: Invocation
    container: Container
    cpus: Value
    versions: Mapping[str, Value]

    @property
    def arguments(self) -> tuple[Word, ...]:
        """The words after the program's name."""
        return self.invocation.words[1:]

    @property
    def environment(self) -> Mapping[str, Value]:
        return self.invocation.environment

    @property
    def directory(self) -> str:
        return self.invocation.directory

    def version(self, name: str) -> Version | None:
        """The installed version of a product; None when it is not known exactly."""
        value = self.versions.get(name)
        return Version.parse(str(value.only)) if value is not None and value.is_exact else None
