"""Kubernetes manifests: what runs, how often, under which environment and names, with which files."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connlint.formats.kubernetes.data import Leaf
from connlint.formats.kubernetes.quantities import cores
from connlint.formats.kubernetes.reader import read_kubernetes
from connlint.formats.pgbouncer.reader import read_pgbouncer
from connlint.formats.services import Role, Service, Stack
from connlint.formats.words import Text, Word
from connlint.source import Source
from connlint.value import Certainty

from .stack_reading import environment, places, services, tree_of, words

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: shop, tier: web}}
    spec:
      initContainers:
        - name: migrate
          image: shop:1
          command: [./manage.py, migrate]
        - name: proxy
          image: envoy
          restartPolicy: Always
      containers:
        - name: app
          image: shop:1
          workingDir: /srv
          command: ["gunicorn", "shop.wsgi"]
          args: ["--workers", "$(WORKERS)", "$(NOBODY)", "$$(WORKERS)"]
          ports: [{name: http, containerPort: 8000}]
          envFrom:
            - configMapRef: {name: shop}
            - prefix: S_
              secretRef: {name: hidden}
          env:
            - {name: WORKERS, value: "4"}
            - {name: DB, value: "postgres://$(DB_HOST)/$(LATER)"}
            - {name: LATER, value: x}
            - {name: PASSWORD, valueFrom: {secretKeyRef: {name: hidden, key: p}}}
            - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
            - {name: MODE, valueFrom: {configMapKeyRef: {name: shop, key: MODE}}}
            - {name: GONE, valueFrom: {configMapKeyRef: {name: shop, key: GONE, optional: true}}}
            - {name: CPUS, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
          resources: {limits: {cpu: 1500m}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data:
  DB_HOST: db
  MODE: live
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: prod}
spec:
  selector: {app: shop}
  ports: [{port: 80, targetPort: http}]
"""


def stacks(files: dict[str, str]) -> tuple[Stack, ...]:
    tree = tree_of(files)
    return read_kubernetes(tree, [path for path in tree.paths() if path.endswith((".yaml", ".yml"))], {})


def only(text: str) -> dict[str, Service]:
    (stack,) = stacks({"k8s/all.yaml": text})
    return services(stack)


@pytest.fixture
def shop() -> dict[str, Service]:
    return only(DEPLOYMENT)


def test_each_container_is_a_service(shop: dict[str, Service]) -> None:
    found = {name: (s.role, str(s.replicas), str(s.surge)) for name, s in shop.items()}
    assert found == {
        "web-migrate": (Role.RELEASE, "1..3", "None"),
        "web-proxy": (Role.SERVICE, "3", "1"),
        "web": (Role.SERVICE, "3", "1"),
    }


def test_command_and_args_with_variables_put_in(shop: dict[str, Service]) -> None:
    web = shop["web"]
    assert words(web.entrypoint) == ["gunicorn", "shop.wsgi"]
    assert words(web.command) == ["--workers", "4", "$(NOBODY)", "$(WORKERS)"]
    assert web.directory == "/srv"
    assert str(web.image) == "shop:1"


def test_a_command_without_args_clears_the_images_own(shop: dict[str, Service]) -> None:
    migrate = shop["web-migrate"]
    assert words(migrate.entrypoint) == ["./manage.py", "migrate"]
    assert migrate.command is not None
    assert migrate.command.is_empty
    assert shop["web-proxy"].entrypoint is shop["web-proxy"].command is None


def test_environment_in_the_kubelets_order(shop: dict[str, Service]) -> None:
    assert environment(shop["web"]) == {
        "DB_HOST": "db",
        "MODE": "live",
        "WORKERS": "4",
        "DB": "postgres://db/$(LATER)",
        "LATER": "x",
        "PASSWORD": "?it is kept in a Secret",
        "NODE": "?only the cluster knows it",
        "CPUS": "2",
    }
    assert [(span.place, why) for span, why in shop["web"].elsewhere] == [
        ("k8s/all.yaml:26", "variables from the Secret hidden")
    ]


