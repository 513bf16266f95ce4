"""Dockerfiles: what a process of the image finds. Each test is a Dockerfile and what docker makes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.formats.dockerfile.copying import project_path
from connlint.formats.dockerfile.reader import read_image
from connlint.formats.services import Image
from connlint.formats.shell.reader import run_shell
from connlint.formats.words import Command, texts
from connlint.project.tree import Tree
from connlint.value import Certainty, Origin, Value


def image(
    text: str,
    files: Mapping[str, str] | None = None,
    *,
    path: str = "Dockerfile",
    target: str = "",
    arguments: Mapping[str, Value] | None = None,
    context: str | None = None,
) -> Image:
    tree = Tree(None, {path: text, **(files or {})})
    return read_image(tree, path, target=target, arguments=arguments, context=context)


def environment(found: Image) -> dict[str, str]:
    return {name: str(value) for name, value in found.environment.items()}


def words(command: Command | None) -> list[str | None] | str | None:
    if command is None:
        return None
    return texts(command.words) if command.script is None else command.script.text


def mounts(found: Image) -> list[tuple[str, str]]:
    return [(mount.source, mount.target) for mount in found.mounts]


def problems(found: Image) -> list[tuple[str, int]]:
    assert found.document is not None
    return [(problem.code, problem.span.line) for problem in found.document.problems]


# -- commands


def test_the_exec_form_has_words_with_their_places() -> None:
    found = image('FROM python:3.12\nCMD ["gunicorn", "-w", \\\n     "4", "a\\"b", ""]\n')
    assert words(found.command) == ["gunicorn", "-w", "4", 'a"b', ""]
    assert found.command is not None
    assert (found.command.words[2].span.place, found.command.words[2].span.text) == ("Dockerfile:3", "4")
    assert found.base is not None
    assert found.base.only == "python:3.12"


def test_the_shell_form_is_a_script_whose_characters_know_their_places() -> None:
    found = image("FROM x\nCMD gunicorn \\\n  # why\n  --workers ${W:-3} \\\n\n  shop.wsgi\n")
    assert found.command is not None
    assert found.command.script is not None
    (run,) = run_shell(found.command.script, source=lambda _p, _d: None, cpus=Value.unknown("-")).invocations
    assert texts(run.words) == ["gunicorn", "--workers", "3", "shop.wsgi"]
    assert [word.span.line for word in run.words] == [2, 4, 4, 6]


def test_what_is_no_json_is_a_shell_line() -> None:
    assert words(image("FROM x\nCMD ['gunicorn']\n").command) == "['gunicorn']"


def test_an_entrypoint_of_its_own_drops_the_inherited_command() -> None:
    text = 'FROM x AS base\nENTRYPOINT ["tini"]\nCMD ["web"]\n'
    kept = image(text + "FROM base\n")
    assert (words(kept.entrypoint), words(kept.command)) == (["tini"], ["web"])
    dropped = image(text + 'FROM base\nENTRYPOINT ["other"]\n')
    assert (words(dropped.entrypoint), words(dropped.command)) == (["other"], None)
    own = image(text + 'FROM base\nCMD ["worker"]\nENTRYPOINT ["other"]\n')
    assert words(own.command) == ["worker"]


def test_the_last_of_several_commands_counts() -> None:
    assert words(image('FROM x\nCMD ["a"]\ncmd ["b"]\n').command) == ["b"]


def test_shell() -> None:
    assert image('FROM x\nSHELL ["/bin/bash", "-ec"]\nCMD a\n').shell == ("/bin/bash", "-ec")


# -- variables


def test_env_in_both_forms() -> None:
    found = image("FROM x\nENV A=1 B=\"two words\" C=a\\ b D='$A'\nENV E the rest  of it\nENV F=\n")
    assert environment(found) == {
        "A": "1", "B": "two words", "C": "a b", "D": "$A", "E": "the rest  of it", "F": "",
    }  # fmt: skip
    assert (found.environment["A"].place, found.environment["A"].span is not None) == ("Dockerfile:2", True)
    assert found.environment["B"].certainty is Certainty.EXACT


def test_a_line_sees_the_variables_from_before_it() -> None:
    found = image("FROM x\nENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc jkl=${no:-d} mno=${abc:+set}\n")
    assert environment(found) == {"abc": "bye", "def": "hello", "ghi": "bye", "jkl": "d", "mno": "set"}


def test_a_variable_of_the_base_image_is_not_known() -> None:
    value = image("FROM x\nENV PATH=/opt/bin:$PATH\n").environment["PATH"]
    assert (value.is_unknown, value.reason) == (True, "PATH is set in no file")


def test_arguments_of_the_build() -> None:
    text = "ARG TAG=3.12\nARG N=2\nFROM python:$TAG\nARG N\nARG M=5\nENV WORKERS=$N THREADS=${M} TAG=$TAG\n"
    found = image(text)
    assert found.base is not None
    assert (found.base.only, environment(found)["WORKERS"], environment(found)["THREADS"]) == ("python:3.12", "2", "5")
    assert found.environment["WORKERS"].certainty is Certainty.ASSUMED
    assert found.environment["TAG"].is_unknown  # an ARG before FROM is not seen after it
    given_n = image(text, arguments={"N": Value.exact("8", Origin.declared(None, "given"))})
    assert environment(given_n)["WORKERS"] == "8"


def test_env_wins_over_arg_and_args_are_not_in_the_environment() -> None:
    assert environment(image("FROM x\nENV A=env\nARG A=arg\nARG B=1\nENV C=$A\n")) == {"A": "env", "C": "env"}


# -- stages


STAGES = """FROM --platform=linux/amd64 python AS Build
ENV A=1
WORKDIR /src
FROM build AS web
ENV B=2
FROM scratch AS worker
ENV C=3
"""


@pytest.mark.parametrize(
    ("target", "expected"),
    [("", {"C": "3"}), ("web", {"A": "1", "B": "2"}), ("BUILD", {"A": "1"}), ("1", {"A": "1", "B": "2"})],
)
def test_the_chosen_stage(target: str, expected: dict[str, str]) -> None:
    assert environment(image(STAGES, target=target)) == expected


def test_a_stage_that_is_not_there() -> None:
    assert problems(image(STAGES, target="nowhere")) == [("bad-value", 1)]


def test_the_base_of_a_stage_is_what_the_first_of_them_starts_from() -> None:
    base = image(STAGES, target="web").base
    assert base is not None
    assert (base.only, image(STAGES, target="web").directory) == ("python", "/src")


# -- folders and files


def test_folders_are_joined() -> None:
    assert image("FROM x\nENV D=app\nWORKDIR /srv\nWORKDIR $D/web\nWORKDIR ..\n").directory == "/srv/app"


FILES = {"run.sh": "", "app/a.py": "", "app/b.py": "", "conf/x.conf": "", "conf/y.txt": ""}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("COPY run.sh /usr/bin/start", [("run.sh", "/usr/bin/start")]),
        ("COPY run.sh .", [("run.sh", "/srv/run.sh")]),
        ("COPY --chown=a:b --link run.sh bin/", [("run.sh", "/srv/bin/run.sh")]),
        ("COPY . .", [("", "/srv")]),
        ("COPY app /app", [("app", "/app")]),
        ("ADD conf/*.conf /etc/", [("conf/x.conf", "/etc/x.conf")]),
        ('COPY ["run.sh", "app", "./"]', [("run.sh", "/srv/run.sh"), ("app", "/srv")]),
        ("COPY missing.sh /", []),
        ("ADD https://x.test/run.sh /", []),
        ("COPY ../../etc/passwd /", []),
    ],
)
def test_copy(line: str, expected: list[tuple[str, str]]) -> None:
    assert mounts(image(f"FROM x\nWORKDIR /srv\n{line}\n", FILES, context="")) == expected


def test_copy_from_another_stage_leads_back_to_the_project() -> None:
    text = "FROM x AS one\nWORKDIR /src\nCOPY . .\nFROM y\nCOPY --from=one /src/run.sh /bin/go\nCOPY --from=0 /src/app /app\n"
    assert mounts(image(text, FILES)) == [("run.sh", "/bin/go"), ("app", "/app")]
    assert mounts(image("FROM x\nCOPY --from=nginx /etc /etc\n", FILES)) == []


def test_the_last_copy_to_a_place_is_what_stands_there() -> None:
    found = image("FROM x\nCOPY . /srv\nCOPY conf/x.conf /srv/run.sh\n", FILES)
    tree = Tree(None, FILES)
    assert project_path(tree, found.mounts, "/srv/run.sh") == "conf/x.conf"
    assert project_path(tree, found.mounts, "/srv/app/a.py") == "app/a.py"
    assert project_path(tree, found.mounts, "/srv/none") is None


def test_a_heredoc_is_a_file_of_the_image_and_hides_no_instruction() -> None:
    found = image("FROM x\nRUN <<EOF\nCMD no\nEOF\nCOPY <<-'E' /etc/a.ini\n\t[a]\n\tb = 1\n\tE\nCMD yes\n")
    assert words(found.command) == "yes"
    assert found.files["/etc/a.ini"].text == "[a]\nb = 1\n"
    assert found.files["/etc/a.ini"].span(4, 5).place == "Dockerfile:7"


def test_the_context_is_the_folder_that_has_what_is_copied() -> None:
    text = "FROM x\nCOPY requirements.txt /\nCOPY . /app\nCMD /app/start.sh\n"
    own = image(text, {"docker/requirements.txt": "", "docker/start.sh": ""}, path="docker/Dockerfile")
    assert mounts(own)[1] == ("docker", "/app")
    root = image(text, {"requirements.txt": "", "start.sh": ""}, path="docker/Dockerfile")
    assert mounts(root)[1] == ("", "/app")
    between = image("FROM x\nCOPY . /app\nCMD /app/run.sh\n", {"api/run.sh": ""}, path="api/docker/Dockerfile")
    assert mounts(between) == [("api", "/app")]


def test_ports() -> None:
    assert image("FROM x\nENV P=9000\nEXPOSE 80 443/tcp $P\n").ports == (80, 443, 9000)


# -- lines


def test_directives_comments_and_another_escape_character() -> None:
    text = '# syntax=docker/dockerfile:1\n# escape=`\n# a comment\nFROM x\nENV A=1 `\n  # between\n\n  B=2\nENV C=c:\\ D=a` b E="`"c"\n'
    assert environment(image(text)) == {"A": "1", "B": "2", "C": "c:\\", "D": "a b", "E": '"c'}


def test_windows_line_ends() -> None:
    assert environment(image("FROM x\r\nENV A=1 \\\r\n  B=2\r\n")) == {"A": "1", "B": "2"}


def test_problems_have_places() -> None:
    assert problems(image("RUN a\n")) == [("bad-value", 1)]
    assert problems(image("ENV A=1\nFROM x\n")) == [("syntax", 1)]
    assert problems(image('FROM x\nENV A="open\n')) == [("syntax", 2)]
    assert problems(image("FROM x\nENV A=1 B\n")) == [("syntax", 2)]
    assert problems(image("FROM x\nCOPY <<EOF /a\nopen\n")) == [("syntax", 2)]
    assert problems(read_image(Tree(None, {}), "Dockerfile")) == [("missing", 1)]
    assert problems(read_image(Tree(None, {}), "../Dockerfile")) != []


def test_values_are_in_no_message() -> None:
    found = image('FROM x\nENV KEY="hunter2\nENV A=1 hunter2\n')
    assert found.document is not None
    assert len(found.document.problems) == 2
    assert not any("hunter2" in problem.message for problem in found.document.problems)


HOSTILE = {
    "continuations": "FROM x\nENV A=1" + " \\\n#\n" * 50_000 + " B=2",
    "stages": "".join(f"FROM s{n} AS s{n + 1}\nENV A{n}=1\nCOPY . /\n" for n in range(5_000)),
    "copies": "FROM x\n" + "COPY * /a/\n" * 5_000,
    "doubling": "FROM x\nENV A=xxxxxxxxxx\n" + "ENV A=$A$A$A$A\n" * 60,
    "heredocs": "FROM x\nRUN" + " <<A" * 5_000,
    "nested": "FROM x\nENV A=" + "${A:-" * 5_000,
    "brackets": "FROM x\nCMD [" + '"a",' * 50_000 + "]",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_read_soon(name: str) -> None:
    start = time.process_time()
    image(HOSTILE[name], {f"f{n}": "" for n in range(50)})
    assert time.process_time() - start < 3


FRAGMENTS = ["FROM x\n", "FROM x AS y\n", "ARG A=", "ENV ", "A=1 ", "B=$A", "${A:-", "}", "\\\n", "# c\n", "COPY ", ". ", "/a/ ",
             "--from=y ", "CMD ", "ENTRYPOINT ", '["a"', '"b"]', ",", "\n", "'", '"', "<<E", "E\n", "WORKDIR ", "$", "`", "*"]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=3)), max_size=30).map("".join))
def test_any_text_is_read_without_an_error(text: str) -> None:
    image(text, FILES)
