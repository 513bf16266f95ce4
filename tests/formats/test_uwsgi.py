"""What uWSGI makes of an ini file: the last of two values, references, logic, includes, the environment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.formats.uwsgi.reader import unknown_options
from connlint.value import ABSENT, Certainty, Origin, Value

from .uwsgi_reading import CPUS, alternatives, env, ini, read


def only(text: str, name: str, **options: object) -> object:
    return ini(text, **options).settings[name].only


# -- values ------------------------------------------------------------------------------------------------------------


def test_a_setting_has_the_place_of_its_value() -> None:
    document = read("; web\n[uwsgi]\n  workers =  4 \n")
    processes = document.settings["processes"]
    assert processes == Value.exact(4, Origin.at(document.entries[0].span))
    assert processes.span is not None
    assert (processes.place, processes.span.column, processes.span.text) == ("uwsgi.ini:3", 14, "4")
    assert processes.certainty is Certainty.EXACT


@pytest.mark.parametrize(
    ("text", "processes"),
    [
        ("processes = 4\nworkers = 2", 2),
        ("workers = 2\nprocesses = 4", 4),
        ("processes=4", 4),
        ("processes = 4 ; four", 4),
        ("processes = +4x", 4),
        ("processes = four", 0),
        ("processes =", 0),
        ("processes", 0),
        ("set = processes=3", 3),
        (";processes = 2\nprocesses = 3\n# processes = 4", 3),
    ],
)
def test_the_last_of_processes_and_workers_wins_and_atoi_reads_it(text: str, processes: int) -> None:
    assert only(text, "processes") == processes


@pytest.mark.parametrize("text", ["p = 3", "process = 3", "Processes = 3", "processes: 3", "[other]\nprocesses = 3"])
def test_what_does_not_set_processes(text: str) -> None:
    assert "processes" not in ini(text).settings


@pytest.mark.parametrize(
    ("value", "is_on"),
    [("= true", True), ("", True), ("=", True), ("= 1", True), ("= False", False), ("= off", False), ("= no", False),
     ("= 0", False), ("= 00", True), ("= none", True), ("= false # not lazy", True)],
)  # fmt: skip
def test_a_flag_is_on_unless_it_says_otherwise(value: str, is_on: bool) -> None:
    assert only(f"lazy-apps {value}", "lazy-apps") is is_on


def test_a_comment_behind_false_is_part_of_the_value() -> None:
    document = ini("lazy-apps = false # not lazy\nthreads = 2 # two")
    assert [(p.code, p.span.text) for p in document.problems] == [("inline-comment", "false # not lazy")]


def test_numbers_that_are_none_are_reported() -> None:
    document = ini("processes = auto\nharakiri = 10m\nthreads = -1\nlisten = 100 ; enough")
    assert [(p.code, p.span.line, p.fatal) for p in document.problems] == [
        ("bad-value", 2, False),
        ("bad-value", 3, False),
        ("bad-value", 4, True),
    ]
    assert document.settings["harakiri"].only == 10
    assert document.settings["threads"].is_unknown


def test_repeated_options_collect_their_values() -> None:
    document = ini("attach-daemon = a\npp = x\nattach-daemon = b\npythonpath = y\nmules = 2\nmule = m.py\nmules = 1")
    assert document.settings["attach-daemon"].only == ("a", "b")
    assert document.settings["pythonpath"].only == ("x", "y")
    assert document.settings["mules"].only == 3
    assert document.settings["mule"].only == ("m.py",)


def test_variables_that_env_sets() -> None:
    document = ini("env = DJANGO_SETTINGS_MODULE=a\nenv = DJANGO_SETTINGS_MODULE=b=c\nenv = X=1\nunenv = X\nenv=Y=$(Z)")
    assert document.groups["env"]["DJANGO_SETTINGS_MODULE"].only == "b=c"
    assert document.groups["env"]["X"].only is ABSENT
    assert document.groups["env"]["Y"].is_unknown


def test_options_that_need_the_master_turn_it_on() -> None:
    assert only("cheaper = 1", "master") is True
    assert only("attach-daemon = x\nmaster = false", "master") is False
    assert "master" not in ini("threads = 2").settings


def test_sections_are_split_and_joined_by_name() -> None:
    text = "processes = 1\n[uwsgi]\nthreads = 2\n[x]\nthreads = 3\n[uwsgi] \nprocesses = 4\n[uwsgi] ; no\nthreads = 9"
    document = read(text)
    assert (document.settings["threads"].only, document.settings["processes"].only) == (2, 4)
    assert [entry.key for entry in document.entries] == ["threads", "processes"]


def test_a_file_without_the_section() -> None:
    document = read("[app]\nprocesses = 2")
    assert dict(document.settings) == {}
    assert [(p.code, p.fatal) for p in document.problems] == [("missing-section", False)]


# -- references --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "processes"),
    [
        ("n = 4\nprocesses = %(n)", 4),
        ("processes = %(n)\nn = 4", 4),
        ("n = 4\nn = 5\nprocesses = %(n)", 4),
        ("n = 4\nprocesses = %(n + 2)", 6),
        ("n = 4\nprocesses = %(n n + 2)", 46),
        ("n = 7\nprocesses = %(n / 2 - 1 * 10)", 20),
        ("n = 7\nprocesses = %(n / 0)", 0),
        ("n = 7\nprocesses = %(n ++ ++)", 9),
        ("processes = %(threads)\nthreads = 3", 3),
        ("set-ph = n=4\nprocesses = %(n)", 4),
        ("a = %(b)\nb = 5\nprocesses = 1%(a)", 15),
        ("processes = %k", 4),
        ("processes = %(%k * 2 + 1)", 9),
        ("processes = 1%%(x)", 1),
    ],
)
def test_placeholders(text: str, processes: int) -> None:
    assert only(text, "processes", cpus=CPUS) == processes


def test_a_derived_number_leads_back_to_its_parts() -> None:
    document = ini("n = 4\nprocesses = %(n + %k)", cpus=CPUS)
    places = [origin.place for origin in document.settings["processes"].origins]
    assert (places[0], set(places)) == ("uwsgi.ini:3", {"uwsgi.ini:3", "uwsgi.ini:2", "declared"})
    assert document.settings["processes"].certainty is Certainty.DECLARED


def test_cpus_that_nobody_states() -> None:
    assert only("threads = 2\nprocesses = %k", "threads") == 2
    assert ini("processes = %k").settings["processes"].reason == "the number of CPUs is not known"
    assert ini("n = %k\nprocesses = %(n * 2)").settings["processes"].is_unknown


def test_cpus_that_are_a_range() -> None:
    between = Value.between(2, 8, Origin.declared(None))
    assert ini("n = %k\nprocesses = %(n)", cpus=between).settings["processes"].bounds() == (2, 8)
    assert ini("processes = %(%k * 2)", cpus=between).settings["processes"].is_unknown


def test_magic_variables_of_the_file() -> None:
    text = "[uwsgi]\nmodule = %n.%e|%s|%c|%x|%Y|%%|%(nothing)"
    document = read(text, "web/app.ini")
    assert document.settings["module"].only == "app.ini|app.ini|web||||%|%(nothing)".replace("||||", "|||")
    assert read("[uwsgi]\nmodule = %c", "app.ini").settings["module"].is_unknown
    assert read("[uwsgi]\nmodule = %h", "app.ini").settings["module"].is_unknown
    assert read("[uwsgi]\nchdir = %dsrc", "web/app.ini").settings["chdir"].only == "/project/web/src"


def test_a_per_cent_sign_swallows_the_end_of_its_line() -> None:
    document = ini("module = 50%\nprocesses = 3\nthreads = 2")
    assert document.settings["module"].only == "50processes = 3"
    assert document.settings["threads"].span is not None
    assert document.settings["threads"].span.text == "2"


def test_environment_references() -> None:
    text = "processes = $(N)\nmodule = $(M).wsgi\nthreads = 1$(not a name)"
    document = ini(text, environment=env(N="3"))
    assert document.settings["processes"].only == 3
    assert document.settings["module"].reason == "the environment variable M is not declared"
    assert document.settings["threads"].only == 1
    unset = Value.exact(ABSENT)
    assert only("module = $(M).wsgi", "module", environment={"M": unset}) == "$(M).wsgi"


def test_a_variable_of_several_values_gives_a_choice_once_for_all_of_its_uses() -> None:
    either = Value.choice(("2", "4"), Origin.declared(None))
    document = ini("processes = $(N)\nenv = A=$(N)-$(N)", environment={"N": either})
    assert alternatives(document, "processes") == (2, 4)
    assert set(alternatives(document, "env")) == {("A=2-2",), ("A=4-4",)}


def test_a_list_keeps_what_cannot_be_resolved() -> None:
    document = ini("attach-daemon = ./manage.py smtpd --port $(P)")
    assert document.settings["attach-daemon"].only == ("./manage.py smtpd --port $(P)",)
    assert document.settings["attach-daemon"].certainty is Certainty.ASSUMED


def test_file_references() -> None:
    files = {"conf/n": "6\n"}
    assert only("processes = @(conf/n)", "processes", files=files, directory="") == 6
    assert ini("processes = @(conf/none)", files=files, directory="").settings["processes"].is_unknown
    assert ini("processes = @(/proc/sys/x)", directory="").settings["processes"].is_unknown


def test_options_that_act_at_once_see_no_references() -> None:
    assert ini("listen = $(N)", environment=env(N="5")).settings["listen"].is_unknown
    assert only("listen = 5", "listen") == 5


# -- logic -------------------------------------------------------------------------------------------------------------

HEALTHY = "if-not-env = UWSGI_PROCESSES\nprocesses = 4\nendif =\n"


def test_an_unset_variable_is_unset_by_assumption() -> None:
    processes = ini(HEALTHY).settings["processes"]
    assert processes.only == 4
    assert processes.certainty is Certainty.ASSUMED


def test_options_from_the_environment() -> None:
    variables = env(UWSGI_PROCESSES="7", UWSGI_LAZY_APPS="1", UWSGI_RELOADS="3", OTHER="1")
    document = ini(HEALTHY, environment=variables)
    assert document.settings["processes"].only == 7
    assert document.settings["lazy-apps"].only is True
    assert set(document.settings) == {"processes", "lazy-apps"}
    assert only("processes = 2", "processes", environment=variables) == 2
    assert only("a = %(threads)\nprocesses = %(a)", "processes", environment=env(UWSGI_THREADS="3")) == 3


def test_two_names_of_one_option_in_the_environment_have_no_order() -> None:
    document = ini("", environment=env(UWSGI_PROCESSES="2", UWSGI_WORKERS="4"))
    assert set(alternatives(document, "processes")) == {2, 4}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("if-env = A", True),
        ("ifenv = A", True),
        ("if-env = A=1", True),
        ("if-env = A=2", False),
        ("if-not-env = A", False),
        ("if-not-env = A=2", True),
        ("if-not-env = NONE", True),
        ("if-opt = lazy-apps", True),
        ("if-opt = lazy-apps=false", False),
        ("if-not-opt = strict", True),
        ("if-exists = web/x.py", True),
        ("if-dir = web", True),
        ("if-file = web", False),
        ("if-not-file = web", True),
        ("if-directory = none", False),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    text = f"lazy-apps = true\n{condition}\nthreads = 2\nend-if =\nprocesses = 3"
    document = ini(text, environment=env(A="1"), files={"web/x.py": ""}, directory="")
    assert ("threads" in document.settings) is holds
    assert document.settings["processes"].only == 3


def test_a_block_ends_at_the_first_end() -> None:
    document = ini("if-env = NONE\nif-env = NONE\nendif =\nprocesses = 3\nendif =")
    assert document.settings["processes"].only == 3


def test_a_block_in_a_block_that_holds_is_refused() -> None:
    document = ini("if-not-env = A\nif-not-env = B\nendif =")
    assert [(p.code, p.span.text, p.fatal) for p in document.problems] == [("syntax", "if-not-env", True)]


def test_what_was_tested_is_the_item() -> None:
    assert only("if-env = N\nprocesses = 1%(_)\nendif =", "processes", environment=env(N="2")) == 12


def test_an_unknown_variable_is_looked_at_both_ways_but_the_same_way_everywhere() -> None:
    unknown = Value.unknown("a secret")
    text = "if-env = N\nprocesses = 8\nthreads = %(_)\nendif =\nif-not-env = N\nprocesses = 2\nthreads = 1\nendif ="
    document = ini(text, environment={"N": unknown})
    assert set(alternatives(document, "processes")) == {8, 2}
    assert document.settings["threads"].is_unknown
    placeholder = "if-env = N\nn = 8\nendif =\nif-not-env = N\nn = 2\nendif =\nprocesses = %(n)"
    assert set(alternatives(ini(placeholder, environment={"N": unknown}), "processes")) == {8, 2}


def test_a_condition_on_the_world_outside_may_leave_the_default() -> None:
    document = ini("if-exists = /etc/big\nprocesses = 8\nmodule = x\nattach-daemon = d\nendif =")
    assert set(alternatives(document, "processes")) == {8, 1}
    assert set(alternatives(document, "attach-daemon")) == {("d",), ()}
    assert set(alternatives(document, "module")) == {"x", None}


def test_hosts_and_reloads_are_unknown() -> None:
    assert set(alternatives(ini("if-hostname = a\nthreads = 2\nendif ="), "threads")) == {2, 1}
    assert set(alternatives(ini("if-reload =\nthreads = 2\nendif ="), "threads")) == {2, 1}


def test_loops() -> None:
    text = "for = a  b\nenv = %(_)=1\nattach-daemon = run %(_)-%(_)\nendfor =\nfor-times = 3\nmule = m%(_)\nend ="
    document = ini(text)
    assert document.settings["env"].only == ("a=1", "b=1")
    assert document.settings["attach-daemon"].only == ("run a-a", "run b-b")
    assert document.settings["mule"].only == ("m1", "m2", "m3")


def test_loops_over_files() -> None:
    files = {"d/a.py": "", "d/b.py": "", "d/.c.py": "", "list": "x\ny\n"}
    text = "for-glob = d/*.py\nmule = %(_)\nend =\nfor-readline = list\nenv = %(_)=1\nend =\nfor-glob = q/*\nimport=%(_)\nend="
    document = ini(text, files=files, directory="")
    assert document.settings["mule"].only == ("d/a.py", "d/b.py")
    assert document.settings["env"].only == ("x=1", "y=1")
    assert document.settings["import"].only == ("q/*",)


# -- other files -------------------------------------------------------------------------------------------------------


def test_includes_stand_in_their_place() -> None:
    files = {"base.ini": "[uwsgi]\nprocesses = 8\nthreads = 4\n[big]\nprocesses = 16"}
    document = ini("processes = 2\ninclude = base.ini\nthreads = 1", files=files)
    assert document.settings["processes"].place == "base.ini:2"
    assert document.settings["threads"].only == 1
    assert [entry.key for entry in document.entries] == ["processes", "include", "processes", "threads", "threads"]
    assert only("ini = base.ini:big", "processes", files=files) == 16


def test_a_section_of_the_same_file() -> None:
    assert only("ini = :big\n[big]\nprocesses = 16", "processes") == 16


def test_every_dialect_can_be_included() -> None:
    files = {
        "a.yaml": "uwsgi:\n  processes: 3\n",
        "b.json": '{"uwsgi": {"threads": 5}}',
        "c.xml": "<uwsgi><lazy-apps/></uwsgi>",
    }
    document = ini("yaml = a.yaml\njson = b.json\ninclude = c.xml", files=files)
    assert [document.settings[name].only for name in ("processes", "threads", "lazy-apps")] == [3, 5, True]


def test_inherited_options_come_last_and_keep_their_references() -> None:
    files = {"base.ini": "[uwsgi]\nprocesses = 8\nmodule = %(n)\nn = 5"}
    document = ini("inherit = base.ini\nprocesses = 2\nthreads = 1%(n)", files=files)
    assert document.settings["processes"].only == 8
    assert document.settings["module"].only == "%(n)"
    assert document.settings["threads"].only == 1


def test_a_file_that_cannot_be_read_makes_unknown_what_it_may_set() -> None:
    document = ini("processes = 2\nini = /etc/uwsgi/base.ini\nthreads = 4")
    assert document.settings["threads"].only == 4
    assert document.settings["processes"].is_unknown
    assert document.settings["processes"].place == "uwsgi.ini:3"
    assert document.settings["attach-daemon"].is_unknown
    assert [(p.code, p.span.text, p.fatal) for p in document.problems] == [
        ("outside-project", "/etc/uwsgi/base.ini", False)
    ]


def test_a_relative_path_may_start_in_two_folders() -> None:
    files = {"base.ini": "[uwsgi]\nprocesses = 1", "conf/base.ini": "[uwsgi]\nprocesses = 2"}
    text = "[uwsgi]\nini = base.ini"
    document = read(text, "conf/uwsgi.ini", files)
    assert document.settings["processes"].is_unknown
    assert [p.code for p in document.problems] == ["ambiguous-path"]
    assert read(text, "conf/uwsgi.ini", files, directory="").settings["processes"].only == 1
    assert read(text, "conf/uwsgi.ini", files, directory="conf").settings["processes"].only == 2


def test_an_include_whose_condition_is_unknown() -> None:
    files = {"big.ini": "[uwsgi]\nprocesses = 16\n"}
    document = ini("processes = 2\nif-exists = /big\nini = big.ini\nendif =", files=files)
    assert set(alternatives(document, "processes")) == {2, 16}


def test_an_address_is_not_shown() -> None:
    document = ini("ini = http://user:hunter2@conf/x.ini\nmodule = @(http://conf/hunter2)")
    assert document.settings["module"].is_unknown
    assert "hunter2" not in " ".join([*(p.message for p in document.problems), document.settings["module"].reason])


# -- options of one's own ----------------------------------------------------------------------------------------------


def test_declared_options() -> None:
    text = "declare-option = size=processes=$1;threads=$2\nsize = 3 5\n"
    document = ini(text)
    assert [document.settings[name].only for name in ("processes", "threads")] == [3, 5]
    assert only(text + "processes = 2", "processes") == 2
    assert only("declare-option2 = size=processes=$1\nprocesses = 2\nsize = 3", "processes") == 3
    assert unknown_options(document) == ()


def names(text: str) -> list[str]:
    return [entry.key for entry in unknown_options(ini(text))]


def test_unknown_options() -> None:
    assert names("process = 2\nprocesses = 3\nenable_threads = true") == ["process", "enable_threads"]
    assert names("app = shop\nmodule = %(app).wsgi\nunused = 1\nend =") == ["unused"]
    assert names("n = 1\nm = 2\nprocesses = %(n + m)\nif-opt = q=1\nq = 1\nend-if=") == []
    assert names("set-ph = n=1\nnap = 1") == ["nap"]


def test_strict_refuses_placeholders_too() -> None:
    assert names("strict = true\napp = shop\nmodule = %(app).wsgi") == ["app"]
    assert names("strict = true\nset-ph = app=shop\nmodule = %(app).wsgi") == []
    assert names("strict = true\nif-env = A\nend =") == ["end"]


def test_a_foreign_plugin_may_have_options_of_its_own() -> None:
    assert names("plugin = sentry\nsentry-dsn = x") == []
    assert names("plugins = python3,http, 0:router_basicauth\nsentry-dsn = x") == ["sentry-dsn"]
    assert names("ini = /etc/base.ini\nmine = x") == []


def test_placeholders_are_a_group() -> None:
    document = ini("app = shop\nmodule = %(app).wsgi\nunused = 1")
    assert {name: value.only for name, value in document.groups["placeholders"].items()} == {"app": "shop"}


# -- the command line --------------------------------------------------------------------------------------------------


def test_options_of_the_command_line_before_and_after_the_file() -> None:
    line = read("[uwsgi]\nprocesses = 8\nlazy-apps = 1", "command.ini").entries
    assert only("processes = 2", "processes", before=line) == 2
    assert only("processes = 2", "processes", after=line) == 8


# -- properties --------------------------------------------------------------------------------------------------------

_LINES = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["processes", "threads", "env", "a", "b", "module", ""]),
            st.sampled_from(["=", " = ", "\t=  "]),
            st.text(st.sampled_from("ab1 \t=#;%()$@né\r\u2028[]"), max_size=12),
        ).map("".join),
        st.sampled_from(["[uwsgi]", "[x]", "; c", "# c", "", "  ", "lazy-apps", "\tthreads=2\r", "end ="]),
    ),
    max_size=12,
)


@given(_LINES)
def test_every_span_holds_what_its_entry_says(lines: list[str]) -> None:
    text = "\n".join(["[uwsgi]", *lines])
    document = read(text, cpus=CPUS)
    at = 0
    for entry in document.entries:
        assert entry.key_span.source.text == text
        assert entry.key_span.text == entry.key
        assert at <= entry.key_span.start
        at = entry.key_span.end
        assert entry.span.text == entry.value if entry.value else entry.span == entry.key_span
        assert text[entry.span.start : entry.span.end] == entry.span.text


@given(_LINES)
def test_an_ini_file_written_again_from_its_entries_means_the_same(lines: list[str]) -> None:
    document = read("\n".join(["[uwsgi]", *lines]), cpus=CPUS)
    again = ini(
        "\n".join(f"{e.key} = {e.value}" if e.value is not None else e.key for e in document.entries), cpus=CPUS
    )
    assert {k: v.alternatives for k, v in again.settings.items()} == {
        k: v.alternatives for k, v in document.settings.items()
    }


@given(
    st.text(st.sampled_from("ab%$@(){}[]=:,#;'\"&*<>/!-?| \n\t\r\0é01"), max_size=80),
    st.sampled_from(["ini", "yaml", "json", "xml"]),
)
def test_no_text_brings_the_reader_down(text: str, dialect: str) -> None:
    start = {"ini": "[uwsgi]\n", "yaml": "uwsgi:\n  a: 1\n", "json": '{"uwsgi": {', "xml": "<uwsgi>"}[dialect]
    for whole in (text, start + text):
        document = read(whole, f"x.{dialect}")
        assert all(problem.message for problem in document.problems)
