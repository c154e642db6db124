"""What a look-up that counts changes in the register: details, when the task was seen, and whether it is missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from dashboard.audit import chain
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.database import sql
from dashboard.register.holding import taking
from dashboard.register.importing.cells.fields import is_web_address
from dashboard.register.inserting import TABLE
from dashboard.register.models import ForgottenTask, Presence, Status, TrackedTask
from dashboard.register.models.forgotten import WORDS

MISSING, FOUND = "tasks.missing", "tasks.found"
DETAILS = ("status", "model", "prompt", "urls", "width", "height", "duration", "error", "created_raw")


class Found(NamedTuple):
    """A look-up that counts."""

    task: int
    verdict: Verdict
    gone: bool


def store(task: TrackedTask, verdict: Verdict, *, gone: bool, now: datetime) -> bool:
    """Stores one answer. True if the task turned out missing."""
    return bool(store_all([Found(task.pk, verdict, gone)], now=now))


@transaction.atomic
def store_all(found: Sequence[Found], *, now: datetime) -> int:
    """Stores answers, and returns how many tasks turned out missing. The log is told of those, and of those that were
    missing and are found again, by one entry each, with the times between which that happened."""
    rows = _locked([one.task for one in found])
    # After the lock, for whose end a forgetting waits.
    wordless = set(ForgottenTask.objects.filter(task__in=rows).values_list("task_id", flat=True))
    there, gone, changed = [], [], []
    for one in sorted(found, key=lambda one: one.task):
        row = rows.get(one.task)
        if row is None:
            continue
        there += [row] if one.verdict.ruling == Ruling.THERE else []
        gone += [row] if one.gone else []
        if told := _news(row, one.verdict, without_words=one.task in wordless):
            changed.append(row.pk)
            sql.update(TABLE, told, "id = %s", row.pk)
    back = [row for row in there if row.presence == Presence.MISSING]
    # A deletion may have taken the task since the look-up, and then decides its outcome.
    lost = [row for row in gone if row.presence == Presence.PRESENT]
    _set(there, checked_at=now, seen_at=now)
    _set([row for row in rows.values() if row not in there], checked_at=now)
    _set(back, presence=Presence.PRESENT)
    _set(lost, presence=Presence.MISSING, gone_at=now)
    taking.take_in(lambda: [*changed, *(row.pk for row in back)], now=now)
    chain.append_all(
        [chain.Told(actor="", action=what, detail={"tasks": tasks}) for what, tasks in _told(lost, back, now) if tasks]
    )
    return len(lost)


def _locked(tasks: Sequence[int]) -> dict[int, TrackedTask]:
    """In the order of their keys, as everywhere: another order leads to deadlocks."""
    names = ("kind", "task_id", "presence", "seen_at", "gone_at", "tracked_at", *DETAILS)
    rows = TrackedTask.objects.select_for_update().filter(pk__in=tasks).only(*names).order_by("pk")
    return {row.pk: row for row in rows}


def _set(rows: Sequence[TrackedTask], **values: object) -> None:
    if rows:
        sql.update(TABLE, values, sql.among("id"), sql.array_of([row.pk for row in rows]))


def _told(
    lost: Sequence[TrackedTask], back: Sequence[TrackedTask], now: datetime
) -> list[tuple[str, list[dict[str, object]]]]:
    gone_at = now.isoformat()
    return [
        (MISSING, [{**_name(row), "seen_at": _text(row.seen_at), "gone_at": gone_at} for row in lost]),
        (FOUND, [{**_name(row), "gone_at": _text(row.gone_at), "seen_at": gone_at} for row in back]),
    ]


def _name(row: TrackedTask) -> dict[str, object]:
    return {"kind": row.kind, "task_id": row.task_id}


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _news(row: TrackedTask, verdict: Verdict, *, without_words: bool) -> dict[str, Any]:
    """The columns that the answer fills and that differ; empty values don't replace stored ones."""
    info = verdict.info
    if info is None:
        return {}
    told = {
        **{name: getattr(info, name) for name in DETAILS},
        "status": "" if info.status.value == Status.UNKNOWN else info.status.value,
        "urls": [url for url in info.urls if is_web_address(url)],
    }
    return {
        name: json.dumps(value) if name == "urls" else value
        for name, value in told.items()
        if value and value != getattr(row, name) and not (without_words and name in WORDS)
    }
