"""What the rules about forks offer: load the application in each worker instead of before the fork."""

from __future__ import annotations

from connlint.deployment.model import ProcessGroup
from connlint.finding import Fix
from connlint.fixing.lines import put_beside, switch


def load_later(group: ProcessGroup) -> Fix | None:
    """Where gunicorn's file says preload_app, or uWSGI's ini says nothing about lazy-apps."""
    document = group.document
    if document is None:
        return None
    if group.server == "gunicorn":
        return switch(group.preload, "False", "load the application in each worker: preload_app = False")
    if group.server != "uwsgi" or "lazy-apps" in document.settings or "lazy" in document.settings:
        return None
    title = "load the application in each worker: lazy-apps = true"
    return put_beside((group.processes.span,), "lazy-apps", "true", title)
