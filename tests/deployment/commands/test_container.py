"""Which file of the project a process means by a name."""

from __future__ import annotations

from launching import launched, only, size

from connlint.deployment.commands.container import Container
from connlint.formats.services import Mount
from connlint.project.tree import Tree
from connlint.source import Source
from connlint.value import Certainty

FILES = {"deploy/conf/gunicorn.py": "workers = 3\n", "app/x.py": "", "deploy/start.sh": "exec gunicorn a -w 2\n"}


def test_the_longest_target_that_has_the_file_wins() -> None:
    container = Container(Tree(None, FILES), (Mount("", "/"), Mount("app", "/srv"), Mount("deploy", "/srv/deploy")))
    assert container.locate("/srv/deploy/start.sh") == "deploy/start.sh"
    assert container.locate("start.sh", "/srv/deploy") == "deploy/start.sh"
    assert container.locate("/srv/x.py") == "app/x.py"
    assert container.locate("/srv/deploy/none.py") == "deploy/none.py"
    assert container.locate("/app/x.py") == "app/x.py"


def test_nothing_outside_of_the_project_is_named() -> None:
    container = Container(Tree(None, FILES), (Mount("app", "/srv"),))
    assert container.locate("/etc/passwd") is None
    assert container.locate("../x.py") is None
    assert container.locate("../../etc/passwd", "/srv") is None


def test_a_file_inside_another_file() -> None:
    inline = Source("config.yaml", "workers = 9\n")
    assert Container(Tree(None, FILES), (), {"/etc/g.py": inline}).text("g.py", "/etc") is inline


def test_a_guess_must_be_the_only_one() -> None:
    container = Container(Tree(None, {"a/run.sh": "", "b/run.sh": "", "b/c/one.sh": ""}))
    assert container.guess("/opt/b/run.sh") == "b/run.sh"
    assert container.guess("/opt/run.sh") is None
    assert container.guess("/one.sh") == "b/c/one.sh"
    assert container.guess("/ne.sh") is None


def test_what_is_read_from_a_guess_is_assumed() -> None:
    launch = only("gunicorn shop.wsgi -c /etc/shop/gunicorn.py", FILES)
    assert size(launch) == "3 x 1 sync"
    assert launch.started.processes.certainty is Certainty.ASSUMED
    [started] = launched("/start.sh", FILES).found
    assert size(started) == "2 x 1 sync"
    assert started.started.processes.certainty is Certainty.ASSUMED


def test_configurations_in_the_folders_that_a_package_includes() -> None:
    files = {"conf/web.conf": "[program:web]\ncommand=gunicorn a -w 2\n"}
    [launch] = launched(
        "supervisord -n", files, mounts=(Mount("conf/web.conf", "/etc/supervisor/conf.d/web.conf"),)
    ).found
    assert size(launch) == "2 x 1 sync"
    [same] = launched("supervisord -n", files, mounts=(Mount("conf", "/etc/supervisor/conf.d"),)).found
    assert size(same) == "2 x 1 sync"


def test_what_supervisord_includes_is_found_where_the_container_has_it() -> None:
    files = {
        "conf/supervisord.conf": "[supervisord]\n[include]\nfiles = /srv/programs/*.conf extra/*.conf\n"
        "[program:beat]\ncommand=celery -A shop beat -s %(here)s/beat\n",
        "programs/worker.conf": "[program:worker]\ncommand=celery -A shop worker -c 2\n",
        "conf/extra/web.conf": "[program:web]\ncommand=gunicorn -w 3 shop.wsgi\n",
    }
    mounts = (Mount("conf", "/etc/sv"), Mount("programs", "/srv/programs"))
    found = launched("supervisord -c /etc/sv/supervisord.conf", files, mounts=mounts)
    assert not found.unresolved
    assert sorted((each.name, each.started.processes.only) for each in found.found) == [
        ("celery beat", 1), ("celery worker", 2), ("gunicorn", 3),
    ]  # fmt: skip
    (beat,) = [each for each in found.found if each.name == "celery beat"]
    assert [word.exact for word in beat.words][-1] == "/etc/sv/beat"
