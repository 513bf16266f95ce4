"""Kustomizations: what overlays take in and change, compared with `kubectl kustomize` where that is installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.formats.kubernetes.data import Data, Items, Leaf, Table, resolved
from connlint.formats.kustomize.build import Build
from connlint.formats.kustomize.reader import read_kustomize
from connlint.formats.services import Stack

from .stack_reading import environment, places, services, tree_of, words

BASE = {
    "base/kustomization.yaml": """
        resources: [web.yaml, service.yaml]
        configMapGenerator:
          - name: shop
            literals: [MODE=base, 'QUOTED="a b"']
            files: [conf.ini, other.ini=conf.ini]
            envs: [shop.env]
        """,
    "base/shop.env": "# comment\nFROM_ENV=1\n\nSPACED= x \n",
    "base/conf.ini": "[pgbouncer]\ndefault_pool_size = 5\n",
    "base/web.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 1
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              volumes: [{name: v, configMap: {name: shop}}]
              containers:
                - name: web
                  image: registry:5000/shop:1
                  args: [a, b]
                  env: [{name: A, value: "1"}, {name: B, value: "2"}, {name: Z, value: "0"}]
                  envFrom: [{configMapRef: {name: shop}}]
                  volumeMounts: [{name: v, mountPath: /etc/v}]
                - name: side
                  image: other
        """,
    "base/service.yaml": """
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8000}]}
        """,
}
OVERLAY = {
    **BASE,
    "prod/kustomization.yaml": """
        namespace: live
        namePrefix: p-
        nameSuffix: -s
        commonLabels: {env: prod}
        resources: [../base, extra.yaml]
        components: [../part]
        replicas: [{name: web, count: 4}]
        images: [{name: "registry:5000/shop", newName: mirror/shop, newTag: "2"}]
        configMapGenerator:
          - {name: shop, behavior: merge, literals: [MODE=prod]}
        patches:
          - path: patch.yaml
          - target: {kind: Deployment, name: w.*}
            patch: |-
              - op: replace
                path: /spec/template/spec/containers/0/args/1
                value: c
              - {op: add, path: /spec/template/spec/containers/0/args/-, value: d}
              - {op: remove, path: /spec/template/spec/containers/1/image}
        """,
    "prod/patch.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          strategy: {rollingUpdate: {maxSurge: 50%}}
          template:
            spec:
              containers:
                - name: web
                  env: [{name: B, value: "3"}, {name: C, value: "4"}, {name: A, $patch: delete}]
        """,
    "prod/extra.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: m}\nspec: {template: {spec: {containers: [{name: m}]}}}\n",
    "part/kustomization.yaml": """
        apiVersion: kustomize.config.k8s.io/v1alpha1
        kind: Component
        patches:
          - target: {kind: Deployment}
            patch: '[{"op": "add", "path": "/spec/template/spec/containers/0/workingDir", "value": "/srv"}]'
        """,
}


def stacks(files: dict[str, str]) -> tuple[Stack, ...]:
    tree = tree_of(files)
    return read_kustomize(tree, [path for path in tree.paths() if path.endswith("kustomization.yaml")], {})


def test_an_overlay_is_a_stack_and_its_base_is_none() -> None:
    (stack,) = stacks(OVERLAY)
    assert (stack.name, stack.kind, stack.folder, stack.development) == ("prod", "kustomize", "prod", False)
    assert sorted(services(stack)) == ["p-m-s", "p-web-s-side", "p-web-s-web"]
    assert [problem for d in stack.documents for problem in d.problems] == []


def test_a_base_that_nothing_takes_in_is_a_stack() -> None:
    assert [stack.name for stack in stacks(BASE)] == ["base"]


def test_what_an_overlay_changes() -> None:
    web = services(stacks(OVERLAY)[0])["p-web-s-web"]
    assert (str(web.replicas), str(web.surge), str(web.image)) == ("4", "2", "mirror/shop:2")
    assert words(web.command) == ["a", "c", "d"]
    assert web.directory == "/srv"
    assert environment(web) == {
        "MODE": "prod",
        "QUOTED": "a b",
        "conf.ini": "[pgbouncer]\ndefault_pool_size = 5\n",
        "other.ini": "[pgbouncer]\ndefault_pool_size = 5\n",
        "FROM_ENV": "1",
        "SPACED": " x ",
        "B": "3",
        "C": "4",
        "Z": "0",
    }
    assert web.names == frozenset()
    assert services(stacks(OVERLAY)[0])["p-web-s-side"].image is None


def test_every_value_stands_in_the_file_that_decides() -> None:
    web = services(stacks(OVERLAY)[0])["p-web-s-web"]
    assert web.replicas.place == "prod/kustomization.yaml:7"
    assert places(web, "MODE") == ["prod/kustomization.yaml:10 prod"]
    assert places(web, "B") == ["prod/patch.yaml:10 3"]
    assert places(web, "FROM_ENV") == ["base/shop.env:2 1"]
    assert web.command is not None
    assert [word.span.place for word in web.command.words] == [
        "base/web.yaml:14",
        "prod/kustomization.yaml:17",
        "prod/kustomization.yaml:18",
    ]
    source = web.files["/etc/v/other.ini"]
    assert source.span(32, 33).place == "base/conf.ini:2"


def test_services_reach_renamed_pods() -> None:
    files = {
        **OVERLAY,
        "base/web.yaml": OVERLAY["base/web.yaml"].replace(
            "args: [a, b]", "args: [a, b]\n                  ports: [{containerPort: 8000}]"
        ),
    }
    web = services(stacks(files)[0])["p-web-s-web"]
    assert web.names == {"p-web-s", "p-web-s.live", "p-web-s.live.svc", "p-web-s.live.svc.cluster.local"}
    assert web.ports == ((80, 8000),)


def test_what_is_elsewhere_is_told_and_leaves_the_rest() -> None:
    files = {
        "k/kustomization.yaml": """
            resources: [web.yaml, "https://example.org/x.yaml"]
            configMapGenerator: [{name: shop, envs: [absent.env]}]
            """,
        "k/web.yaml": BASE["base/web.yaml"],
    }
    (stack,) = stacks(files)
    assert [(p.span.place, p.code, p.fatal) for d in stack.documents for p in d.problems] == [
        ("k/kustomization.yaml:1", "outside-project", False),
        ("k/kustomization.yaml:2", "missing", False),
    ]
    assert [why for _, why in services(stack)["web"].elsewhere] == ["the file is not in the repository"]


def test_a_patch_with_escapes_stands_where_its_scalar_does() -> None:
    patch = "apiVersion: apps/v1\\nkind: Deployment\\nmetadata: {name: web}\\nspec: {replicas: 7}\\n"
    files = {**BASE, "k/kustomization.yaml": f'resources: [../base]\npatches:\n  - patch: "{patch}"\n'}
    web = services(stacks(files)[0])["web"]
    assert (str(web.replicas), web.replicas.place) == ("7", "k/kustomization.yaml:3")


def test_a_reference_by_the_name_in_the_base_leads_to_the_object() -> None:
    base = BASE["base/kustomization.yaml"].replace("resources:", "nameSuffix: -s\n        resources:")
    patch = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec: {template: {spec: {containers: [{name: side, envFrom: [{configMapRef: {name: shop}}]}]}}}
        """
    files = {**BASE, "base/kustomization.yaml": base, "k/p.yaml": patch}
    files["k/kustomization.yaml"] = "resources: [../base]\npatches: [{path: p.yaml}]\n"
    assert environment(services(stacks(files)[0])["web-s-side"])["MODE"] == "base"


def test_kustomizations_that_take_in_one_another_end() -> None:
    files = {
        "a/kustomization.yaml": "resources: [../b]\n",
        "b/kustomization.yaml": "resources: [../a, w.yaml]\n",
        "b/w.yaml": BASE["base/web.yaml"],
    }
    assert stacks(files) == ()


def plain(data: Data) -> object:
    """What the data is to a YAML parser."""
    if isinstance(data, Table):
        return {key: plain(value) for key, (_, value) in data.pairs.items()}
    if isinstance(data, Items):
        return [plain(item) for item in data.items]
    assert isinstance(data, Leaf)
    text = data.exact or ""
    return resolved(text) if data.plain else text


def without_hashes(data: object) -> Any:
    """The names of generated ConfigMaps less what kustomize puts behind them."""
    return json.loads(re.sub(r'-[a-z0-9]{10}"', '"', json.dumps(data)))


@pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl is not installed; it builds the same kustomizations"
)
@pytest.mark.parametrize("folder", ["base", "prod"])
def test_the_objects_are_those_of_kubectl(tmp_path: Path, folder: str) -> None:
    tree = tree_of(OVERLAY)
    for path in tree.paths():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(tree.read(path).text)
    built = subprocess.run(["kubectl", "kustomize", folder], cwd=tmp_path, capture_output=True, text=True, check=True)
    expected = {(o["kind"], o["metadata"]["name"]): o for o in without_hashes(list(yaml.safe_load_all(built.stdout)))}
    found = Build(tree).folder(folder, f"{folder}/kustomization.yaml")
    objects = {(r.kind, r.name): plain(r.data) for r in found}
    assert objects == expected


KEYS = st.sampled_from(["resources", "patches", "patch", "path", "target", "kind", "name", "replicas", "count", "images", "labels",
                        "pairs", "namePrefix", "configMapGenerator", "literals", "files", "envs", "commonLabels", "components"])  # fmt: skip
SCALARS = st.sampled_from(
    ["web.yaml", ".", "../base", "web", "A=1", "Deployment", "- op: add", "[{", "3", "", "a\n- b"]
)
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


@settings(max_examples=60)
@given(st.dictionaries(KEYS, DATA, max_size=6))
def test_no_kustomization_raises(data: dict[str, object]) -> None:
    stacks({**BASE, "k/kustomization.yaml": json.dumps({"resources": ["../base"], **data})})
