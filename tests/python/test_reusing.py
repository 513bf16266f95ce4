"""One evaluation serves every environment that it cannot tell apart, and each gets its own places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.formats.packages.versions import Packages
from connlint.project.tree import Tree
from connlint.python.reusing import Evaluations
from connlint.python.settings import EvaluatedSettings, evaluate_settings, evaluate_watched
from connlint.source import Source
from connlint.value import Origin, Value

CPUS = Value.unknown("-")
NAMES = ("ENGINE", "HOST", "AGE", "DEBUG")
ATOMS = (
    'os.environ.get("HOST", "db")',
    'os.environ.get("AGE")',
    'os.getenv("ENGINE", "sqlite3")',
    '"HOST" in os.environ',
    'os.environ["AGE"]',
    'int(os.environ.get("AGE", 60))',
    'os.environ.get("DEBUG") == "1"',
    'sorted(os.environ)',
    'len(os.environ)',
    '[v for k, v in os.environ.items() if k.startswith("H")]',
    'env("HOST", default="x")',
    'env.bool("DEBUG", default=False)',
    'kept',
)  # fmt: skip


def environment(file: str, texts: Mapping[str, str | None]) -> dict[str, Value]:
    """Each variable on a line of its own of one file; None: it is not known."""
    source = Source(file, "\n" * 20)
    found: dict[str, Value] = {}
    for line, (name, text) in enumerate(texts.items()):
        origin = Origin.at(source.span(line, line + 1), "given")
        found[name] = Value.exact(text, origin) if text is not None else Value.unknown("it is a secret", origin)
    return found


def alone(tree: Tree, given_: Mapping[str, Value]) -> EvaluatedSettings:
    return evaluate_settings(tree, "conf", python_path=("",), environment=given_, cpus=CPUS)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that are really evaluated from now on."""
    seen: list[str] = []

    def counting(tree: Tree, module: str, **how: object) -> object:
        seen.append(module)
        return evaluate_watched(tree, module, **how)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr("connlint.python.reusing.evaluate_watched", counting)
    return seen


def evaluated(text: str, environments: Sequence[Mapping[str, Value]]) -> list[EvaluatedSettings]:
    evaluations = Evaluations(Tree(None, {"conf.py": text}), ("",), CPUS, Packages())
    return [evaluations.evaluate("conf", each) for each in environments]


DATABASE = 'import os\nDATABASES = {"default": {"HOST": os.environ["HOST"], "PORT": os.environ.get("PORT")}}\n'


def test_the_same_values_of_other_lines_are_evaluated_once_and_keep_their_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = counted(monkeypatch)
    web, worker = environment("web.env", {"HOST": "db"}), environment("worker.env", {"A": "1", "HOST": "db"})
    found = evaluated(DATABASE, (web, worker))
    assert seen == ["conf"]
    places = [each.databases["default"].settings["HOST"].origins[0].span for each in found]
    assert [(span.path, span.start) for span in places if span] == [("web.env", 0), ("worker.env", 1)]


@pytest.mark.parametrize(
    "other",
    [
        {"HOST": "replica"},
        {"HOST": None},
        {"HOST": "db", "PORT": "5432"},
        {"HOST": "db", "DJANGO_CONFIGURATION": "Production"},
    ],
)
def test_another_value_of_what_was_asked_for_is_another_evaluation(
    monkeypatch: pytest.MonkeyPatch, other: dict[str, str | None]
) -> None:
    seen = counted(monkeypatch)
    evaluated(DATABASE, (environment("a.env", {"HOST": "db"}), environment("b.env", other)))
    assert seen == ["conf", "conf"]


def test_a_whole_value_is_not_the_number_that_equals_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = counted(monkeypatch)
    evaluated(DATABASE, ({"HOST": Value.exact(1)}, {"HOST": Value.exact(True)}))
    assert seen == ["conf", "conf"]


def test_code_that_looks_at_all_variables_is_evaluated_for_each_set_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = counted(monkeypatch)
    text = "import os\nDATABASES = {name: {} for name in os.environ}\n"
    evaluated(text, (environment("a.env", {"A": "1"}), environment("b.env", {"B": "1"})))
    assert seen == ["conf", "conf"]


def test_the_place_of_an_alias_is_the_line_that_gives_its_address() -> None:
    text = 'import os\nimport dj_database_url\nDATABASES = {"default": dj_database_url.parse(os.environ["URL"])}\n'
    url = "postgres://u:p@db/shop"
    for given_, made in zip(
        environments := (environment("a.env", {"URL": url}), environment("b.env", {"URL": url})),
        evaluated(text, environments),
        strict=True,
    ):
        assert made == alone(Tree(None, {"conf.py": text}), given_)


def expressions() -> st.SearchStrategy[str]:
    atoms = st.sampled_from(ATOMS)
    return atoms | st.builds("({} or {})".format, atoms, atoms) | st.builds("({} if {} else {})".format, *[atoms] * 3)


@st.composite
def modules(draw: st.DrawFn) -> str:
    """A settings module that reads variables directly, in conditions, loops, handlers, and sets some."""
    lines = ["import os", "import environ", "env = environ.Env()", "kept = None"]
    for _ in range(draw(st.integers(1, 5))):
        value = draw(expressions())
        form = draw(
            st.sampled_from(
                (
                    "kept = {}",
                    "if {}:\n    kept = 1\nelse:\n    kept = 2",
                    "try:\n    kept = {}\nexcept KeyError:\n    kept = 'none'",
                    "for each in [{}]:\n    kept = each",
                    "os.environ['HOST'] = str({})",
                    "os.environ.setdefault('AGE', str({}))",
                    "DEBUG = {}",
                )
            )
        )
        lines.append(form.format(value))
    lines.append(f"DATABASES = {{'default': {{'HOST': {draw(expressions())}, 'CONN_MAX_AGE': kept}}}}")
    return "\n".join(lines) + "\n"


@settings(max_examples=150, deadline=None)
@given(
    modules(),
    st.lists(
        st.dictionaries(st.sampled_from(NAMES), st.sampled_from(("0", "1", "db", None)), max_size=4),
        min_size=2,
        max_size=6,
    ),
)
def test_what_is_used_again_is_what_an_evaluation_of_its_own_makes(
    text: str, given_: list[dict[str, str | None]]
) -> None:
    environments = [environment(f"{number}.env", each) for number, each in enumerate(given_)]
    tree = Tree(None, {"conf.py": text})
    assert evaluated(text, environments) == [alone(tree, each) for each in environments]
