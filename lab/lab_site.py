"""A Django site of one view that queries the database; its connections are set by variables."""

from __future__ import annotations

import json
import os

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "postgres",
            "USER": "postgres",
            "HOST": "127.0.0.1",
            "PORT": os.environ["LAB_PORT"],
            "DISABLE_SERVER_SIDE_CURSORS": True,
            **json.loads(os.environ.get("LAB_DATABASE", "{}")),
        }
    },
)
django.setup()


def query(request: HttpRequest) -> HttpResponse:
    """Hold a connection for `?hold=` seconds; 500 with the error where there is none."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [float(request.GET.get("hold", "0"))])
    except (DatabaseError, ImproperlyConfigured) as error:
        return HttpResponse(" ".join(f"{type(error).__name__}: {error}".split()), status=500)
    return HttpResponse("ok")


urlpatterns = [path("", query)]
application = get_wsgi_application()
