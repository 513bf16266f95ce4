"""Commands and scripts made to be hard to follow: always an answer, soon, and never an exception."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from launching import launched

from connlint.deployment.commands.arguments import read_arguments
from connlint.facts.command_line import command_line, tables, wrappers
from connlint.formats.splitting import Unbalanced, split
from connlint.formats.words import Text, Word
from connlint.source import Source
from connlint.value import Value

PIECES = [
    "gunicorn", "uwsgi", "celery", "-A", "shop", "worker", "-c", "4", "-w", "--workers", "=", "--", "-", "sh", "-c",
    "exec", "env", "A=1", "sudo", "-u", "su", "python", "-m", "manage.py", "runserver", "supervisord", "honcho", "start",
    "multi", "uv", "run", "timeout", "x.ini", "--ini", "./loop.sh", "$X", "'a b'", "&&", "|", "&", "tini", "--threads=",
    "-k", "gevent", "--emperor", "v", "--config", "conf.py", "dramatiq", "granian", "--interface", "wsgi", "\\", '"',
]  # fmt: skip
FILES = {
    "loop.sh": "#!/bin/sh\n./loop.sh &\n. ./loop.sh\nexec ./loop.sh $@\n",
    "x.ini": "[uwsgi]\nini = x.ini\nattach-daemon = uwsgi --ini x.ini\nprocesses = $(X)\n",
    "v/x.ini": "[uwsgi]\nemperor = v\n",
    "conf.py": "workers = workers\n",
    "Procfile": "a: honcho start\nb: honcho start -f Procfile\n",
    "supervisord.conf": "[program:a]\ncommand=supervisord\n[program:b]\ncommand=supervisord -c supervisord.conf\n",
    "manage.py": "execute_from_command_line()",
}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=10), st.booleans())
def test_any_command_is_followed_to_an_end(pieces: list[str], script: bool) -> None:
    text = " ".join(pieces)
    try:
        split(Text.of(Source("x", text).span(0, len(text))))
    except Unbalanced:
        script = True
    found = launched(text, FILES, {"X": "3"}, script=script)
    for launch in found.found:
        assert launch.span.start <= launch.span.end
        assert launch.started.processes.is_unknown or launch.started.processes.bounds() is not None


words = st.one_of(
    st.text(alphabet="-=abcwt4 '$", max_size=8).map(lambda t: Word.of(Text.placed(t, Source("x", t).span(0, len(t))))),
    st.just(Word((Value.unknown("nobody says"),), Source("x", "$X").span(0, 2), loose=True)),
    st.just(Word((Value.choice(["a", "-w"]),), Source("x", "$X").span(0, 2))),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(words, max_size=8), st.sampled_from(tables()), st.booleans())
def test_any_words_are_arguments(given_words: list[Word], name: str, interspersed: bool) -> None:
    found = read_arguments(given_words, command_line(name), interspersed=interspersed)
    for said in found.said:
        assert (found.text(said.option.name) is None) or said.option.takes
        assert said.spelling in said.option.spellings


@pytest.mark.parametrize(
    "text",
    [
        "./loop.sh", "supervisord", "honcho start", "uwsgi --ini x.ini", "uwsgi --emperor v", "env " * 500 + "gunicorn a",
        "sh -c " * 200 + "gunicorn", "gunicorn a " + "-w 4 " * 5000, "celery multi start 99999999 -A a",
        "celery multi start " + "n " * 3000 + "-c:n 3", "gunicorn -w " + "9" * 5000,
    ],
    ids=lambda text: str(text)[:30],
)  # fmt: skip
def test_in_bounded_time(text: str) -> None:
    start = time.process_time()
    launched(text, FILES)
    assert time.process_time() - start < 3


def test_every_wrapper_is_called_by_some_name_and_every_table_is_sound() -> None:
    assert all(name and found for name, found in wrappers().items())
    for name in tables():
        line = command_line(name)
        assert line.options
        assert line.source
        assert line.style in ("argparse", "optparse", "getopt", "click")
        assert all(spelling.startswith("-") for spelling in line.options)
