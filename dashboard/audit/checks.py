from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from dashboard.audit import beginnings, chain
from dashboard.audit.models import AuditEvent
from dashboard.database import append_only

SHORTEST_KEY = 32


@register(Tags.database)
def audit_log_is_append_only(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The audit log in the database “{alias}” is not protected: {wrong}",
            hint="Run manage.py protect_audit, then manage.py verify_audit: entries may have been changed meanwhile.",
            id="audit.E001",
        )
        for alias in databases or []
        for wrong in append_only.wrong(connections[alias])
    ]


@register(Tags.database)
def audit_log_is_written_with_our_key(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The last entry of the audit log in the database “{alias}” was written with a key that is not known here.",
            hint="Give each machine the same AUDIT_KEY, older keys after it; if it has that, the entry is forged.",
            id="audit.E002",
        )
        for alias in databases or []
        if _is_migrated(connections[alias]) and not chain.last_is_ours(using=alias)
    ]


@register(Tags.database)
def audit_log_is_the_one_that_was_seen(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if "default" not in (databases or []) or not _is_migrated(connections["default"]):
        return []
    hint = "If that is right, say so with manage.py verify_audit --accept-new-log. If not, the log was changed."
    return [Warning(wrong, hint=hint, id="audit.W004") for wrong in beginnings.wrong()]


def _is_migrated(connection: BaseDatabaseWrapper) -> bool:
    """Whether the table exists in its newest version: `migrate` runs the checks before it migrates."""
    table = AuditEvent._meta.db_table
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return False
        columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
    return columns >= {field.column for field in AuditEvent._meta.concrete_fields}


@register(Tags.security)
def audit_key_is_long(**kwargs: Any) -> list[CheckMessage]:
    if len(settings.AUDIT_KEYS[0]) >= SHORTEST_KEY:
        return []
    short = (
        f"The key of the audit log is short: with a copy of the log it can be guessed below {SHORTEST_KEY} characters."
    )
    return [Warning(short, hint="Put a longer one before it in AUDIT_KEY.", id="audit.W003")]
