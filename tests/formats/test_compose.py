"""Compose files as stacks of services, with the place of everything that counts."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connlint.formats.compose.reader import read_compose
from connlint.formats.services import Role, Service, Stack
from connlint.formats.words import texts
from connlint.project.tree import Tree
from connlint.value import Certainty, Origin, Value

NAME = "compose.yml"


def stacks(files: Mapping[str, str], declared: Mapping[str, Value] | None = None) -> tuple[Stack, ...]:
    tree = Tree(None, files)
    paths = [path for path in sorted(files) if path.endswith((".yml", ".yaml"))]
    return read_compose(tree, paths, declared or {})


def stack(files: Mapping[str, str] | str, declared: Mapping[str, Value] | None = None) -> Stack:
    found = [s for s in stacks({NAME: files} if isinstance(files, str) else files, declared) if not s.spare]
    assert len(found) == 1
    return found[0]


def services(files: Mapping[str, str] | str, declared: Mapping[str, Value] | None = None) -> dict[str, Service]:
    found = stack(files, declared)
    assert [p for d in found.documents for p in d.problems] == []
    return {service.name: service for service in found.services}


def service(text: str, others: Mapping[str, str] | None = None) -> Service:
    """The service `web` with these fields, one a line."""
    body = "".join(f"    {line}\n" for line in text.splitlines())
    return services({NAME: f"services:\n  web:\n{body}", **(others or {})})["web"]


def environment(found: Service) -> dict[str, object]:
    return {name: value.only if value.is_exact else None for name, value in found.environment.items()}


def problems(files: Mapping[str, str] | str) -> list[tuple[str, bool, int]]:
    found = stacks({NAME: files} if isinstance(files, str) else files)
    return [(p.code, p.fatal, p.span.line) for s in found for d in s.documents for p in d.problems]


def test_a_service_with_all_that_counts() -> None:
    web = service(
        "image: shop:1\nbuild: {context: app, dockerfile: docker/Dockerfile, target: prod, args: {V: 3}}\n"
        "command: gunicorn -w ${W:-4} shop.wsgi\nentrypoint: [/entry.sh, 'a b']\nworking_dir: /srv\n"
        "container_name: shop\nhostname: front\nnetworks: {back: {aliases: [api]}}\nports: ['8080:80']\n"
        "scale: 3\nvolumes: ['./conf:/etc/conf:ro', 'data:/data']\ndeploy: {resources: {limits: {cpus: '1.5'}}}"
    )
    assert web.command is not None
    assert web.entrypoint is not None
    assert web.build is not None
    assert texts(web.command.words) == ["gunicorn", "-w", "4", "shop.wsgi"]
    assert texts(web.entrypoint.words) == ["/entry.sh", "a b"]
    assert (web.build.context, web.build.dockerfile, web.build.target) == ("app", "app/docker/Dockerfile", "prod")
    assert {name: value.only for name, value in web.build.arguments.items()} == {"V": "3"}
    assert (str(web.image), web.directory, str(web.replicas)) == ("shop:1", "/srv", "3")
    assert web.names == {"web", "shop", "front", "api"}
    assert web.ports == ((8080, 80),)
    assert [(m.source, m.target) for m in web.mounts] == [("conf", "/etc/conf")]
    assert {name: value.only for name, value in web.extra.items()} == {"cpus": 1.5}
    assert (web.span.text, web.span.line, web.role) == ("web", 2, Role.SERVICE)


def test_numbers_have_their_exact_place() -> None:
    web = service("command: gunicorn --workers=12 app\ndeploy:\n  replicas: 5")
    assert web.command is not None
    number = web.command.words[1].without(len("--workers="))
    assert (number.exact, number.span.text, number.span.place) == ("12", "12", "compose.yml:3")
    assert web.replicas.span is not None
    assert (web.replicas.only, web.replicas.span.text, web.replicas.span.line) == (5, "5", 5)


@pytest.mark.parametrize(
    ("form", "words", "stated"),
    [
        ("command: [a, 'b c']", ["a", "b c"], True),
        ("command: a 'b c'", ["a", "b c"], True),
        ("command: >\n  a\n  b", ["a", "b"], True),
        ("command: |\n  a\n  b", ["a", "b"], True),
        ("command:", None, False),
        ("command: []", None, False),
        ("entrypoint:", None, False),
        ("entrypoint: []", [], True),
        ("entrypoint: ''", [], True),
    ],
)
def test_forms_of_commands(form: str, words: list[str] | None, stated: bool) -> None:
    web = service(form)
    found = web.entrypoint if form.startswith("entrypoint") else web.command
    assert (found is not None) == stated
    assert (None if found is None else texts(found.words)) == words


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("environment: {A: x, B: 1, C: true, D: 1.50, E: 010, F: '010', G: yes}",
         {"A": "x", "B": "1", "C": "true", "D": "1.5", "E": "8", "F": "010", "G": "yes"}),
        ("environment: ['A=x', B=, C=a=b, A=y]", {"A": "y", "B": "", "C": "a=b"}),
        ("environment: {A: null}", {"A": None}),
        ("environment: [A]", {"A": None}),
        ("environment: ['A=${X:-d}', B=$X, C=$$X]", {"A": "d", "B": None, "C": "$X"}),
    ],
)  # fmt: skip
def test_forms_of_environments(form: str, expected: dict[str, object]) -> None:
    assert environment(service(form)) == expected


def test_a_bare_name_is_taken_from_the_dotenv_file_or_from_what_is_declared() -> None:
    files = {NAME: "services: {web: {environment: [A, B, C]}}\n", ".env": "A=1\nB=2\n"}
    found = services(files, {"B": Value.exact("9", Origin.declared(None, "--env"))})["web"].environment
    assert found["A"].is_exact
    assert (found["A"].only, found["B"].only, found["C"].reason) == ("1", "9", "C is set in no file")
    assert [o.span.place for o in found["A"].origins if o.span] == [".env:1", "compose.yml:1"]
    assert (found["A"].certainty, found["B"].certainty) == (Certainty.EXACT, Certainty.DECLARED)


def test_env_files_lie_below_the_environment_and_over_each_other() -> None:
    files = {
        NAME: "services:\n  web:\n    env_file: [a.env, {path: b.env}, {path: gone.env, required: false}, none.env]\n"
        "    environment: {C: own}\n",
        "a.env": "A=a\nB=a\nC=a\n", "b.env": "B=b-$A-$C\n",
    }  # fmt: skip
    web = services(files)["web"]
    assert environment(web) == {"A": "a", "B": "b-a-own", "C": "own"}
    assert [(span.text, reason) for span, reason in web.elsewhere] == [
        ("gone.env", "gone.env is not in the repository"), ("none.env", "none.env is not in the repository")
    ]  # fmt: skip
    assert [d.path for d in stack(files).documents] == [NAME, "a.env", "b.env"]


def test_an_env_file_that_is_named_twice_stays_in_its_first_place() -> None:
    files = {
        NAME: "services: {web: {env_file: [b.env, a.env, b.env]}}\n",
        "a.env": "A=a\nF=$A$B\n", "b.env": "A=b\nB=b\n",
    }  # fmt: skip
    assert environment(services(files)["web"]) == {"A": "a", "B": "b", "F": "ab"}


def test_an_override_file_is_laid_over_the_base() -> None:
    base = (
        "services:\n  web:\n    image: shop\n    command: base\n    environment: {A: 1, B: 1}\n    ports: ['80:80']\n"
        "    volumes: ['./a:/a', './b:/b']\n    deploy: {replicas: 2}\n  db: {image: postgres}\n"
    )
    over = (
        "services:\n  web:\n    command: [over]\n    environment: [B=2, C=3]\n    ports: ['81:81']\n"
        "    volumes: ['./c:/b']\n    build: .\n"
    )
    found = stack({NAME: base, "compose.override.yml": over})
    web = found.services[0]
    assert (found.name, found.development) == ("compose.yml + compose.override.yml", True)
    assert [s.name for s in found.services] == ["web", "db"]
    assert environment(web) == {"A": "1", "B": "2", "C": "3"}
    assert web.command is not None
    assert (texts(web.command.words), web.command.span.path) == (["over"], "compose.override.yml")
    assert web.ports == ((80, 80), (81, 81))
    assert {m.target: m.source for m in web.mounts} == {"/a": "a", "/b": "c"}
    assert (str(web.replicas), str(web.image), web.build is not None) == ("2", "shop", True)


def test_reset_and_override_tags_and_null() -> None:
    base = "services: {web: {image: shop, command: base, ports: ['80:80'], environment: {A: 1}, volumes: ['./a:/a']}}\n"
    over = (
        "services: {web: {image: null, command: null, ports: !reset [], environment: !override {B: 2}, "
        "volumes: !override ['./b:/b']}}\n"
    )
    web = stack({NAME: base, "compose.override.yml": over}).services[0]
    assert (str(web.image), web.command, web.ports, environment(web)) == ("shop", None, (), {"B": "2"})
    assert [m.target for m in web.mounts] == ["/b"]


def test_a_variant_that_cannot_start_alone_is_laid_over_the_base() -> None:
    files = {
        "docker-compose.yml": "services: {web: {image: shop}, db: {image: postgres}}\n",
        "docker-compose.override.yml": "services: {web: {command: dev}}\n",
        "docker-compose.prod.yml": "services: {web: {command: prod}}\n",
        "docker-compose.prod.tls.yml": "services: {web: {command: tls}, proxy: {image: nginx, depends_on: [web]}}\n",
        "docker-compose.alone.yml": "services: {web: {image: other}}\n",
        "deploy/compose.cache.yml": "services: {cache: {image: redis, links: ['db:store']}}\n",
    }
    found = {s.name: [x.name for x in s.services] for s in stacks(files)}
    assert found == {
        "docker-compose.yml + deploy/compose.cache.yml": ["web", "db", "cache"],
        "docker-compose.alone.yml": ["web"],
        "docker-compose.yml + docker-compose.override.yml": ["web", "db"],
        "docker-compose.yml + docker-compose.prod.tls.yml": ["web", "db", "proxy"],
        "docker-compose.yml + docker-compose.prod.yml": ["web", "db"],
    }


def test_a_base_whose_override_may_be_left_out_is_spare() -> None:
    base, override = "services: {web: {image: shop, command: serve}}\n", "services: {web: {command: reload}}\n"
    files = {"compose.yml": base, "compose.override.yml": override}
    assert [(s.name, s.spare, s.development) for s in stacks(files)] == [
        ("compose.yml + compose.override.yml", False, True),
        ("compose.yml", True, False),
    ]
    with_another = {**files, "compose.prod.yml": override}
    assert not any(s.spare for s in stacks(with_another))
    assert not any(s.spare for s in stacks({**files, "compose.yml": "services: {web: {command: serve}}\n"}))


def test_a_build_that_only_chooses_a_target_is_put_into_the_base_s() -> None:
    files = {
        "compose.yml": "services: {web: {image: shop:dev, build: {context: ., target: dev}}, db: {image: postgres}}\n",
        "docker/compose.prod.yml": "services: {web: {image: shop:1, build: {target: prod}, command: serve}}\n",
    }
    prod = stacks(files)[-1]
    web, db = prod.services
    assert prod.name == "compose.yml + docker/compose.prod.yml"
    assert (web.name, str(web.image), db.name) == ("web", "shop:1", "db")
    assert web.build is not None
    assert (web.build.dockerfile, web.build.target) == ("Dockerfile", "prod")


def test_a_service_that_no_file_can_start_does_not_keep_the_others_from_their_base() -> None:
    files = {
        "compose.yml": "services: {web: {image: shop}}\n",
        "compose.tls.yml": "services: {web: {command: tls}, left-over: {command: old}}\n",
    }
    assert [s.name for s in stacks(files)] == ["compose.yml + compose.tls.yml", "compose.yml"]


def test_which_of_several_bases_is_meant_is_not_guessed() -> None:
    files = {
        "compose.mysql.yml": "services: {db: {image: mysql}}\n",
        "compose.postgres.yml": "services: {db: {image: postgres}}\n",
        "compose.web.yml": "services: {web: {image: shop, depends_on: [db]}}\n",
    }
    assert [s.name for s in stacks(files)] == ["compose.mysql.yml", "compose.postgres.yml", "compose.web.yml"]


def test_compose_file_in_the_dotenv_file_names_the_files() -> None:
    files = {
        "compose.yml": "services: {web: {image: shop, command: base}}\n",
        "prod.compose.yml": "services: {web: {command: prod}}\n",
        ".env": "COMPOSE_FILE=compose.yml:prod.compose.yml\n",
    }
    (found,) = stacks(files)
    assert (found.name, found.development) == ("compose.yml + prod.compose.yml", False)


@pytest.mark.parametrize(
    ("path", "development"),
    [("compose.yml", False), ("compose.dev.yml", True), ("docker-compose.ci.yaml", True), ("compose.prod.yml", False),
     (".devcontainer/compose.yml", True), ("local/compose.yml", True), ("docker-stack.yml", False)],
)  # fmt: skip
def test_a_developers_file_is_known_by_its_name(path: str, development: bool) -> None:
    assert stack({path: "services: {web: {image: shop}}\n"}).development is development


def test_extends_of_the_same_file_and_of_another_with_its_own_folder() -> None:
    files = {
        NAME: "services:\n  base: {image: shop, environment: {A: 1}}\n"
        "  web: {extends: base, environment: {B: 2}}\n"
        "  worker: {extends: {file: parts/common.yml, service: work}, command: own}\n",
        "parts/common.yml": "services:\n  work: {extends: root, command: shared, env_file: w.env}\n"
        "  root: {build: app, volumes: ['./x:/x']}\n",
        "parts/w.env": "W=1\n",
    }
    found = services(files)
    assert environment(found["web"]) == {"A": "1", "B": "2"}
    worker = found["worker"]
    assert worker.build is not None
    assert worker.command is not None
    assert (texts(worker.command.words), worker.build.dockerfile, environment(worker)) == (
        ["own"], "parts/app/Dockerfile", {"W": "1"}
    )  # fmt: skip
    assert [m.source for m in worker.mounts] == ["parts/x"]


def test_included_files_have_their_own_folder_and_dotenv_file_and_are_no_stack_of_their_own() -> None:
    files = {
        NAME: "include:\n  - db/compose.db.yml\n  - {path: [q/q.yml, q/over.yml], project_directory: .}\n"
        "services: {web: {image: shop}}\n",
        "db/compose.db.yml": "services: {db: {image: 'pg:${V}', env_file: db.env, scale: '${N}'}}\n",
        "db/.env": "V=15\nN=2\n", "db/db.env": "X=1\n", ".env": "N=3\n",
        "q/q.yml": "services: {q: {build: ., command: one}}\n", "q/over.yml": "services: {q: {command: two}}\n",
    }  # fmt: skip
    found = services(files)
    assert {n: (str(s.image), str(s.replicas)) for n, s in found.items() if n != "q"} == {
        "db": ("pg:15", "3"), "web": ("shop", "1")
    }  # fmt: skip
    assert found["q"].build is not None
    assert found["q"].command is not None
    assert (found["q"].build.context, texts(found["q"].command.words)) == ("", ["two"])
    assert environment(found["db"]) == {"X": "1"}


def test_the_folder_of_a_build_without_context() -> None:
    files = {
        NAME: "include: [a/a.yml]\nservices: {web: {extends: {file: b/b.yml, service: base}}}\n",
        "a/a.yml": "services: {inner: {build: {target: t}}}\n",
        "b/b.yml": "services: {base: {build: {target: t}}}\n",
    }
    builds = {name: found.build for name, found in services(files).items()}
    assert {name: build.dockerfile for name, build in builds.items() if build is not None} == {
        "inner": "a/Dockerfile", "web": "Dockerfile"
    }  # fmt: skip


def test_anchors_aliases_merge_keys_and_extensions() -> None:
    text = (
        "x-env: &env {A: 1, B: 1}\nx-app: &app\n  image: shop\n  environment: *env\nservices:\n  web:\n    <<: *app\n"
        "    environment: {<<: *env, B: 2}\n  worker: {<<: *app, command: work}\n"
    )
    found = services(text)
    assert environment(found["web"]) == {"A": "1", "B": "2"}
    assert environment(found["worker"]) == {"A": "1", "B": "1"}
    assert found["worker"].environment["A"].span is not None
    assert found["worker"].environment["A"].span.line == 1


@pytest.mark.parametrize(
    ("form", "replicas", "reason"),
    [
        ("image: x", "1", ""),
        ("scale: 0", "0", ""),
        ("deploy: {replicas: '${N:-6}'}", "6", ""),
        ("deploy: {replicas: '${N}'}", "unknown", "N is set in no file"),
        ("deploy: {mode: global}", "unknown", "one runs on each node of the swarm"),
        ("deploy: {replicas: many}", "unknown", "it is not a number"),
    ],
)
def test_replicas(form: str, replicas: str, reason: str) -> None:
    found = service(form).replicas
    assert (str(found), found.reason) == (replicas, reason)


@pytest.mark.parametrize(
    ("form", "surge"),
    [
        ("{replicas: 4}", "0"),
        ("{replicas: 4, update_config: {parallelism: 2}}", "0"),
        ("{replicas: 4, update_config: {order: start-first}}", "1"),
        ("{replicas: 4, update_config: {order: start-first, parallelism: 2}}", "2"),
        ("{replicas: 4, update_config: {order: start-first, parallelism: 9}}", "4"),
        ("{replicas: 4, update_config: {order: start-first, parallelism: 0}}", "4"),
        ("{replicas: 4, update_config: {order: stop-first, parallelism: 2}}", "0"),
    ],
)
def test_how_many_more_run_during_a_deploy(form: str, surge: str) -> None:
    assert str(service(f"deploy: {form}").surge) == surge


def test_roles() -> None:
    text = (
        "services:\n  migrate: {image: x, restart: 'no'}\n  seed: {image: x, restart: 'no'}\n"
        "  web: {image: x, depends_on: {migrate: {condition: service_completed_successfully}, db: {condition: service_healthy}}}\n"
        "  db: {image: pg}\n  debug: {image: x, profiles: [debug]}\n  job: {image: x, deploy: {mode: replicated-job}}\n"
    )
    assert {n: s.role for n, s in services(text).items()} == {
        "migrate": Role.RELEASE, "seed": Role.SERVICE, "web": Role.SERVICE, "db": Role.SERVICE, "debug": Role.ONCE,
        "job": Role.RELEASE,
    }  # fmt: skip
    assert services({NAME: text, ".env": "COMPOSE_PROFILES=a,debug\n"})["debug"].role is Role.SERVICE


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ("['8080:80', 127.0.0.1:5433:5432, '[::1]:1:2', '53:53/udp', '90', 91]", ((8080, 80), (5433, 5432), (1, 2))),
        ("['9000-9002:80-82']", ((9000, 80), (9001, 81), (9002, 82))),
        ("[8000:8001]", ((8000, 8001),)),
        ("[{target: 80, published: 8080}, {target: 5, published: '6', protocol: udp}, {target: 7}]", ((8080, 80),)),
        ("['${P:-7000}:80', '$P:81']", ((7000, 80),)),
    ],
)
def test_published_ports(ports: str, expected: tuple[tuple[int, int], ...]) -> None:
    assert service(f"ports: {ports}").ports == expected


def test_mounts_of_volumes_configs_and_secrets() -> None:
    text = (
        "services:\n  pg:\n    image: pg\n    volumes:\n      - ./pg.conf:/etc/pg.conf:ro\n"
        "      - {type: bind, source: ./init, target: /init/}\n      - {type: volume, source: data, target: /data}\n"
        "      - /etc/localtime:/etc/localtime\n      - ~/x:/x\n    configs: [one, {source: two, target: /two}, three]\n"
        '    secrets: [key]\nconfigs:\n  one: {file: ./one.ini}\n  two: {file: two.ini}\n  three: {content: "a = 1\\n"}\n'
        "secrets: {key: {file: key.txt}}\n"
    )
    pg = services(text)["pg"]
    assert [(m.source, m.target) for m in pg.mounts] == [
        ("pg.conf", "/etc/pg.conf"), ("init", "/init"), ("one.ini", "/one"), ("two.ini", "/two"),
        ("key.txt", "/run/secrets/key"),
    ]  # fmt: skip
    assert {path: source.text for path, source in pg.files.items()} == {"/three": "a = 1\n"}


@pytest.mark.parametrize("build", ["'${WHERE}'", "https://example.org/shop.git", "{context: ., dockerfile: '${FILE}'}"])
def test_an_image_that_is_built_somewhere_else_is_unknown(build: str) -> None:
    web = service(f"build: {build}")
    assert web.image is not None
    assert (web.build, web.image.reason) == (None, "where its image is built from is not known")


def test_links_give_other_names() -> None:
    found = services("services: {web: {image: x, links: ['db:store', cache]}, db: {image: pg}, cache: {image: r}}\n")
    assert {n: s.names for n, s in found.items()} == {"web": {"web"}, "db": {"db", "store"}, "cache": {"cache"}}


def test_swarm_reads_no_dotenv_file() -> None:
    files = {"docker-stack.yml": "services: {web: {image: 'x:${TAG}'}}\n", ".env": "TAG=1\n"}
    image = services(files)["web"].image
    assert image is not None
    assert image.reason == "TAG is set in no file"


def test_the_first_format_of_compose_files() -> None:
    assert list(services("web:\n  image: x\ndb:\n  image: pg\n")) == ["web", "db"]


def test_documents_of_one_file_are_laid_over_each_other() -> None:
    assert environment(
        services("services: {web: {environment: {A: 1}}}\n---\nservices: {web: {environment: [A=2]}}\n")["web"]
    ) == {"A": "2"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("services:\n  web: {{ x }}\n  {% if y %}\n", [("template", False, 3)]),
        ("services:\n  web: [\n", [("syntax", True, 3)]),
        ("services:\n  web: {image: a}\n  web: {image: b}\n", [("duplicate-key", True, 3)]),
        ("services:\n  web:\n    image: '${'\n", [("syntax", True, 3)]),
        ('services:\n  web:\n    command: "sh -c \'a"\n', [("syntax", True, 3)]),
        ("services:\n  a: {extends: b}\n  b: {extends: a}\n", [("cycle", False, 2), ("cycle", False, 3)]),
        ("services:\n  a: {extends: none}\n", [("syntax", True, 2)]),
        ("include: [compose.yml]\n", [("cycle", False, 1)]),
        ("include:\n  - gone.yml\n", [("unreadable", False, 2)]),
        ("include:\n  - ../../x.yml\n", [("outside-project", False, 2)]),
        ("services:\n  a:\n    env_file: /etc/x.env\n", [("outside-project", False, 3)]),
    ],
)
def test_what_is_wrong_is_a_problem_with_a_place(text: str, expected: list[tuple[str, bool, int]]) -> None:
    assert problems(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "a", "[]", "services:", "services: []", "services: {web: }", "services: {web: 1}", "services: {web: []}", "services: {? [a] : b}",
     "services: {web: {command: {a: b}, environment: 1, env_file: {a: b}, ports: 1, volumes: x, build: [], deploy: 1,"
     " networks: 1, depends_on: 1, links: {a: b}, extends: [], configs: 1, secrets: [{}], profiles: x, image: [], scale: {}}}",
     "services: {web: {volumes: [1, {}, [], ''], ports: [[], null, {target: []}, '99999999:1'], env_file: [[], {}, null]}}"],
)  # fmt: skip
def test_odd_shapes_are_read_for_what_they_have(text: str) -> None:
    stack(text)


def test_a_file_that_cannot_be_read_is_a_stack_without_services() -> None:
    (found,) = read_compose(Tree(None, {}), ["compose.yml"], {})
    assert (found.services, [p.code for d in found.documents for p in d.problems]) == ((), ["missing"])


def test_files_beyond_the_limit_say_that_they_are_not_read() -> None:
    found = stacks({f"compose.{i:03}.yml": "services: {a: {image: x}}\n" for i in range(302)})
    unread = [s.name for s in found if [p.code for d in s.documents for p in d.problems] == ["too-large"]]
    assert (len(found), unread) == (302, ["compose.300.yml", "compose.301.yml"])


def test_values_are_in_no_message() -> None:
    text = "services:\n  web:\n    environment: {P: 'hunter2${'}\n    command: \"hunter2 'x\"\n    env_file: e.env\n"
    found = stack({NAME: text, "e.env": "A=1\nhunter2 x=1\n"})
    assert len([p for d in found.documents for p in d.problems]) == 3
    assert "hunter2" not in " ".join(p.message for d in found.documents for p in d.problems)


_EXTENDS = "".join(f"  s{i}: {{extends: s{i + 1}, environment: {{A{i}: 1}}}}\n" for i in range(3000))


@pytest.mark.parametrize(
    "files",
    [
        {NAME: f"services:\n{_EXTENDS}  s3000: {{image: x}}\n"},
        {NAME: "services:\n  base: {environment: {" + ", ".join(f"A{i}: 1" for i in range(5000)) + "}}\n"
               + "".join(f"  s{i}: {{extends: base}}\n" for i in range(900))},
        {f"c{i}.yml": f"include: [c{i + 1}.yml, c{i + 1}.yml, c{i + 1}.yml]\nservices: {{s: {{image: x}}}}\n" for i in range(25)},
        {NAME: "services:\n" + "".join(f"  s{i}: {{env_file: e.env}}\n" for i in range(1000)), "e.env": "A=$B\n" * 30_000},
        {NAME: "services: {w: {ports: ['1-60000:1-60000', " + "'1-60000:1-60000', " * 500 + "]}}\n"},
        {NAME: "services: {a: {image: x, labels: [" + "a, " * 200_000 + "]}}\n",
         **{f"compose.{i}.yml": "services: {a: {command: b}}\n" for i in range(280)}},
        {NAME: "x-a: [" + "a, " * 200_000 + "]\nservices: {a: {image: x}}\n",
         **{f"compose.{i}.yml": "services: {a: {command: b}}\n" for i in range(280)}},
        {f"docker-compose.{i}.yml": f"services: {{a{i}: {{depends_on: [a{i + 1}, b]}}}}\n" for i in range(300)},
    ],
)  # fmt: skip
def test_hostile_files_take_little_time(files: dict[str, str]) -> None:
    start = time.process_time()
    stacks(files)
    assert time.process_time() - start < 3


_PIECES = st.lists(
    st.sampled_from(
        ["services:", "\n", "\n  ", "\n    ", "\n      ", "- ", "web:", " a", " {", "}", " [", "]", ", ", "extends: ", "command: ", "include:",
         "env_file: ", "environment: ", "build: ", "${A:-b}", "${", "$A", "'", '"', "compose.yml", "ports: ", "1:2", "volumes: ", "./a:/b",
         "deploy: ", "replicas: 3", "profiles: ", "!reset ", "!override ", "&x", "*x", "<<: ", "---\n", "null", "depends_on: ", "file: "]
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(_PIECES, _PIECES)
def test_any_files_are_read(base: list[str], over: list[str]) -> None:
    for found in stacks({NAME: "".join(base), "compose.override.yml": "".join(over), ".env": "".join(over)}):
        for one in found.services:
            assert str(one.replicas)
            assert one.span.line >= 1
