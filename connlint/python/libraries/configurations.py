"""django-configurations: what its `values` classes make of a variable or a default."""

from __future__ import annotations

from connlint.python.libraries import LibraryError, Lookup, Reading


def read(kind: str, lookup: Lookup, name: str, default: object = None, **keywords: object) -> Reading:
    """The setting `name = values.<kind>(default, **keywords)` of a `Configuration` class.

    `keywords` are those of the class: `environ`, `environ_name`, `environ_prefix`, `environ_required`,
    `separator`, `converter`, ... For DatabaseURLValue the value is the `Parts` of `{alias: settings}`.
    """
    raise LibraryError("this class of django-configurations is not modelled yet")