def test_values_stand_where_they_are_written(shop: dict[str, Service]) -> None:
    assert places(shop["web"], "WORKERS") == ["k8s/all.yaml:28 4"]
    assert places(shop["web"], "DB_HOST") == ["k8s/all.yaml:42 db"]
    assert places(shop["web"], "DB")[1:] == ["k8s/all.yaml:42 db"]
    replicas = shop["web"].replicas
    assert replicas.span is not None
    assert (replicas.span.place, replicas.span.text) == ("k8s/all.yaml:5", "3")


def test_a_service_gives_names_and_ports(shop: dict[str, Service]) -> None:
    assert shop["web"].names == {"web", "web.prod", "web.prod.svc", "web.prod.svc.cluster.local"}
    assert shop["web"].ports == ((80, 8000),)
    assert shop["web-migrate"].names == shop["web-proxy"].names == frozenset()
    assert shop["web"].extra["cpus"].only == 1.5
    assert shop["web"].extra["pod"].only == shop["web-proxy"].extra["pod"].only


def deployment(spec: str, kind: str = "Deployment") -> Service:
    text = f"""
apiVersion: apps/v1
kind: {kind}
metadata: {{name: web}}
spec:
  template: {{spec: {{containers: [{{name: web}}]}}}}
{spec}"""
    return only(text)["web"]


@pytest.mark.parametrize(
    ("spec", "replicas", "surge"),
    [
        ("", "1", "1"),
        ("  replicas: 5", "5", "2"),
        ("  replicas: 5\n  strategy: {rollingUpdate: {maxSurge: 40%}}", "5", "2"),
        ("  replicas: 5\n  strategy: {rollingUpdate: {maxSurge: 41%}}", "5", "3"),
        ("  replicas: 5\n  strategy: {rollingUpdate: {maxSurge: 0}}", "5", "0"),
        ("  replicas: 010\n  strategy: {rollingUpdate: {maxSurge: '2'}}", "8", "2"),
        ("  replicas: 5\n  strategy: {type: Recreate}", "5", "0"),
        ("  replicas: 0", "0", "0"),
        ("  replicas: -1", "unknown", "unknown"),
        ("  replicas: '2'", "unknown", "unknown"),
        ("  replicas: many", "unknown", "unknown"),
    ],
)
def test_replicas_and_surge(spec: str, replicas: str, surge: str) -> None:
    web = deployment(spec)
    assert (str(web.replicas), str(web.surge)) == (replicas, surge)


@pytest.mark.parametrize(("kind", "replicas"), [("StatefulSet", "4"), ("DaemonSet", "unknown"), ("ReplicaSet", "4")])
def test_other_kinds_do_not_surge(kind: str, replicas: str) -> None:
    web = deployment("  replicas: 4", kind)
    assert (str(web.replicas), str(web.surge)) == (replicas, "0")


def test_a_rollout_that_is_blue_green_runs_twice() -> None:
    web = deployment("  replicas: 4\n  strategy: {blueGreen: {activeService: web}}", "Rollout")
    assert (str(web.replicas), str(web.surge)) == ("4", "4")


SCALED = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: NAME}
  minReplicas: 2
  maxReplicas: 10
"""


def test_an_autoscaler_decides_about_replicas() -> None:
    web = deployment("  replicas: 3\n" + SCALED.replace("NAME", "web"))
    assert (str(web.replicas), str(web.surge)) == ("2..10", "1..3")
    assert web.replicas.place == "k8s/all.yaml:15"


def test_an_autoscaler_of_another_does_not() -> None:
    assert str(deployment("  replicas: 3\n" + SCALED.replace("NAME", "worker")).replicas) == "3"


def test_keda_has_bounds_of_its_own() -> None:
    scaled = """
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web}
spec: {scaleTargetRef: {name: web}}
"""
    assert str(deployment("  replicas: 3\n" + scaled).replicas) == "0..100"


JOBS = """
apiVersion: v1
kind: List
items:
  - apiVersion: batch/v1
    kind: Job
    metadata: {name: migrate}
    spec: {template: {spec: {containers: [{name: m}]}}}
  - apiVersion: batch/v1
    kind: CronJob
    metadata: {name: clean}
    spec:
      schedule: "5 * * * *"
      concurrencyPolicy: Forbid
      jobTemplate: {spec: {parallelism: 2, template: {spec: {containers: [{name: c}]}}}}
  - apiVersion: batch/v1
    kind: CronJob
    metadata: {name: off}
    spec: {suspend: true, jobTemplate: {spec: {template: {spec: {containers: [{name: c}]}}}}}
  - apiVersion: v1
    kind: Pod
    metadata: {name: try, annotations: {helm.sh/hook: test}}
    spec: {containers: [{name: t}]}
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: once, annotations: {"argocd.argoproj.io/hook": PreSync}}
    spec: {template: {spec: {containers: [{name: t}]}}}
