"""What the child of os.fork() runs, and how the parent's connection is when it forks."""

from __future__ import annotations

import pytest
from uncovering import uncovered

HEAD = "import os\nimport sys\nfrom django.db import connections\nfrom shop.models import Order\n\n\ndef work():\n    Order.objects.count()\n\n\n"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("pid = os.fork()\n    if pid == 0:\n        work()", 1),
        ("pid = os.fork()\n    if not pid:\n        work()", 1),
        ("if os.fork() == 0:\n        work()", 1),
        ("pid = os.fork()\n    if pid:\n        return\n    work()", 1),
        ("pid = os.fork()\n    if pid > 0:\n        os.waitpid(pid, 0)\n    else:\n        work()", 1),
        ("if os.fork():\n        os._exit(0)\n    work()", 0),  # a daemon: its parent goes away
        ("if os.fork() > 0:\n        sys.exit()\n    work()", 0),
        ("connections.close_all()\n    if os.fork() == 0:\n        work()", 0),
        ("if os.fork() == 0:\n        connections.close_all()\n        work()", 0),
        ("if os.fork() == 0:\n        print(1)", 0),
        ("if os.fork() == 0:\n        print(1)\n    else:\n        work()", 0),
    ],
)
def test_the_child_of_a_fork(body: str, found: int) -> None:
    assert len(uncovered(f"{HEAD}def start():\n    {body}\n")) == found


def test_the_parent_is_known_to_use_the_connection_before_the_fork_only_where_it_does() -> None:
    used = f"{HEAD}def start():\n    Order.objects.first()\n    if os.fork() == 0:\n        work()\n"
    after = f"{HEAD}def start():\n    if os.fork() == 0:\n        work()\n    Order.objects.first()\n"
    assert [start.parent_uses for start in uncovered(used)] == [True]
    assert [start.parent_uses for start in uncovered(after)] == [False]
