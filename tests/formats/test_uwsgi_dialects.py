"""YAML, XML and JSON for uWSGI, which has two readers for some of them."""

from __future__ import annotations

import pytest

from connlint.formats.document import Document
from connlint.formats.uwsgi.reader import unknown_options

from .uwsgi_reading import CPUS, alternatives, read


def yaml(text: str) -> Document:
    return read(text, "uwsgi.yaml", cpus=CPUS)


def xml(text: str) -> Document:
    return read(text, "uwsgi.xml", cpus=CPUS)


def json(text: str) -> Document:
    return read(text, "uwsgi.json", cpus=CPUS)


def placed(document: Document) -> list[tuple[str, str | None, int, str]]:
    return [(entry.key, entry.value, entry.span.line, entry.span.text) for entry in document.entries]


def test_yaml() -> None:
    document = yaml(
        "# shop\nuwsgi:\n  workers: 4 # four\n  lazy-apps: off\n\n  module: shop.wsgi\nother:\n  threads: 2\n"
    )
    assert {name: value.only for name, value in document.settings.items()} == {
        "processes": 4, "lazy-apps": False, "module": "shop.wsgi",
    }  # fmt: skip
    assert placed(document) == [
        ("workers", "4", 3, "4"), ("lazy-apps", "off", 4, "off"), ("module", "shop.wsgi", 6, "shop.wsgi"),
    ]  # fmt: skip


def test_yaml_repeats_a_key_and_knows_placeholders() -> None:
    document = yaml("uwsgi:\n  n: 3\n  env: A=1\n  env: B=%(n)\n  processes: %k\n")
    assert document.settings["env"].only == ("A=1", "B=3")
    assert document.settings["processes"].only == 4


def test_a_list_ends_the_section_for_the_built_in_reader_only() -> None:
    document = yaml("uwsgi:\n  processes: 4\n  env:\n    - A=1\n    - B=2\n  threads: 3\n")
    assert document.settings["processes"].only == 4
    assert set(alternatives(document, "threads")) == {3, 1}
    assert set(alternatives(document, "env")) == {(), ("A=1", "B=2")}


def test_quotes_are_part_of_the_value_for_the_built_in_reader_only() -> None:
    document = yaml('uwsgi:\n  processes: "4"\n')
    assert set(alternatives(document, "processes")) == {0, 4}


def test_broken_yaml_that_the_built_in_reader_takes() -> None:
    document = yaml("uwsgi:\n  socket: :8000\n  processes: @two\n  threads: 3\n")
    assert document.settings["threads"].only == 3
    assert [(p.code, p.fatal, p.span.text) for p in document.problems] == [
        ("syntax", False, "@"),
        ("bad-value", False, "@two"),
    ]


def test_an_alias_is_not_expanded() -> None:
    document = yaml("uwsgi:\n  threads: 2\n  processes: *n\nn: &n 4\n")
    assert document.settings["threads"].only == 2
    assert set(alternatives(document, "processes")) == {0, 1}


def test_xml() -> None:
    document = xml("<uwsgi>\n  <!-- web -->\n  <processes>4</processes>\n  <lazy-apps/>\n  <env>É=1</env>\n</uwsgi>\n")
    assert {name: value.only for name, value in document.settings.items()} == {
        "processes": 4, "lazy-apps": True, "env": ("É=1",),
    }  # fmt: skip
    assert placed(document) == [
        ("processes", "4", 3, "4"), ("lazy-apps", None, 4, "lazy-apps"), ("env", "É=1", 5, "É=1"),
    ]  # fmt: skip


def test_xml_blanks_belong_to_the_value() -> None:
    document = xml("<uwsgi><processes> 4 </processes><module> shop </module></uwsgi>")
    assert (document.settings["processes"].only, document.settings["module"].only) == (4, " shop ")


def test_the_first_uwsgi_element_counts_wherever_it_is() -> None:
    document = xml("<all>\n<uwsgi><threads>3</threads></uwsgi>\n<threads>9</threads></all>")
    assert document.settings["threads"].only == 3


def test_builds_differ_about_a_second_uwsgi_element_and_about_entities() -> None:
    document = xml("<all><uwsgi><threads>3</threads></uwsgi><uwsgi><threads>5</threads></uwsgi></all>")
    assert set(alternatives(document, "threads")) == {3, 5}
    assert set(alternatives(xml("<uwsgi><module>a&amp;b</module></uwsgi>"), "module")) == {"a", "a&b"}


def test_xml_applications_are_mounts() -> None:
    document = xml('<uwsgi><app mountpoint="/a">shop</app></uwsgi>')
    assert set(alternatives(document, "mount")) == {("/a=shop",), ()}


def test_an_id_names_the_section() -> None:
    text = '<all><uwsgi id="a"><threads>3</threads></uwsgi><uwsgi id="b"><threads>5</threads></uwsgi></all>'
    assert read(text, "uwsgi.xml", section="b").settings["threads"].only == 5


@pytest.mark.parametrize("entity", ['"four"', 'SYSTEM "file:///etc/passwd"'])
def test_declared_entities_are_refused(entity: str) -> None:
    document = xml(f"<!DOCTYPE uwsgi [<!ENTITY n {entity}>]>\n<uwsgi><processes>&n;</processes></uwsgi>")
    assert document.settings["processes"].is_unknown
    assert [(p.code, p.span.line) for p in document.problems] == [("syntax", 1)]


def test_json() -> None:
    document = json(
        '{"x": [], "uwsgi": {"workers": 4, "env": ["A=1", "B=\\u00e9"], "master": true, "lazy-apps": null}}'
    )
    assert {name: value.only for name, value in document.settings.items()} == {
        "processes": 4, "env": ("A=1", "B=é"), "master": True, "lazy-apps": False,
    }  # fmt: skip
    assert [(e.key, e.value, e.span.text) for e in document.entries] == [
        ("workers", "4", "4"), ("env", "A=1", '"A=1"'), ("env", "B=é", '"B=\\u00e9"'),
        ("master", "1", "true"), ("lazy-apps", "0", "null"),
    ]  # fmt: skip


def test_a_json_member_given_twice_has_its_last_value_at_its_first_place() -> None:
    assert json('{"uwsgi": {"processes": 4, "workers": 5, "processes": 6}}').settings["processes"].only == 5


def test_json_builds_differ_about_fractions_and_skip_objects() -> None:
    document = json('{"uwsgi": {"processes": {"a": 4}, "threads": 2.5, "module": "m"}}')
    assert "processes" not in document.settings
    assert set(alternatives(document, "threads")) == {2, 1}


@pytest.mark.parametrize(
    "text",
    ['{"uwsgi": {"processes": 4}', '{"uwsgi": {"processes": 4,}}', '{"app": {"processes": 4}}', "[1]",
     '{"uwsgi": 4}', '{"uwsgi": {"processes": 4}, "uwsgi": 4}', '{"uwsgi": {"module": "a\\u0000"}}'],
)  # fmt: skip
def test_json_that_uwsgi_refuses(text: str) -> None:
    document = json(text)
    assert [p.fatal for p in document.problems] == [True]
    assert document.settings["processes"].is_unknown


def test_unknown_options_in_every_dialect() -> None:
    for document in (
        yaml("uwsgi:\n  process: 4\n"),
        xml("<uwsgi><process>4</process></uwsgi>"),
        json('{"uwsgi": {"process": 4}}'),
    ):
        assert [entry.key_span.text.strip('"') for entry in unknown_options(document)] == ["process"]