"""


def test_jobs_run_on_a_release_and_cron_jobs_now_and_then() -> None:
    found = {name: (service.role, str(service.replicas)) for name, service in only(JOBS).items()}
    assert found == {
        "migrate": (Role.RELEASE, "1"),
        "clean": (Role.SCHEDULED, "2"),
        "off": (Role.ONCE, "1"),
        "try": (Role.ONCE, "1"),
        "once": (Role.RELEASE, "1"),
    }
    extra = only(JOBS)["clean"].extra
    assert (extra["concurrency-policy"].only, extra["schedule"].only) == ("Forbid", "5 * * * *")
    assert only(JOBS)["off"].extra["concurrency-policy"].only == "Allow"


MOUNTED = """
apiVersion: v1
kind: ConfigMap
metadata: {name: bouncer}
data:
  pgbouncer.ini: |
    [databases]
    shop = host=db
    [pgbouncer]
    default_pool_size = 30
  other: "x"
---
apiVersion: v1
kind: Pod
metadata: {name: pool}
spec:
  volumes:
    - {name: all, configMap: {name: bouncer}}
    - {name: one, configMap: {name: bouncer, items: [{key: other, path: a/b.ini}]}}
    - {name: secret, secret: {secretName: users}}
    - {name: gone, configMap: {name: gone}}
  containers:
    - name: pool
      volumeMounts:
        - {name: all, mountPath: /etc/pgbouncer}
        - {name: all, mountPath: /single.ini, subPath: pgbouncer.ini}
        - {name: one, mountPath: /one/}
        - {name: secret, mountPath: /run/users}
        - {name: gone, mountPath: /gone}
"""


def test_config_maps_are_files() -> None:
    pool = only(MOUNTED)["pool"]
    assert sorted(pool.files) == ["/etc/pgbouncer/other", "/etc/pgbouncer/pgbouncer.ini", "/one/a/b.ini", "/single.ini"]
    assert [(path, why) for path, _, why in pool.hidden] == [
        ("/run/users", "it is kept in a Secret"),
        ("/gone", "its ConfigMap is not among these files"),
    ]


def test_a_reader_finds_places_of_the_manifest_in_a_mounted_file() -> None:
    source = only(MOUNTED)["pool"].files["/etc/pgbouncer/pgbouncer.ini"]
    document = read_pgbouncer(source, tree_of({}))
    size = document.settings["default_pool_size"]
    assert size.only == 30
    assert size.span is not None
    assert (size.span.place, size.span.column, size.span.text) == ("k8s/all.yaml:9", 25, "30")


OPERATED = """
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: db}
spec:
  instances: 3
  postgresql: {parameters: {max_connections: "200"}}
---
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata: {name: pool}
spec:
  cluster: {name: db}
  instances: 2
  type: rw
  pgbouncer: {poolMode: transaction, parameters: {default_pool_size: "10"}}
---
apiVersion: acid.zalan.do/v1
kind: postgresql
metadata: {name: acid}
spec: {numberOfInstances: 2, enableConnectionPooler: true, postgresql: {version: "16", parameters: {max_connections: "50"}}}
---
apiVersion: postgres-operator.crunchydata.com/v1beta1
kind: PostgresCluster
metadata: {name: crunchy, namespace: data}
spec:
  instances: [{replicas: 2}, {}]
  patroni: {dynamicConfiguration: {postgresql: {parameters: {max_connections: 70}}}}
  proxy: {pgBouncer: {replicas: 2, config: {global: {pool_mode: session}}}}
