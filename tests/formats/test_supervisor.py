"""supervisord configurations as supervisor reads them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.formats.services import Role, Service, Stack
from connlint.formats.supervisor.reader import read_supervisor
from connlint.project.tree import Tree
from connlint.value import Certainty, Origin, Value

from .starting import environment, named, only, problems, words


def read(files: dict[str, str], **variables: str) -> tuple[Stack, ...]:
    declared = {name: Value.exact(value, Origin.declared(None)) for name, value in variables.items()}
    return read_supervisor(
        Tree(None, files), sorted(path for path in files if path.endswith((".conf", ".ini"))), declared
    )


def program(text: str, **variables: str) -> Service:
    """The program `app` of a main file with these lines."""
    return named(only(read({"supervisord.conf": f"[supervisord]\n[program:app]\n{text}\n"}, **variables)), "app")


def test_programs_with_their_words_environment_and_numbers() -> None:
    text = (
        "[supervisord]\nnodaemon=true\nenvironment=DJANGO_SETTINGS_MODULE=shop.settings\n\n"
        "[program:web]  ; the site\ncommand=gunicorn shop.wsgi -w 4 ; four of them\n  --bind 0.0.0.0:8000\n"
        "directory=/srv/shop\nenvironment=DB_AGE=\"60\",NAME='a, b'\n\n"
        "[program:worker]\ncommand=celery -A shop worker -c 2 -n w%(process_num)02d@%%h\nnumprocs=3\n"
        "process_name=%(program_name)s_%(process_num)02d\n"
    )
    stack = only(read({"conf/supervisord.conf": text}))
    web, worker = named(stack, "web"), named(stack, "worker")
    assert (stack.name, stack.kind, stack.folder) == ("conf/supervisord.conf", "supervisor", "conf")
    assert words(web.command) == ["gunicorn", "shop.wsgi", "-w", "4", "--bind", "0.0.0.0:8000"]
    assert web.command is not None
    assert [(w.span.line, w.span.text) for w in web.command.words[3:5]] == [(6, "4"), (7, "--bind")]
    assert environment(web) == {"DJANGO_SETTINGS_MODULE": "shop.settings", "DB_AGE": "60", "NAME": "a, b"}
    span = web.environment["DB_AGE"].span
    assert span is not None
    assert (span.line, span.text) == (9, "60")
    assert (web.directory, web.replicas.only, worker.replicas.only) == ("/srv/shop", 1, 3)
    assert worker.replicas.place == "conf/supervisord.conf:13"
    assert worker.command is not None
    assert worker.command.words[-1].value.alternatives == ("w00@%h", "w01@%h", "w02@%h")
    assert problems(stack) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("gunicorn -w 4 #no", ["gunicorn", "-w", "4"]),
        ("run a#b a;b", ["run", "a#b", "a;b"]),
        ('bash -c "a b" \'c "d"\'', ["bash", "-c", "a b", 'c "d"']),
        (
            "run %(program_name)s %(group_name)s %(numprocs)d [%(process_num)03d] 100%%",
            ["run", "app", "app", "1", "[000]", "100%"],
        ),
        ("run > /dev/null && x $HOME", ["run", ">", "/dev/null", "&&", "x", "$HOME"]),
    ],
)
def test_a_command_is_split_and_put_together_without_a_shell(line: str, expected: list[str]) -> None:
    assert words(program(f"command={line}").command) == expected


def test_environment_variables_come_from_what_is_known_of_the_surroundings() -> None:
    line = "command=gunicorn -w %(ENV_WORKERS)s --age=%(ENV_AGE)s %(ENV_OPTIONS)s"
    found = program(line, WORKERS="3")
    assert words(found.command) == ["gunicorn", "-w", "3", None, None]
    assert found.command is not None
    assert [word.loose for word in found.command.words] == [False, False, False, False, True]
    assert found.command.words[3].known == "--age="
    assert found.command.words[2].value.certainty is Certainty.DECLARED
    reason = "AGE is set in no file that was read; supervisord has it from its environment"
    assert found.command.words[3].value.reason == reason
    assert words(program(line, WORKERS="1", AGE="2", OPTIONS="-t '5 6'").command)[3:] == ["--age=2", "-t", "5 6"]


def test_a_programs_own_environment_can_stand_in_its_command() -> None:
    found = program('environment=N="5"\ncommand=gunicorn -w %(ENV_N)s')
    assert words(found.command) == ["gunicorn", "-w", "5"]
    assert found.command is not None
    assert list(dict.fromkeys(origin.place for origin in found.command.words[2].value.origins)) == [
        "supervisord.conf:3",
        "supervisord.conf:4",
    ]


@pytest.mark.parametrize(
    ("lines", "role"),
    [
        ("", Role.SERVICE),
        ("autostart=false\n", Role.ONCE),
        ("autorestart=false\nstartsecs=0\n", Role.RELEASE),
        ("autorestart=false\n", Role.SERVICE),
    ],
)
def test_how_long_a_program_runs(lines: str, role: Role) -> None:
    assert program(f"command=x\n{lines}").role is role


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("numprocs=2\ncommand=x\n", ("bad-value", True, "supervisord.conf:3", "2")),
        ("numprocs=two\ncommand=x\n", ("bad-value", True, "supervisord.conf:3", "two")),
        ("command=x %(nothing)s\n", ("bad-value", True, "supervisord.conf:3", "x %(nothing)s")),
        ("command=x 50%\n", ("bad-value", True, "supervisord.conf:3", "x 50%")),
        ("command=x 'y\n", ("bad-value", True, "supervisord.conf:3", "x 'y")),
        ("command=x\nenvironment=A=1,B\n", ("bad-value", True, "supervisord.conf:4", "A=1,B")),
        ("autostart=true\n", ("syntax", True, "supervisord.conf:2", "[program:app]")),
        ("command=x\nno option\n", ("syntax", True, "supervisord.conf:4", "no option")),
    ],
)
def test_what_supervisord_refuses(lines: str, problem: tuple[str, bool, str, str]) -> None:
    stack = only(read({"supervisord.conf": f"[supervisord]\n[program:app]\n{lines}"}))
    assert problems(stack) == [problem]


def test_included_files_belong_to_the_one_that_includes_them() -> None:
    files = {
        "etc/supervisord.conf": "[supervisord]\n[include]\nfiles = conf.d/*.conf %(here)s/more/b.ini /etc/other/*.conf\n",
        "etc/conf.d/web.conf": "[program:web]\ncommand=a\n",
        "etc/conf.d/worker.conf": "[program:worker]\ncommand=b\n",
        "etc/more/b.ini": "[program:beat]\ncommand=c\n",
        "other/x.conf": "[program:x]\ncommand=d\n",
        "other/y.conf": "[program:y]\ncommand=e\n",
        "parked/disabled/z.conf": "[program:z]\ncommand=f\n",
    }
    stacks = read(files)
    assert [(stack.name, [(s.name, s.span.path) for s in stack.services]) for stack in stacks] == [
        (
            "etc/supervisord.conf",
            [("web", "etc/conf.d/web.conf"), ("worker", "etc/conf.d/worker.conf"), ("beat", "etc/more/b.ini")],
        ),
        ("other", [("x", "other/x.conf"), ("y", "other/y.conf")]),
        ("parked/disabled/z.conf", [("z", "parked/disabled/z.conf")]),
    ]
    assert problems(stacks[0]) == [("outside-project", False, "etc/supervisord.conf:3", "/etc/other/*.conf")]
    assert stacks[2].services[0].role is Role.ONCE


def test_in_a_container_absolute_includes_are_those_of_the_project() -> None:
    files = {
        "docker/main.conf": "[include]\nfiles = /etc/supervisor/conf.d/*.conf /gone/*.conf\n[program:a]\ncommand=%(here)s/a\n",
        "docker/conf.d/web.conf": "[program:web]\ncommand=gunicorn\n",
    }
    places = {"/etc/supervisor/conf.d": "docker/conf.d"}
    stack = only(
        read_supervisor(Tree(None, files), ["docker/main.conf"], {}, locate=places.get, here="/etc/supervisor")
    )
    assert [words(service.command) for service in stack.services] == [["/etc/supervisor/a"], ["gunicorn"]]
    assert [place for _, _, place, _ in problems(stack)] == ["docker/main.conf:2"]


def test_what_a_template_puts_in_is_unknown_and_no_mistake() -> None:
    text = "[program: {{ name }}]\ncommand=gunicorn -w {{ workers }} x\nenvironment={{ environment }}\n"
    stack = only(read({"app.conf": text}))
    assert words(stack.services[0].command) == ["gunicorn", "-w", None, "x"]
    assert problems(stack) == []


def test_indented_options_are_options_and_lines_indented_further_go_on() -> None:
    found = program("  command = a\n    b\n\n    c\n  directory = /x\n")
    assert (words(found.command), found.directory) == (["a", "b", "c"], "/x")


def test_what_supervisord_sets_comes_before_what_it_was_given() -> None:
    text = "[supervisord]\nenvironment=N=2\n[program:app]\ncommand=a %(ENV_N)s %(ENV_M)s\n"
    stack = only(read({"supervisord.conf": text}, N="1", M="1"))
    assert words(stack.services[0].command) == ["a", "2", "1"]


def test_groups_listeners_and_fastcgi_programs() -> None:
    text = (
        "[supervisord]\n[group:shop]\nprograms=web\n[program:web]\ncommand=a %(group_name)s\n"
        "[eventlistener:mail]\ncommand=b\nevents=TICK_5\n[fcgi-program:old]\nsocket=tcp://localhost:9\ncommand=c\n"
    )
    stack = only(read({"supervisord.conf": text}))
    assert [(s.name, words(s.command)) for s in stack.services] == [
        ("web", ["a", "shop"]),
        ("mail", ["b"]),
        ("old", ["c"]),
    ]


SOURCES = st.lists(
    st.one_of(
        st.sampled_from(["[program:a]", "[supervisord]", "[include]", "files=*.conf", "numprocs=2", "[group:g]"]),
        st.builds(
            lambda key, value: key + value,
            st.sampled_from(
                ["command=", "environment=", "numprocs=", "directory=", "  ", "process_name=%(process_num)"]
            ),
            st.text(st.sampled_from("aA1= \\\"'$%(){};#,:sd\tä"), max_size=20),
        ),
        st.text(max_size=10),
    ),
    max_size=10,
)


@settings(max_examples=300)
@given(SOURCES)
def test_nothing_makes_it_raise(lines: list[str]) -> None:
    for stack in read({"a.conf": "\n".join(lines), "b.conf": "[program:b]\n" + "\n".join(lines)}):
        for found in stack.services:
            assert found.command is not None
            for word in found.command.words:
                assert word.value is not None


def test_long_files_are_read_in_time() -> None:
    text = "[program:a]\ncommand=x\n" + " y\n" * 50_000 + "environment=A=" + "%(ENV_A)s" * 20_000
    assert len(only(read({"a.conf": text})).documents) == 1


def test_many_files_that_include_each_other_are_read_in_time() -> None:
    files = {f"{n}.conf": "[include]\nfiles = *.conf\n" + f"[program:p{n}]\ncommand=a\n" * 800 for n in range(120)}
    start = time.process_time()
    read(files)
    assert time.process_time() - start < 10


def test_what_is_put_into_a_command_is_bounded() -> None:
    stack = only(read({"a.conf": f"[program:a]\nenvironment=A={'x' * 90_000}\ncommand=y {'%(ENV_A)s' * 900}\n"}))
    assert [(code, fatal) for code, fatal, _, _ in problems(stack)] == [("bad-value", True)]


def test_the_real_supervisor_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = pytest.importorskip("supervisor.options", reason="supervisor is not installed")
    text = (
        '[supervisord]\nenvironment=SHARED="x y",TWO=2 ; comment\n'
        "[program:web]\ncommand=gunicorn -w %(ENV_N)s 'a b' \\\"q\\\" %(ENV_TWO)s ;no\n   --more %(program_name)s # no\n"
        "environment=A=\"1,2\",B=%(ENV_N)s,PATH=/a:/b,C='x'\nDIRECTORY : /tmp\n"
        "[program:worker]\nprocess_name=w%(process_num)02d\nnumprocs=2\nnumprocs_start=3\ncommand=celery -n %(process_num)d\n"
        "[program:web]\nautostart=off\n[group:all]\nprograms=worker\n"
    )
    (tmp_path / "supervisord.conf").write_text(text, encoding="utf-8")
    monkeypatch.setenv("N", "7")
    real = options.ServerOptions()
    real.configfile = str(tmp_path / "supervisord.conf")
    real.here = str(tmp_path)
    real.environ_expansions = {f"ENV_{key}": value for key, value in os.environ.items()}
    real.read_config(real.configfile)
    groups = {
        config.name: config
        for group in real.configroot.supervisord.process_group_configs
        for config in group.process_configs
    }
    stack = only(read_supervisor(Tree(tmp_path), ["supervisord.conf"], {"N": Value.exact("7")}))
    web, worker = named(stack, "web"), named(stack, "worker")
    import shlex

    assert words(web.command) == shlex.split(groups["web"].command)
    shared = real.configroot.supervisord.environment
    assert environment(web) == {**shared, **groups["web"].environment}
    assert (web.directory, web.role is Role.ONCE) == (groups["web"].directory, not groups["web"].autostart)
    assert worker.replicas.only == len([name for name in groups if name.startswith("w0")])
    assert worker.command is not None
    numbers = [shlex.split(groups[name].command)[-1] for name in ("w03", "w04")]
    assert list(worker.command.words[-1].value.alternatives) == numbers
