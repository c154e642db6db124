"""Checks that look at several settings together, and at settings that this version lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning
from django.core.management.base import BaseCommand
from django.db import connections

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
FORMER_TABLE = "inventory_trackedtask"
"""The table of tasks before December 2026. None of those versions was released."""


class CheckedCommand(BaseCommand):
    """Looks at the settings before it works. Not at the code as well, which is the same everywhere and was tested: to
    load all addresses for that would double the time of a start."""

    requires_system_checks = [Tags.security]


def provider(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    address = urlsplit(settings.TENSORSLAB_API_URL)
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        found.append(
            Warning(
                f"The API key travels to {address.hostname} unencrypted.",
                hint="Use https:// in TENSORSLAB_API_URL.",
                id="dashboard.W002",
            )
        )
    if not settings.TENSORSLAB_API_KEY:
        found.append(
            Warning(
                "There is no API key: the register works, deleting and refreshing say that the key is missing.",
                hint="Put it in TENSORSLAB_API_KEY, or its file's name in TENSORSLAB_API_KEY_FILE.",
                id="dashboard.W003",
            )
        )
    found += [
        Warning(
            f"Others on this machine can read {file}, which holds secrets.",
            hint="Take from them what they need not have, with chmod go= and chown.",
            id="dashboard.W006",
        )
        for file in settings.EXPOSED_SECRETS
    ]
    return found


def database_is_of_this_version(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Runs before `migrate`, so that a database that can't be migrated stays as it is."""
    return [
        Error(
            "This database was written by an early version of the dashboard, and this version can't read it.",
            hint="Nothing in it was changed. Give this version an empty VAR_DIR or DATABASE_URL of its own.",
            id="dashboard.E008",
        )
        for alias in databases or []
        if FORMER_TABLE in connections[alias].introspection.table_names()
    ]


def deployment(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    public = sorted({host.strip("[]") for host in settings.ALLOWED_HOSTS} - LOOPBACK)
    if public and not settings.HTTPS:
        found.append(
            Warning(
                f"People sign in at {public[0]} over plain HTTP: passwords and sessions can be read on the way.",
                hint="Put a TLS proxy in front that sets X-Forwarded-Proto, then set HTTPS=on.",
                id="dashboard.W004",
            )
        )
    if settings.HTTPS and "*" in settings.ALLOWED_HOSTS:
        found.append(
            Warning(
                "ALLOWED_HOSTS is *: links in pages lead wherever a request says it came from.",
                hint="Name the hosts under which people reach the dashboard.",
                id="dashboard.W007",
            )
        )
    if settings.DEBUG and not settings.SANDBOX:
        found.append(
            Warning(
                "DEBUG is on with a real account: an error page shows settings and rows.",
                hint="Unset DEBUG.",
                id="dashboard.W005",
            )
        )
    return found