---
apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: {name: not-a-database}
"""


def test_operators_run_servers_and_poolers() -> None:
    def told(service: Service) -> tuple[str, str, str, dict[str, object]]:
        settings = {
            key[8:]: value.only for key, value in service.extra.items() if key.startswith("setting.") and value.is_exact
        }
        return str(service.extra["operator"].only), str(service.extra["runs"].only), str(service.replicas), settings

    found = only(OPERATED)
    assert {name: told(service) for name, service in found.items()} == {
        "db": ("cloudnative-pg", "postgresql", "3", {"max_connections": "200"}),
        "pool": ("cloudnative-pg", "pgbouncer", "2", {"pool_mode": "transaction", "default_pool_size": "10"}),
        "acid": ("zalando", "postgresql", "2", {"max_connections": "50"}),
        "acid-pooler": ("zalando", "pgbouncer", "unknown", {}),
        "crunchy": ("crunchy", "postgresql", "3", {"max_connections": "70"}),
        "crunchy-pgbouncer": ("crunchy", "pgbouncer", "2", {"pool_mode": "session"}),
    }
    assert found["db"].names == {"db-rw", "db-ro", "db-r"}
    assert found["pool"].extra["target"].only == "db-rw"
    assert "crunchy-primary.data.svc" in found["crunchy"].names


TEMPLATE = """
apiVersion: template.openshift.io/v1
kind: Template
objects:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: "${NAME}-web"}
    spec:
      replicas: ${{REPLICAS}}
      template: {spec: {containers: [{name: web, args: ["${SECRET}", "${NOBODY}"]}]}}
  - apiVersion: cloud.redhat.com/v1alpha1
    kind: ClowdApp
    metadata: {name: app}
    spec:
      deployments:
        - name: worker
          minReplicas: ${{REPLICAS}}
          podSpec: {image: shop, args: [celery], env: [{name: A, value: "1"}], initContainers: [{command: [migrate]}]}
      jobs:
        - {name: night, schedule: "@daily", podSpec: {image: shop}}
        - {name: now, podSpec: {image: shop}}
parameters:
  - {name: NAME, value: shop}
  - {name: REPLICAS, value: "4"}
  - {name: SECRET, required: true}
