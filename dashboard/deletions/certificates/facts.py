"""What was seen of a deletion, and its calls, as data: the same in a report and in a certificate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from dashboard.calls.models import ProviderCall
from dashboard.deletions.evidence.sampling import sample_of
from dashboard.deletions.models import Deletion

CALL_KEYS = ("kind", "operation", "purpose", "ids", "http_status", "code", "status", "error", "sent_at", "answered_at")
BATCH = 1000


def rfc3339(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def sampling(deletion: Deletion) -> dict[str, int] | None:
    """The random sample of the tasks with a Success, and what it shows."""
    sample = sample_of(deletion)
    if sample is None:
        return None
    return {name: getattr(sample, name) for name in ("said", "looked_up", "gone", "there", "at_most_there")}


def inspections(deletion: Deletion) -> list[dict[str, object]]:
    done = deletion.inspections.filter(at__isnull=False).order_by("at")
    names = ("looked_up", "gone", "there", "changed")
    return [{"at": rfc3339(row.at)} | {name: getattr(row, name) for name in names} for row in done]


def calls(deletion: Deletion) -> Iterator[dict[str, Any]]:
    rows = ProviderCall.objects.left().filter(deletion=deletion.uuid).order_by("pk").values("pk", *CALL_KEYS)
    batch = list(rows[:BATCH])
    while batch:
        last = batch[-1]["pk"]
        for row in batch:
            moments = {"sent_at": rfc3339(row["sent_at"]), "answered_at": rfc3339(row["answered_at"])}
            yield {key: row[key] for key in CALL_KEYS} | {"status": row["status"] or None, **moments}
        batch = list(rows.filter(pk__gt=last)[:BATCH])
