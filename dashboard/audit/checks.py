from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from dashboard.audit import triggers


@register(Tags.database)
def audit_log_is_append_only(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The audit log is not protected: the trigger {name} is missing from the database “{alias}”.",
            hint="Run manage.py protect_audit, then manage.py verify_audit: entries may have been changed meanwhile.",
            id="audit.E001",
        )
        for alias in databases or []
        for name in triggers.missing(connections[alias])
    ]
