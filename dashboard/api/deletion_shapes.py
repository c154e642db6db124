from __future__ import annotations

from typing import Any

from django.utils.dateparse import parse_datetime

from dashboard.api import shapes
from dashboard.calls.models import Kind
from dashboard.deletions.models import Deletion, Outcome
from dashboard.register.models import Status

FREEZING = "freezing"
SKIPPED_SHOWN = 100
SAME = (
    *("total", "skipped", "fingerprint", "reason", "filter", "host", "created_at", "confirmed_at", "starts_at"),
    *("finished_at", "paused_reason"),
)


def shape(deletion: Deletion) -> shapes.Deletion:
    return shapes.Deletion(**_values(deletion))


def drafted(deletion: Deletion, *, unknown: list[shapes.Named], starred: int) -> shapes.Drafted:
    skipped = []
    if deletion.skipped:
        items = deletion.items.filter(outcome=Outcome.SKIPPED).order_by("pk")[:SKIPPED_SHOWN]
        skipped = [
            shapes.SkippedTask(kind=Kind(kind), task_id=task_id, why=why)
            for kind, task_id, why in items.values_list("kind", "task_id", "message")
        ]
    return shapes.Drafted(**_values(deletion), unknown=unknown, starred_left_out=starred, skipped_tasks=skipped)


def _values(deletion: Deletion) -> dict[str, Any]:
    return {name: getattr(deletion, name) for name in SAME} | {
        "id": deletion.uuid,
        "state": FREEZING if deletion.is_being_frozen else str(deletion.state),
        "count": deletion.size,
        "counts": deletion.counts(),
        "requested_by": deletion.actor_name,
        "approval": _approval(deletion),
        "facts": _facts(deletion),
        "page": deletion.get_absolute_url(),
    }


def _approval(deletion: Deletion) -> shapes.Approval | None:
    if deletion.approval_asked_at is None:
        return None
    return shapes.Approval(
        asked_at=deletion.approval_asked_at,
        reasons=deletion.approval_reasons,
        decision=deletion.decision or None,
        decided_at=deletion.decided_at,
        by=deletion.decider_name or None,
        declined_reason=deletion.declined_reason or None,
    )


def _facts(deletion: Deletion) -> shapes.Facts:
    stored = deletion.facts
    images = stored.get("images", 0)
    return shapes.Facts(
        images=images,
        videos=deletion.size - images,
        statuses=_counted([(Status(status).value, number) for status, number in stored.get("by_status", [])]),
        models=_counted(stored.get("by_model", [])),
        oldest=parse_datetime(stored.get("oldest") or ""),
        newest=parse_datetime(stored.get("newest") or ""),
        unknown_time=stored.get("unknown_time", 0),
        skipped=_counted(stored.get("skipped", [])),
    )


def _counted(pairs: list[tuple[str, int]]) -> list[shapes.Counted]:
    return [shapes.Counted(name=name, tasks=number) for name, number in pairs]
