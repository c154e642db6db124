"""A deletion's whole history as data, streamed: a million items take no more memory than a hundred."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any

from dashboard.calls.models import ProviderCall
from dashboard.deletions.evidence.sampling import CONFIDENCE, sample_of
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


CALL_KEYS = ("kind", "operation", "purpose", "ids", "http_status", "code", "status", "error", "sent_at", "answered_at")
BATCH = 1000


def _rfc3339(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def item_rows(deletion: Deletion) -> Iterator[dict[str, Any]]:
    for row in items.in_order(deletion, *ITEM_KEYS):
        yield row | {name: _rfc3339(row[name]) for name in MOMENTS}


def call_rows(deletion: Deletion) -> Iterator[dict[str, Any]]:
    calls = ProviderCall.objects.left().filter(deletion=deletion.uuid).order_by("pk").values("pk", *CALL_KEYS)
    batch = list(calls[:BATCH])
    while batch:
        last = batch[-1]["pk"]
        for row in batch:
            moments = {"sent_at": _rfc3339(row["sent_at"]), "answered_at": _rfc3339(row["answered_at"])}
            yield {key: row[key] for key in CALL_KEYS} | {"status": row["status"] or None, **moments}
        batch = list(calls.filter(pk__gt=last)[:BATCH])


def json_lines(deletion: Deletion) -> Iterator[str]:
    """The counts come last and match the items above them, because a running deletion changes meanwhile."""
    head: dict[str, object] = {
        "id": str(deletion.uuid),
        "state": deletion.state,
        "host": deletion.host,
        "requested_by": deletion.actor_name,
        "requested_at": _rfc3339(deletion.confirmed_at or deletion.created_at),
        "reason": deletion.reason,
        "fingerprint": deletion.fingerprint,
    }
    head |= {"approval": _approval(deletion)}
    head |= {"sampling": _sampling(deletion), "inspections": list(_inspections(deletion))}
    counts = dict.fromkeys(Outcome.values, 0)
    yield json.dumps(head, ensure_ascii=False)[:-1] + ',\n "items": ['
    yield from _joined(_counted(item_rows(deletion), counts))
    yield '],\n "calls": ['
    yield from _joined(call_rows(deletion))
    yield f'],\n "total": {sum(counts.values())}, "counts": {json.dumps(counts)}}}\n'


def _approval(deletion: Deletion) -> dict[str, object] | None:
    """Why somebody else had to agree, and what they said; None where nobody had to."""
    if deletion.approval_asked_at is None:
        return None
    return {
        "asked_at": _rfc3339(deletion.approval_asked_at),
        "reasons": deletion.approval_reasons,
        "decision": deletion.decision or None,
        "decided_at": _rfc3339(deletion.decided_at),
        "by": deletion.decider_name or None,
        "declined_reason": deletion.declined_reason or None,
    }


def _sampling(deletion: Deletion) -> dict[str, object] | None:
    """The random sample of the tasks with a Success, and what it shows."""
    sample = sample_of(deletion)
    if sample is None:
        return None
    return {
        "said": sample.said,
        "looked_up": sample.looked_up,
        "gone": sample.gone,
        "there": sample.there,
        "at_most_there": sample.at_most_there,
        "confidence": CONFIDENCE,
    }


def _inspections(deletion: Deletion) -> Iterator[dict[str, object]]:
    for row in deletion.inspections.filter(at__isnull=False).order_by("at"):
        numbers = {name: getattr(row, name) for name in ("looked_up", "gone", "there", "changed")}
        yield {"at": _rfc3339(row.at), **numbers}


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
