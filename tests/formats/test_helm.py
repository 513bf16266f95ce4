"""Helm charts: templates rendered with their values, and where each value of the result stands."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.formats.helm.interpreter import Run
from connlint.formats.helm.marked import Marked, plain
from connlint.formats.helm.parsing import parse
from connlint.formats.helm.reader import read_helm
from connlint.formats.helm.syntax import SyntaxFault
from connlint.formats.helm.values import parsed
from connlint.formats.services import Role, Stack
from connlint.source import Source

from .stack_reading import environment, places, services, tree_of, words

VALUES = """
a: {b: text, n: 3, big: 1000000, yes: true, no: false, empty: "", nothing: null}
list: [x, y]
map: {k2: v2, k1: v1}
tpl: "{{ .Values.a.b }}!"
multi: |
  one
  two
"""


def rendered(template: str) -> str:
    """What a template comes to; `?` for each part that is not known."""
    values = parsed(VALUES, Source("values.yaml", VALUES).span(0, 0))
    tree = parse(Source("t.yaml", template))
    found = Run(tree.defined, lambda name: Source(name, "file text") if name == "f.txt" else None).render(
        tree.nodes, {"Values": values, "Chart": {"Name": Marked.of("shop")}}
    )
    return "".join("?" if p.value is not None and p.value.is_unknown else p.text for p in found.pieces)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("a {{ .Values.a.b }} b", "a text b"),
        ("a  {{- .Values.a.b -}}  b", "atextb"),
        ("a\n  {{- /* x */ -}}\n b{{/* y */}} c", "ab c"),
        ("{{ .Values.a.n }} {{ .Values.a.big }} {{ .Values.a.big | int }} {{ 1000000 }}", "3 1e+06 1000000 1000000"),
        (
            "{{ .Values.a.absent }}|{{ .Values.a.nothing }}|{{ .Values.absent.deep }}|{{ (.Values.absent).deep }}",
            "||?|",
        ),
        ("{{ .Values.a.absent | default 5 }} {{ default .Values.a.b .Values.a.empty }}", "5 text"),
        ("{{ .Values.a.b | quote }} {{ quote 1 nil true }} {{ squote .Values.a.b }}", '"text" "1" "true" \'text\''),
        (
            "{{ if .Values.a.yes }}y{{ else }}n{{ end }}{{ if .Values.a.empty }}y{{ else if .Values.list }}l{{ end }}",
            "yl",
        ),
        (
            "{{ if and .Values.a.yes (not .Values.a.no) }}1{{ end }}{{ if or .Values.a.no .Values.a.empty }}2{{ end }}",
            "1",
        ),
        ("{{ with .Values.a }}{{ .b }}{{ $.Values.a.n }}{{ end }}{{ with .Values.no }}x{{ else }}z{{ end }}", "text3z"),
        (
            "{{ range .Values.list }}[{{ . }}]{{ end }}{{ range $i, $x := .Values.list }}{{ $i }}{{ $x }}{{ end }}",
            "[x][y]0x1y",
        ),
        ("{{ range $k, $v := .Values.map }}{{ $k }}={{ $v }},{{ end }}", "k1=v1,k2=v2,"),
        ('{{ range .Values.list }}{{ if eq . "y" }}{{ break }}{{ end }}{{ . }}{{ end }}', "x"),
        ("{{ range until 3 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ . }}{{ end }}", "02"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        (
            '{{ define "t" }}<{{ .b }}>{{ end }}{{ include "t" .Values.a | upper }}{{ template "t" .Values.a }}',
            "<TEXT><text>",
        ),
        ("x:{{ toYaml .Values.map | nindent 2 }}", "x:\n  k1: v1\n  k2: v2"),
        ("{{ toYaml .Values.a }}", 'b: text\nbig: 1000000\nempty: ""\nn: 3\n"no": false\nnothing: null\n"yes": true'),
        ("{{ toYaml .Values.list | indent 2 }}", "  - x\n  - y"),
        ("{{ tpl .Values.tpl . }}", "text!"),
        ('{{ printf "%s-%d-%v" .Values.a.b 3 true | trunc 6 | trimSuffix "-" }}', "text-3"),
        ('{{ .Files.Get "f.txt" }}|{{ .Files.Get "absent" }}', "file text|"),
        ('{{ $d := dict "a" 1 }}{{ $_ := set $d "b" 2 }}{{ $d.b }}{{ hasKey $d "c" }}', "2false"),
        ('{{ ternary "a" "b" .Values.a.yes }}{{ coalesce "" .Values.a.b }}{{ join "," .Values.list }}', "atextx,y"),
        ("{{ add 1 2 3 }} {{ div 7 2 }} {{ mul 2 .Values.a.n }} {{ ceil 1.2 }}", "6 3 6 2"),
        ('{{ (index .Values.list 1) }}{{ len .Values.list }}{{ index .Values "map" "k1" }}', "y2v1"),
        ('{{ required "give it" .Values.a.absent }}{{ required "give it" .Values.a.b }}', "?text"),
        ('{{ randAlphaNum 5 }} {{ lookup "v1" "Secret" "a" "b" }} {{ .Values.a.b.c }}', "? ? ?"),
        ('{{ include "elsewhere" . }}', "?"),
        ("{{ if lookup }}\n  a: 1\n{{ end }}\nb: 2", "\n  ?\nb: 2"),
        ('{{ `raw {{ }}` }}{{ "\\"q\\"" }}', 'raw {{ }}"q"'),
        ("{{ .Values.multi | indent 2 }}", "  one\n  two\n  "),
        ("{{ .Values.a.b | b64enc }}", "?"),
        ('{{ eq .Values.a.b "text" }} {{ ne 1 2 }} {{ gt 2 1 }} {{ eq 1 "1" }}', "true true true ?"),
    ],
)
def test_rendering(template: str, text: str) -> None:
    assert rendered(template) == text


@pytest.mark.parametrize(("number", "text"), [(6.0, "6"), (0.5, "0.5"), (1e6, "1e+06"), (123456.0, "123456"), (1e-5, "1e-05"),
                                          (123456789.0, "1.23456789e+08"), (-2.25, "-2.25"), (0.0, "0"), (True, "true")])  # fmt: skip
def test_numbers_are_printed_as_go_prints_them(number: float, text: str) -> None:
    assert plain(number) == text


@pytest.mark.parametrize(
    "template", ["{{ if }", "{{ if x }}a", "{{ end }}", "{{ }}", "{{ ( }}", "{{ a | }}", '{{ "x }}']
)
def test_what_is_no_template_is_refused(template: str) -> None:
    with pytest.raises(SyntaxFault):
        parse(Source("t", template))


CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\nappVersion: '7'\n",
    "chart/values.yaml": """
        replicas: 3
        image: {repository: shop, tag: ""}
        workers: 4
        command: [gunicorn, shop.wsgi]
        env:
          - name: FROM_VALUES
            value: "1"
        config: {MODE: live}
        """,
    "chart/values-prod.yaml": "replicas: 6\ncommand: null\n",
    "chart/values-dev.yaml": "replicas: 1\n",
    "chart/values.schema.json": "{}",
    "chart/conf/pgbouncer.ini": "[pgbouncer]\ndefault_pool_size = 30\n",
    "chart/templates/_helpers.tpl": """
        {{- define "shop.fullname" -}}
        {{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
        {{- end -}}
        """,
    "chart/templates/NOTES.txt": "{{ broken",
    "chart/templates/web.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ include "shop.fullname" . }}
        spec:
          {{- if not (.Values.autoscaling).enabled }}
          replicas: {{ .Values.replicas }}
          {{- end }}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
                - name: {{ .Chart.Name }}
                  image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
                  {{- with .Values.command }}
                  command: {{- toYaml . | nindent 12 }}
                  {{- end }}
                  args: ["--workers={{ .Values.workers }}"]
                  envFrom:
                    - configMapRef: {name: {{ include "shop.fullname" . }}}
                  env:
                    {{- toYaml .Values.env | nindent 12 }}
                    - name: DB_HOST
                      value: {{ .Release.Name }}-db
                    - name: API
                      value: {{ .Values.missing.deep | quote }}
                    {{- include "lib.env" . | nindent 12 }}
                  volumeMounts: [{name: conf, mountPath: /etc/pgbouncer}]
              volumes: [{name: conf, configMap: {name: {{ include "shop.fullname" . }}-files}}]
        """,
    "chart/templates/config.yaml": """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: {{ include "shop.fullname" . }}}
        data:
          {{- range $k, $v := .Values.config }}
          {{ $k }}: {{ $v | quote }}
          {{- end }}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: {{ include "shop.fullname" . }}-files}
        data:
          pgbouncer.ini: |
        {{ .Files.Get "conf/pgbouncer.ini" | indent 4 }}
        """,
}


def stacks(files: dict[str, str]) -> tuple[Stack, ...]:
    tree = tree_of(files)
    return read_helm(tree, [path for path in tree.paths() if path.endswith("Chart.yaml")], {})


def test_a_chart_and_each_of_its_values_is_a_stack() -> None:
    found = stacks(CHART)
    assert [(stack.name, stack.kind, stack.development) for stack in found] == [
        ("chart", "helm", False),
        ("chart (values-dev.yaml)", "helm", True),
        ("chart (values-prod.yaml)", "helm", False),
    ]
    assert [str(services(stack)["shop"].replicas) for stack in found] == ["3", "1", "6"]
    assert [words(services(stack)["shop"].entrypoint) for stack in found] == [
        ["gunicorn", "shop.wsgi"],
        ["gunicorn", "shop.wsgi"],
        None,
    ]
    assert [problem for stack in found for d in stack.documents for problem in d.problems] == []


def test_what_comes_from_values_stands_in_values() -> None:
    shop = services(stacks(CHART)[0])["shop"]
    assert shop.replicas.place == "chart/values.yaml:1"
    assert environment(shop) == {
        "MODE": "live",
        "FROM_VALUES": "1",
        "DB_HOST": "release-name-db",
        "API": "?Helm refuses this with these values",
    }
    assert places(shop, "FROM_VALUES") == ["chart/values.yaml:7 1"]
    assert places(shop, "MODE") == ["chart/values.yaml:8 live"]
    assert shop.image is not None
    assert str(shop.image) == "shop:7"
    assert words(shop.command) == ["--workers=4"]
    assert shop.command is not None
    assert [(p.span().place, p.text) for p in shop.command.words[0].parts if hasattr(p, "text")] == [
        ("chart/templates/web.yaml:18", "--workers="),
        ("chart/values.yaml:3", "4"),
    ]


def test_a_template_that_is_elsewhere_leaves_the_environment_open() -> None:
    shop = services(stacks(CHART)[0])["shop"]
    assert [(span.place, why) for span, why in shop.elsewhere] == [
        ("chart/templates/web.yaml:27", "it comes from a template that is not in this repository")
    ]


def test_a_file_of_the_chart_in_a_config_map_keeps_its_place() -> None:
    source = services(stacks(CHART)[0])["shop"].files["/etc/pgbouncer/pgbouncer.ini"]
    assert source.text == "[pgbouncer]\ndefault_pool_size = 30\n"
    assert source.span(32, 34).place == "chart/conf/pgbouncer.ini:2"


def test_a_condition_that_is_not_known_makes_absent_keys_unknown() -> None:
    template = CHART["chart/templates/web.yaml"].replace("not (.Values.autoscaling).enabled", ".Release.IsInstall")
    shop = services(stacks({**CHART, "chart/templates/web.yaml": template})[0])["shop"]
    assert shop.replicas.is_unknown
    assert shop.replicas.reason == "only the installation of the chart decides it"
    assert shop.replicas.place == "chart/templates/web.yaml:6"
    assert str(shop.image) == "shop:7"


SUBCHART = {
    "app/Chart.yaml": """
        name: app
        dependencies:
          - {name: worker, alias: fast, version: 1.0.0}
          - {name: worker, alias: slow, version: 1.0.0, condition: slow.enabled}
          - {name: postgresql, version: 1.0.0, repository: "https://example.org/charts"}
        """,
    "app/values.yaml": "global: {tag: '9'}\nfast: {replicas: 5}\nslow: {enabled: false}\n",
    "app/charts/worker/Chart.yaml": "name: worker\n",
    "app/charts/worker/values.yaml": "replicas: 1\n",
    "app/charts/worker/templates/d.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: {{ .Chart.Name }}}
        spec: {replicas: {{ .Values.replicas }}, template: {spec: {containers: [{name: w, image: "w:{{ .Values.global.tag }}"}]}}}
        """,
}


def test_subcharts_take_their_part_of_the_values() -> None:
    (stack,) = stacks(SUBCHART)
    assert {name: (str(s.replicas), str(s.image), s.replicas.place) for name, s in services(stack).items()} == {
        "fast": ("5", "w:9", "app/values.yaml:2")
    }


def test_hooks_are_releases() -> None:
    job = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: m, annotations: {"helm.sh/hook": "post-install,pre-upgrade"}}
        spec: {template: {spec: {containers: [{name: m}]}}}
        """
    (stack,) = stacks({"c/Chart.yaml": "name: c\n", "c/templates/job.yaml": job})
    assert services(stack)["m"].role is Role.RELEASE


def test_a_template_that_is_none_is_a_problem_of_its_file() -> None:
    found = stacks({**CHART, "chart/templates/bad.yaml": "{{ if }}x"})
    problems = [(p.span.place, p.code, p.fatal) for d in found[0].documents for p in d.problems]
    assert problems == [("chart/templates/bad.yaml:1", "syntax", True)]
    assert "shop" in services(found[0])


@pytest.mark.parametrize(
    "template",
    [
        '{{ define "a" }}{{ include "a" . }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
        "{{ range until 1000 }}{{ range until 1000 }}{{ range until 1000 }}x{{ end }}{{ end }}{{ end }}",
        "{{ $x := list 1 }}{{ range until 40 }}{{ $x = list $x $x }}{{ end }}{{ toYaml $x }}",
        "{{ $d := dict }}{{ range until 60 }}{{ $_ := set $d (toString .) $d }}{{ end }}{{ $d }}",
        '{{ $s := "ab" }}{{ range until 60 }}{{ $s = printf "%s%s" $s $s }}{{ end }}{{ $s }}',
        '{{ repeat 100000 "abc" | indent 200 }}{{ repeat 9999999 "x" }}',
        "{{ if true }}" * 500,
        "{{ " + "(" * 500 + " }}",
        "{{ tpl .Values.t . }}",
        "{{/*" * 3000,
    ],
)
def test_hostile_templates_are_bounded(template: str) -> None:
    start = time.process_time()
    stacks(
        {"c/Chart.yaml": "name: c\n", "c/values.yaml": 't: "{{ tpl .Values.t . }}"\n', "c/templates/a.yaml": template}
    )
    assert time.process_time() - start < 3


TOKENS = st.sampled_from(
    ["{{", "}}", "{{-", "-}}", " ", "\n", "if", "else", "end", "range", "with", "define", "include", "\"a\"", ".Values", ".a",
     "$x", ":=", "|", "(", ")", "toYaml", "nindent", "2", "default", "quote", "$", ".", "set", "dict", "printf", "\"%s\"", "a: "]
)  # fmt: skip


@given(st.lists(TOKENS, max_size=30))
def test_no_template_raises(parts: list[str]) -> None:
    stacks({"c/Chart.yaml": "name: c\n", "c/values.yaml": VALUES, "c/templates/a.yaml": " ".join(parts)})


PIECES = st.sampled_from(
    ["{{ toYaml .Values | nindent 2 }}", "{{ .Values.list }}", "{{ index .Values.list 5 }}", "{{ unknown }}", "\n", "a: b\n",
     "{{ range $k, $v := .Values }}\n{{ $k }}: {{ $v }}{{ end }}", "- x\n", "  c: d\n", "{{ if unknown }}\n  x: 1\n{{ end }}",
     "{{ unknown | nindent 4 }}", "kind: Pod\n", "spec:\n", "{{ .Values.multi | nindent 2 }}", "apiVersion: v1\n"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12))
def test_no_rendered_text_raises(parts: list[str]) -> None:
    stacks({"c/Chart.yaml": "name: c\n", "c/values.yaml": VALUES, "c/templates/a.yaml": "".join(parts)})
