"""systemd units as systemd reads them."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.formats.services import Role, Service, Stack
from connlint.formats.systemd.environment import parse_environment_file
from connlint.formats.systemd.reader import read_systemd
from connlint.formats.words import Text
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Certainty

from .starting import environment, named, only, problems, words

SYSTEMD = Path("/lib/systemd/systemd")


def read(files: dict[str, str]) -> tuple[Stack, ...]:
    kinds = (".service", ".timer", ".target")
    return read_systemd(Tree(None, files), sorted(path for path in files if path.endswith(kinds)), {})


def service(text: str, **others: str) -> Service:
    """The service of one unit `app.service` with these lines below [Service]."""
    return named(only(read({"app.service": f"[Service]\n{text}\n", **others})), "app")


def test_a_unit_starts_its_words_in_its_folder_with_its_environment() -> None:
    stack = only(
        read(
            {
                "deploy/shop.service": "[Unit]\nDescription=Shop\n\n[Service]\n# one process for each CPU\n"
                "WorkingDirectory=/srv/shop\nEnvironment=DJANGO_SETTINGS_MODULE=shop.settings DB_AGE=60\nCPUQuota=150%\n"
                "ExecStart=/srv/shop/venv/bin/gunicorn shop.wsgi --workers 3 \\\n"
                "    --bind unix:/run/shop.sock\n\n[Install]\nWantedBy=multi-user.target\n"
            }
        )
    )
    shop = named(stack, "shop")
    assert (stack.name, stack.kind, stack.folder, stack.development) == (
        "deploy/shop.service",
        "systemd",
        "deploy",
        False,
    )
    assert words(shop.command) == [
        "/srv/shop/venv/bin/gunicorn",
        "shop.wsgi",
        "--workers",
        "3",
        "--bind",
        "unix:/run/shop.sock",
    ]
    assert shop.command is not None
    assert [(w.span.line, w.span.text) for w in shop.command.words[3:]] == [
        (9, "3"),
        (10, "--bind"),
        (10, "unix:/run/shop.sock"),
    ]
    assert environment(shop) == {"DJANGO_SETTINGS_MODULE": "shop.settings", "DB_AGE": "60"}
    span = shop.environment["DB_AGE"].span
    assert span is not None
    assert (span.line, span.text) == (7, "60")
    assert (shop.directory, shop.role, shop.replicas.only, shop.extra["cpus"].only) == (
        "/srv/shop",
        Role.SERVICE,
        1,
        1.5,
    )
    assert shop.surge is not None
    assert shop.surge.only == 0
    assert problems(stack) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/bin/a  x\ty", ["/bin/a", "x", "y"]),
        ('/bin/a "x y" \'z "w"\'', ["/bin/a", "x y", 'z "w"']),
        ('/bin/a it"s in"side', ["/bin/a", "its inside"]),
        (r"/bin/a tail\x20end \s \101", ["/bin/a", "tail end", " ", "A"]),
        (r"/bin/a un\known", ["/bin/a", r"un\known"]),
        ("-/bin/a x", ["/bin/a", "x"]),
        ("+!-/bin/a x", ["/bin/a", "x"]),
        ("@/bin/a zeroth x", ["/bin/a", "x"]),
        ("/bin/a %% %n %N %p [%i] %h", ["/bin/a", "%", "app.service", "app", "app", "[]", "/root"]),
        ("/bin/a %m %k", ["/bin/a", None, "%k"]),
        (r"/bin/a \; x", ["/bin/a", ";", "x"]),
        ("/bin/a a;b", ["/bin/a", "a;b"]),
        ("/bin/a $$X $ a$X ${ $$", ["/bin/a", "$X", "a$X", "${", "$"]),
        (":/bin/a ${X} $X", ["/bin/a", "${X}", "$X"]),
        ("/bin/a > /dev/null", ["/bin/a", ">", "/dev/null"]),
    ],
)
def test_a_command_line_is_split_by_systemd_and_no_shell(line: str, expected: list[str | None]) -> None:
    assert words(service(f"ExecStart={line}").command) == expected


def test_a_lone_variable_becomes_its_words_and_one_in_braces_stays_one() -> None:
    found = service(
        'Environment="ARGS=--workers 4 --name \'my shop\'" N=2\nExecStart=/bin/g $ARGS x${N}y "${ARGS}" $GONE'
    )
    assert words(found.command) == [
        "/bin/g",
        "--workers",
        "4",
        "--name",
        "my shop",
        "x2y",
        "--workers 4 --name 'my shop'",
    ]
    assert found.command is not None
    four = found.command.words[2]
    assert [origin.place for origin in four.value.origins][:1] == ["app.service:2"]
    assert four.span.text == "$ARGS"


def test_a_variable_that_an_unread_file_may_set_is_unknown_and_perhaps_no_word() -> None:
    found = service("Environment=A=1\nEnvironmentFile=-/etc/default/app\nExecStart=/bin/g $OPTIONS --age=${AGE} ${A}")
    assert words(found.command) == ["/bin/g", None, None, "1"]
    assert found.command is not None
    assert [word.loose for word in found.command.words] == [False, True, False, False]
    assert [reason for _, reason in found.elsewhere] == ["/etc/default/app"]
    assert found.environment["A"].certainty is Certainty.ASSUMED  # the file may say otherwise
    reason = "OPTIONS is set in no file that was read; /etc/default/app may set it"
    assert found.command.words[1].value.reason == reason


def test_lists_grow_until_an_empty_value_resets_them() -> None:
    drop_in = "[Service]\nEnvironment=\nEnvironment=B=2\nExecStart=\nExecStart=/bin/new\n"
    files = {
        "app.service": "[Service]\nEnvironment=A=1\nExecStart=/bin/old\n",
        "app.service.d/10-new.conf": drop_in,
        "app.service.d/20-more.conf": "[Service]\nEnvironment=C=3\n",
        "app.service.d/notes.txt": "not read",
    }
    stack = only(read(files))
    assert words(named(stack, "app").command) == ["/bin/new"]
    assert environment(named(stack, "app")) == {"B": "2", "C": "3"}
    assert [document.path for document in stack.documents] == sorted(files)[:3]


def test_drop_ins_of_all_folders_are_read_by_their_own_names_and_special_ones_take_the_place_of_general_ones() -> None:
    files = {
        "shop-web.service": "[Service]\nExecStart=/bin/a\n",
        "service.d/20-x.conf": "[Service]\nEnvironment=A=general B=general\n",
        "shop-.service.d/30-y.conf": "[Service]\nEnvironment=B=prefix C=prefix\n",
        "shop-web.service.d/10-z.conf": "[Service]\nEnvironment=A=own C=own\n",
        "shop-web.service.d/30-y.conf": "[Service]\nEnvironment=D=own\n",
    }
    found = named(only(read(files)), "shop-web")
    assert environment(found) == {"A": "general", "C": "own", "B": "general", "D": "own"}


def test_a_second_command_is_for_oneshots_only() -> None:
    stack = only(read({"app.service": "[Service]\nExecStart=/bin/a\nExecStart=/bin/b\n"}))
    assert stack.services == ()
    assert problems(stack) == [("duplicate-key", True, "app.service:3", "/bin/b")]
    stack = only(read({"app.service": "[Service]\nType=oneshot\nExecStart=/bin/a ; /bin/b\n"}))
    assert [(s.name, words(s.command), s.role) for s in stack.services] == [
        ("app", ["/bin/a"], Role.ONCE),
        ("app-2", ["/bin/b"], Role.ONCE),
    ]


def test_what_runs_before_is_run_on_each_start() -> None:
    stack = only(read({"app.service": "[Service]\nExecStartPre=/bin/migrate\nExecStart=/bin/serve\n"}))
    assert [(s.name, words(s.command), s.role) for s in stack.services] == [
        ("app", ["/bin/serve"], Role.SERVICE),
        ("app-pre", ["/bin/migrate"], Role.RELEASE),
    ]


def test_a_timer_starts_its_service_now_and_then() -> None:
    stack = only(
        read(
            {
                "clear.service": "[Service]\nType=oneshot\nExecStart=/bin/clear\n",
                "clear.timer": "[Timer]\nOnCalendar=daily\n",
                "mail.service": "[Service]\nExecStart=/bin/mail\n",
                "soon.timer": "[Timer]\nOnCalendar=hourly\nUnit=mail.service\n",
                "setup.service": "[Service]\nType=oneshot\nExecStart=/bin/setup\n[Install]\nWantedBy=multi-user.target\n",
            }
        )
    )
    assert {s.name: s.role for s in stack.services} == {
        "clear": Role.SCHEDULED,
        "mail": Role.SCHEDULED,
        "setup": Role.RELEASE,
    }


def test_a_template_runs_once_for_each_instance_that_is_named() -> None:
    files = {
        "worker@.service": "[Service]\nExecStart=/bin/worker --queue %i %I %p\n",
        "shop.target": "[Unit]\nWants=worker@mail.service worker@a-b.service other@x.service\n",
    }
    stack = only(read(files))
    assert [(s.name, words(s.command), s.replicas.only) for s in stack.services] == [
        ("worker@a-b", ["/bin/worker", "--queue", "a-b", "a/b", "worker"], 1),
        ("worker@mail", ["/bin/worker", "--queue", "mail", "mail", "worker"], 1),
    ]


def test_a_template_that_nobody_starts_has_an_unknown_number_of_instances() -> None:
    found = named(only(read({"worker@.service": "[Service]\nExecStart=/bin/worker %i\n"})), "worker@")
    assert words(found.command) == ["/bin/worker", None]
    assert found.replicas.reason == "no file names the instances of worker@.service that run"


def test_environment_files_are_read_where_the_repository_has_an_image_of_the_machine() -> None:
    files = {
        "root/etc/systemd/system/app.service": "[Service]\nEnvironment=A=1\nEnvironmentFile=/etc/default/app\n"
        "ExecStart=/bin/g -w ${WORKERS}\n",
        "root/etc/default/app": "# how many\nWORKERS=3\n",
    }
    found = named(only(read(files)), "app")
    assert words(found.command) == ["/bin/g", "-w", "3"]
    span = found.environment["WORKERS"].span
    assert span is not None
    assert (span.place, span.text) == ("root/etc/default/app:2", "3")


def test_the_dialect_of_environment_files() -> None:
    text = (
        'A=1\n ; comment\n# comment\nB = two words  \nC="x \\"y\\" \\n $Z" tail\nD=\'it\\\'s\'\nE=\\\nnext\nF=\n'
        "no assignment\n1BAD=x\nG='a\nb'\r\nH=last"
    )
    found = {name: value.text for name, value in parse_environment_file(Source("env", text))}
    assert found == {
        "A": "1",
        "B": "two words",
        "C": 'x "y" \\n $Ztail',
        "D": "it\\s'",
        "E": "next",
        "F": "",
        "G": "a\nb",
        "H": "last",
    }


def test_what_systemd_ignores_is_reported_without_its_text() -> None:
    stack = only(
        read(
            {
                "app.service": "Lost=1\n[Service]\nnonsense\nEnvironment=A=1 secret\nExecStart=/bin/a 'open\n[Broken\nX=1\n"
            }
        )
    )
    assert problems(stack) == [
        ("syntax", False, "app.service:1", "Lost=1"),
        ("syntax", False, "app.service:3", "nonsense"),
        ("syntax", True, "app.service:6", "[Broken"),
        ("syntax", False, "app.service:4", "secret"),
        ("syntax", False, "app.service:5", "/bin/a 'open"),
    ]
    assert not any("secret" in p.message for d in stack.documents for p in d.problems)


def test_what_a_template_puts_in_is_unknown() -> None:
    found = service(
        "Environment=N={{ n }} M=1\nExecStart={{ venv }}/bin/gunicorn -w {{ workers | int }} -b :{{ port }} ${N}"
    )
    assert environment(found) == {"N": "unknown", "M": "1"}
    assert words(found.command) == [None, "-w", None, "-b", None, None]
    assert found.command is not None
    assert found.command.words[2].value.reason == "a template puts it into this file"
    last = found.command.words[0].parts[-1]
    assert isinstance(last, Text)
    assert last.text == "/bin/gunicorn"
    assert found.command.words[4].known == ":"
    stack = only(read({"a.service": "[Service]\n{% if x %}\nEnvironment={{ all }}\n{% endif %}\nExecStart=/bin/a\n"}))
    assert problems(stack) == []


def test_a_developers_units_are_a_stack_of_their_own() -> None:
    stacks = read(
        {"u/app.service": "[Service]\nExecStart=/bin/a\n", "u/app-dev.service": "[Service]\nExecStart=/bin/b\n"}
    )
    assert sorted((stack.name, stack.development) for stack in stacks) == [
        ("u/app-dev.service", True),
        ("u/app.service", False),
    ]


LINES = st.lists(
    st.one_of(
        st.sampled_from(["ExecStart=", "Environment=", "[Service]", "EnvironmentFile=/etc/x", "ExecStartPre=/bin/x"]),
        st.builds(
            lambda key, value: key + value,
            st.sampled_from(
                ["ExecStart=/bin/a ", "Environment=", "PassEnvironment=", "CPUQuota=", "WorkingDirectory="]
            ),
            st.text(st.sampled_from("aA1= \\\"'$%{};x@-:\t\r#ä"), max_size=20),
        ),
        st.text(max_size=10),
    ),
    max_size=8,
)


@settings(max_examples=300)
@given(LINES)
def test_nothing_makes_it_raise(lines: list[str]) -> None:
    text = "[Service]\n" + "\n".join(lines)
    for stack in read({"x@.service": text, "app.service": text, "a.timer": text, "a.target": text}):
        for found in stack.services:
            assert found.command is not None
            for word in found.command.words:
                assert word.span.end <= len(text)
    list(parse_environment_file(Source("env", text)))


def test_long_files_are_read_in_time() -> None:
    text = "[Service]\n" + "Environment=A=1 \\\n" * 60_000 + "\r" + "ExecStart=/bin/a $A ${A}\n" * 5_000
    assert len(only(read({"app.service": text})).documents) == 1


def test_what_variables_and_instances_multiply_is_bounded() -> None:
    found = service("Environment=A=" + "x" * 30_000 + " B=y\nExecStart=/bin/a ${A} " + "${B}" * 1_000 + " ${B}\n")
    assert words(found.command) == ["/bin/a", None, None, "y"]
    files = {f"w@.service.d/{n}.conf": "[Service]\n" + "Environment=A=1\n" * 3_000 for n in range(50)}
    files["w@.service"] = "[Service]\nType=oneshot\n" + "ExecStart=/bin/a %i\n" * 3_000
    files["all.target"] = "[Unit]\nWants=" + " ".join(f"w@{n}.service" for n in range(3_000))
    start = time.process_time()
    stack = only(read(files))
    assert time.process_time() - start < 10
    assert ("too-large", False, "w@.service.d/0.conf:1", "") in problems(stack)
    assert {service.replicas.only for service in stack.services} <= {3_000}


def test_instances_that_are_too_many_to_be_told_apart_are_counted() -> None:
    files = {
        "w@.service": "[Service]\nExecStart=/bin/a %i\n",
        "all.target": "[Unit]\nWants=" + " ".join(f"w@{n}.service" for n in range(40)),
    }
    (found,) = only(read(files)).services
    assert (found.name, found.replicas.only, words(found.command)) == ("w@", 40, ["/bin/a", None])


def _dumped(text: str) -> dict[str, list[str]]:
    """What the real systemd says it has read: its own dump of a unit, which it loads without starting anything."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "app.service").write_text(text, encoding="utf-8")
        (Path(folder) / "run").mkdir()
        (Path(folder) / "run").chmod(0o777)  # mkdir asks the umask
        surroundings = {"SYSTEMD_UNIT_PATH": f"{folder}:/usr/lib/systemd/user", "XDG_RUNTIME_DIR": f"{folder}/run"}
        done = subprocess.run(
            [SYSTEMD, "--test", "--user", "--unit=app.service"],
            env={"PATH": os.environ["PATH"], "HOME": folder, **surroundings},
            user="nobody" if os.geteuid() == 0 else None,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    _, _, unit = done.stdout.partition("-> Unit app.service:")
    found: dict[str, list[str]] = {"Environment": [], "Command Line": []}
    for line in unit.partition("-> Unit ")[0].splitlines():
        key, _, value = line.strip().partition(": ")
        if key in found:
            found[key].append(value)
    return found


def _shown(text: str) -> str:
    """A word as systemd prints it in a dump."""
    quoted = re.sub(r'([\\"$`])', r"\\\1", text)
    return f'"{quoted}"' if quoted != text or re.search(r"[\s*?\[;&|<>()'~#!{}]", text) or not text else text


@pytest.mark.skipif(not SYSTEMD.exists(), reason="systemd is not installed")
def test_the_real_systemd_reads_the_same() -> None:
    text = (
        '[Service]\nType=oneshot\nEnvironment=A=1 "B=two words" \'C=q"x\' D=\\x41 bad E=%n\n'
        'ExecStart=@/bin/echo zero plain "x y" it"s in"side \\\n  # no comment\n  ; neither\n  tail\\x20end %% [%i] %p\n'
        "ExecStart=-/bin/true ; /bin/false \\; x\nExecStart=/bin/true un\\known 'single \"inner\"'\n"
    )
    dumped = _dumped(text)
    if not dumped["Command Line"]:
        pytest.skip("systemd does not run here")
    stack = only(read({"app.service": text}))
    own = [" ".join(_shown(word or "") for word in words(s.command)[1:]) for s in stack.services]
    assert [line.partition(" ")[2] for line in dumped["Command Line"]] == own
    assert dumped["Environment"] == [f"{k}={v}" for k, v in environment(stack.services[0]).items()]
