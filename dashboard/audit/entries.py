"""Entries for verification, as tuples: creating model instances takes as long as the rest of the work."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from dashboard.audit.models import AuditEvent
from dashboard.database import sql


class Row(NamedTuple):
    sequence: int
    at: datetime
    actor: str
    address: str
    action: str
    subject: str
    previous_hash: str
    hash: str
    detail: dict[str, Any]
    commitments: dict[str, str]
    salts: dict[str, str]


Entry = AuditEvent | Row

DECODER = json.JSONDecoder()
STATEMENT = f"""
    SELECT {", ".join(Row._fields)} FROM audit_auditevent WHERE sequence > %s ORDER BY sequence LIMIT %s"""  # nosec B608 # only names from the code


def after(sequence: int, *, limit: int) -> list[Row]:
    """The next entries, oldest first."""
    return [
        Row._make((number, sql.moment(at) or at, *texts, _value(detail), _value(commitments), _value(salts)))
        for number, at, *texts, detail, commitments, salts in sql.rows(STATEMENT, sequence, limit)
    ]


def _value(text: str) -> Any:
    # Most entries are not of people, and have no commitments.
    if text == "{}":
        return {}
    value, end = DECODER.raw_decode(text)
    if end != len(text):
        raise ValueError(f"JSON goes on: {text[end : end + 20]!r}")
    return value
