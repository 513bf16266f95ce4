"""Python's own command line: which module or file it runs, with which words behind."""

from __future__ import annotations

from connlint.formats.words import Word
from connlint.records import dataclass


@dataclass(frozen=True, slots=True)
class PythonRun:
    """`kind`: `module`, `file` or `code`; `what` is its name, or the code; `rest` the words behind it."""

    kind: str
    what: Word
    rest: tuple[Word, ...]


def python_run(words: tuple[Word, ...]) -> PythonRun | None:
    """What `python` with these words behind it runs; None for an interactive one, or one that only answers.

    https://docs.python.org/3/using/cmdline.html: -m and -c end the options, -W and -X take a value.
    """
    index = 0
    while index < len(words):
        word = words[index]
        text = word.known
        if not text.startswith("-"):
            return PythonRun("file", word, words[index + 1 :])
        index += 1
        if text == "-":
            return None
        if text.startswith("--"):
            index += 1 if text == "--check-hash-based-pycs" else 0
            continue
        for position, letter in enumerate(text[1:], 1):
            if letter in "mcWX":
                attached = word.without(position + 1) if len(text) > position + 1 or word.exact is None else None
                value = attached or (words[index] if index < len(words) else None)
                index += 1 if attached is None else 0
                if letter in "mc":
                    kind = "module" if letter == "m" else "code"
                    return PythonRun(kind, value, words[index:]) if value is not None else None
                break
    return None
