"""A deletion's whole history as data, streamed: a million items take no more memory than a hundred."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import Any

from dashboard.deletions.certificates import facts
from dashboard.deletions.certificates.facts import rfc3339
from dashboard.deletions.evidence.sampling import CONFIDENCE
from dashboard.deletions.history import items
from dashboard.deletions.models import Deletion, Outcome
from dashboard.pages.spreadsheet import csv_file

ITEM_KEYS = (
    "kind",
    "task_id",
    "outcome",
    "code",
    "message",
    "attempts",
    "sent_at",
    "settled_at",
    "verified",
    "evidence",
    "seen_at",
)
MOMENTS = ("sent_at", "settled_at", "seen_at")


def item_rows(deletion: Deletion) -> Iterator[dict[str, Any]]:
    for row in items.in_order(deletion, *ITEM_KEYS):
        yield row | {name: rfc3339(row[name]) for name in MOMENTS}


def about(deletion: Deletion) -> dict[str, object]:
    return {
        "id": str(deletion.uuid),
        "state": deletion.state,
        "host": deletion.host,
        "requested_by": deletion.actor_name,
        "requested_at": rfc3339(deletion.confirmed_at or deletion.created_at),
        "reason": deletion.reason,
        "fingerprint": deletion.fingerprint,
    }


def json_lines(deletion: Deletion) -> Iterator[str]:
    """The counts come last and match the items above them, because a running deletion changes meanwhile."""
    head = about(deletion) | {"sampling": None}
    head |= {"approval": _approval(deletion)}
    if deletion.drafted_by:
        head["drafted_by"] = {"name": deletion.rule_name, "rule": deletion.rule and str(deletion.rule)}
        head["by_itself"] = deletion.by_itself
    if sampling := facts.sampling(deletion):
        head["sampling"] = {**sampling, "confidence": CONFIDENCE}
    head |= {"inspections": facts.inspections(deletion), "certificate": _certificate(deletion)}
    counts = dict.fromkeys(Outcome.values, 0)
    yield json.dumps(head, ensure_ascii=False)[:-1] + ',\n "items": ['
    yield from _joined(_counted(item_rows(deletion), counts))
    yield '],\n "calls": ['
    yield from _joined(facts.calls(deletion))
    yield f'],\n "total": {sum(counts.values())}, "counts": {json.dumps(counts)}}}\n'


def _approval(deletion: Deletion) -> dict[str, object] | None:
    """Why somebody else had to agree, and what they said; None where nobody had to."""
    if deletion.approval_asked_at is None:
        return None
    return {
        "asked_at": rfc3339(deletion.approval_asked_at),
        "reasons": deletion.approval_reasons,
        "decision": deletion.decision or None,
        "decided_at": rfc3339(deletion.decided_at),
        "by": deletion.decider_name or None,
        "declined_reason": deletion.declined_reason or None,
    }


def _certificate(deletion: Deletion) -> dict[str, object] | None:
    """The secret with which a reader of all items can find the root of the newest certificate."""
    certificate = deletion.certificates.issued().last() if deletion.closed_at else None
    return {"number": certificate.number, "salts": bytes(certificate.salts).hex()} if certificate else None


def _counted(rows: Iterator[dict[str, Any]], counts: dict[str, int]) -> Iterator[dict[str, Any]]:
    for row in rows:
        counts[row["outcome"]] += 1
        yield row


def _joined(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    comma = "\n  "
    for row in rows:
        yield comma + json.dumps(row, ensure_ascii=False)
        comma = ",\n  "


def csv_report(deletion: Deletion, *, zone: tzinfo = UTC) -> Iterator[str]:
    """Times are in the given zone, with its offset."""
    return csv_file(ITEM_KEYS, (row.values() for row in items.in_order(deletion, *ITEM_KEYS)), zone=zone)