"""


def test_a_template_of_openshift_is_processed_with_its_defaults() -> None:
    found = only(TEMPLATE)
    web = found["shop-web"]
    assert (str(web.replicas), web.replicas.certainty, web.replicas.place) == (
        "4",
        Certainty.ASSUMED,
        "k8s/all.yaml:23",
    )
    assert words(web.command) == [None, "${NOBODY}"]


def test_a_clowdapp_stands_for_workloads() -> None:
    found = {name: (s.role, str(s.replicas), str(s.image), environment(s)) for name, s in only(TEMPLATE).items()}
    del found["shop-web"]
    assert found == {
        "app-worker-worker": (Role.RELEASE, "1..4", "shop", {"A": "1"}),
        "app-worker": (Role.SERVICE, "4", "shop", {"A": "1"}),
        "app-night": (Role.SCHEDULED, "1", "shop", {}),
        "app-now": (Role.RELEASE, "1", "shop", {}),
    }


APP = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: NAME}\nspec: {template: {spec: {containers: [{name: c}]}}}\n"


def test_a_folder_is_a_stack_and_components_below_one_root_are_one() -> None:
    found = stacks(
        {
            "k8s/web/web.yaml": APP.replace("NAME", "web"),
            "k8s/db/db.yaml": APP.replace("NAME", "db"),
            "ops/a/x.yaml": APP.replace("NAME", "x"),
            "ops/dev/x.yaml": APP.replace("NAME", "x"),
        }
    )
    assert [(s.name, sorted(services(s)), s.development) for s in found] == [
        ("k8s", ["db", "web"], False),
        ("ops/a", ["x"], False),
        ("ops/dev", ["x"], True),
    ]


def test_variants_below_one_root_stay_apart() -> None:
    variants = {f"k8s/{name}/web.yaml": APP.replace("NAME", "web") for name in ("one", "two")}
    assert [stack.name for stack in stacks(variants)] == ["k8s/one", "k8s/two"]


def test_manifests_beside_a_chart_at_the_root_are_manifests() -> None:
    files = {"Chart.yaml": "name: c\n", "templates/sub/a.yaml": APP, "k8s/web.yaml": APP.replace("NAME", "web")}
    assert [stack.name for stack in stacks(files)] == ["k8s"]


def test_what_belongs_to_a_chart_or_a_kustomization_is_left_to_it() -> None:
    files = {
        "chart/Chart.yaml": "name: c\n",
        "chart/templates/a.yaml": APP,
        "base/kustomization.yaml": "resources: [web.yaml]\npatches: [{path: p.yaml}]\n",
        "base/web.yaml": APP,
        "base/p.yaml": APP,
    }
    assert stacks(files) == ()


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: Deployment}\n",
        "openapi: 3.0.0\ncomponents: {schemas: {x: {apiVersion: a, kind: Deployment}}}\n",
        "kind: Deployment\nspec: {template: {spec: {containers: [{name: c}]}}}\n",
        "",
    ],
)
def test_what_is_no_workload_yields_nothing(text: str) -> None:
    assert stacks({"a.yaml": text}) == ()


def test_bad_yaml_is_a_problem_of_its_file() -> None:
    (stack,) = stacks({"a.yaml": "kind: Deployment\n  apiVersion: [\n"})
    assert [(p.code, p.fatal) for d in stack.documents for p in d.problems] == [("syntax", True)]


@pytest.mark.parametrize(("text", "value"), [("2", 2), ("500m", 0.5), ("1.5", 1.5), ("0.1", 0.1)])
def test_quantities(text: str, value: float) -> None:
    source = Source("a", text)
    assert cores(Leaf(Word.of(Text.of(source.span(0, len(text)))), True)).only == value


KEYS = st.sampled_from(
    ["spec", "template", "containers", "env", "envFrom", "name", "value", "kind", "metadata", "replicas", "volumes",
     "configMap", "data", "selector", "ports", "command", "args", "items", "apiVersion", "labels"]
)  # fmt: skip
SCALARS = st.sampled_from(
    ["Deployment", "Service", "ConfigMap", "CronJob", "web", "3", "$(web)", "", "null", "25%", "-1"]
)
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=25
)


@given(
    DATA,
    st.sampled_from(["Deployment", "Pod", "Service", "ConfigMap", "CronJob", "Cluster", "HorizontalPodAutoscaler"]),
)
def test_no_shape_of_data_raises(data: object, kind: str) -> None:
    text = f"apiVersion: postgresql.cnpg.io/v1\nkind: {kind}\nmetadata: {json.dumps(data)}\nspec: {json.dumps(data)}\n"
    stacks({"a.yaml": text, "b.yaml": DEPLOYMENT})


def test_variables_that_double_do_not_grow_for_ever() -> None:
    lines = [f"            - {{name: V{n}, value: '$(V{n - 1})$(V{n - 1})'}}" for n in range(1, 60)]
    text = DEPLOYMENT.replace(
        '            - {name: WORKERS, value: "4"}', "            - {name: V0, value: abcdef}\n" + "\n".join(lines)
    )
    start = time.process_time()
    web = only(text)["web"]
    assert web.environment["V59"].is_unknown
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    "line", ["__TOLERATIONS__", "@VOLUMES@", "%%VOLUMES%%", "<volumes>", "${VOLUMES}", "{{ volumes }}"]
)
def test_what_a_script_fills_in_first_is_no_manifest_that_cannot_be_read(line: str) -> None:
    manifest = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n{}\n      containers: []\n"
    assert stacks({"web.yaml": manifest.format(line)}) == ()
    (broken,) = stacks({"web.yaml": manifest.format("volumes")})
    assert [problem.code for document in broken.documents for problem in document.problems] == ["syntax"]
