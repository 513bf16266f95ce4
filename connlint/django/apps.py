"""The app that `INSTALLED_APPS` names: it registers the system checks, and does nothing else when it is loaded."""

from __future__ import annotations

from django.apps import AppConfig


class ConnlintConfig(AppConfig):  # type: ignore[misc] # Django ships no types
    """`connlint.django`, whose label cannot be `django`: other apps might have it."""

    name = "connlint.django"
    label = "connlint"
    verbose_name = "connlint"

    def ready(self) -> None:
        """Register the checks. Everything they need is imported when they run."""
        from connlint.django.system_checks import register_all

        register_all()
