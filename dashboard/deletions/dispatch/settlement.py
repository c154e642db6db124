"""One settlement of a deletion: its row is locked, items change, and the audit log is told.

It is made inside a transaction: by `outcomes` for the answer to a call, by `evidence.concluding` for judged claims.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import F

from dashboard.audit import chain
from dashboard.calls import recording
from dashboard.calls.policy import growing_pause
from dashboard.database import sql
from dashboard.database.sql import Sql
from dashboard.deletions.dispatch.ending import end_or_alarm
from dashboard.deletions.models import (
    REFUSED_AT_LEAST,
    Deletion,
    DeletionQuerySet,
    Evidence,
    Inspection,
    Outcome,
    State,
)
from dashboard.deletions.moves import DELETIONS, ITEMS, PRESENCE, change_items, mark_tasks, shift_counters
from dashboard.register.holding import taking
from dashboard.register.models import Presence

QUIET = 10.0
"""Seconds after a delete's answer in which it may still take effect: until then "still there" says nothing."""


class Carried(NamedTuple):
    """An item of a call, with only the columns that settling needs, since a call has a hundred items. It has no id,
    which the call's sender knows; `names` reads it for the audit log."""

    pk: int
    tracked_id: int
    outcome: str
    code: int | None
    message: str
    failures: int
    lost_at: datetime | None
    if_there: str
    open: bool
    evidence: str | None
    first_call: int | None
    lost_call: int | None
    gone_times: int | None
    gone_at: datetime | None
    there_times: int | None
    there_from: datetime | None
    settled_at: datetime | None
    not_before: datetime | None
    picked: str | None
    inspection: int | None
    touched: bool
    claim: int | None
    verified: str | None


class Settled(NamedTuple):
    """The deletion of a call, its row locked, as it was before the settlement."""

    pk: int
    uuid: UUID
    host: str
    stopped: bool
    waiting: int
    unknown: int
    size: int
    everything: bool
    """Every task with a Success is looked up: the canary is out, or a Success was false."""
    failures: int
    """Failures of its account in a row."""
    doubt: str
    """Whether look-ups can't be trusted now, which makes them pointless."""
    lag: float
    """Seconds after a delete at which look-ups may still find the task."""
    has_ended: bool = False
    """It has ended before, so a changed result is told to the audit log."""


DELETION_COLUMNS = """d.id, d.uuid, d.host, d.stopped_at IS NOT NULL, d.waiting, d.unknown, d.total - d.skipped,
    d.condemned_at IS NOT NULL OR (d.canary_through > 0 AND d.canary_done_at IS NULL), a.failures, a.doubt, a.lag,
    d.state = 'finished' OR d.checked_at IS NOT NULL"""


def settled_from(row: Sequence[Any]) -> Settled:
    pk, uuid, host, stopped, waiting, unknown, size, everything, failures, doubt, lag, has_ended = row
    counted = (failures or 0, doubt or "", lag or 0.0, bool(has_ended))
    return Settled(pk, UUID(str(uuid)), host, bool(stopped), waiting, unknown, size, bool(everything), *counted)


@dataclass(frozen=True, kw_only=True)
class Settlement:
    deletion: Settled
    now: datetime
    delete: recording.Call | None = None
    """The delete that is being settled, if it was sent."""
    lags: list[float] = field(default_factory=list)
    """Lags that were found, in seconds: stored afterwards in their own statement, for the order of locks."""
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    """Action and detail of entries for the audit log, which are appended last."""

    def change(self, items: Sequence[Carried], outcome: Outcome, **fields: Any) -> None:
        """Sets the outcome of items that have one outcome now, with counters and tasks, and the other `fields`."""
        if not items:
            return
        before = Outcome(items[0].outcome)
        keys = [item.pk for item in items]
        if self.delete is not None:
            fields |= {"attempts": Sql("attempts + 1"), "sent_at": self.delete.sent_at}
        change_items(keys, {"outcome": outcome, "call_id": None, "claim": None, **fields})
        if before != outcome:
            shift_counters(self.deletion.pk, {before: -len(keys), outcome: len(keys)})
            tracked = [item.tracked_id for item in items]
            shown = fields.get("message", items[0].message)
            seen_at, uuid = fields.get("seen_at"), self.deletion.uuid
            mark_tasks(tracked, outcome=outcome, message=shown, deletion=uuid, now=self.now, seen_at=seen_at)
            if PRESENCE.get(before) == Presence.DELETED:
                # It is there after all, and a rule for holds may have been made since.
                taking.take_in(lambda: tracked, now=self.now)
        if before != outcome and self.deletion.has_ended:
            told = [corrected(*name, before, outcome, shown) for name in names(items)]
            self.events.extend(told)

    def close(self, items: Sequence[Carried], outcome: Outcome, **fields: Any) -> None:
        """Ends items: their tasks are free for another deletion."""
        ending = {"open": False, "not_before": None, "group": 0, "settled_at": self.now}
        self.change(items, outcome, **{**ending, **fields})

    def after_failures(self, failures: int) -> datetime:
        return self.now + timedelta(seconds=growing_pause(failures, jitter=random.random()))  # nosec B311 # spreads pauses, no secret

    def there_counts_from(self, items: Sequence[Carried], *, lost: bool) -> datetime:
        """When "still there" begins to count for these items: the delete that just ended could be at work until then,
        and so could an earlier one that was lost."""
        work_ends = settings.TENSORSLAB_TIMEOUT + 1 if lost else 0.0
        moment = self.now + timedelta(seconds=max(QUIET, work_ends, 1.5 * self.deletion.lag))
        return max([moment, *(item.there_from for item in items if item.there_from)])

    def note_trouble(self) -> None:
        """Marks the deletion: from now on it needs trusted look-ups to go on or to end."""
        first = f"UPDATE {DELETIONS} SET troubled_at = %s WHERE id = %s AND troubled_at IS NULL"  # nosec B608 # only names from the code
        sql.change(first, self.now, self.deletion.pk)

    def condemn(self, item: Carried) -> None:
        """Reacts to a false Success: all tasks with a Success are looked up before another delete leaves."""
        shift_counters(self.deletion.pk, {}, alarms=Sql("alarms + 1"))
        Deletion.objects.filter(pk=self.deletion.pk, condemned_at=None).update(condemned_at=self.now)
        self.alarm(item, {"said": "Success", "look_up": "still there"})

    def alarm(self, item: Carried, detail: dict[str, object]) -> None:
        [(kind, task_id)] = names([item])
        self.events.append(("deletion.alarm", {"kind": kind, "task_id": task_id} | detail))

    def correct(self, item: Carried) -> None:
        """Records that an inspection changed a result: the deletion is closed again, and its requester informed."""
        Inspection.objects.filter(pk=item.inspection or 0).update(changed=F("changed") + 1)
        Deletion.objects.filter(pk=self.deletion.pk).update(opened_at=None, closed_at=None)

    def pause_if_one_of(self, which: DeletionQuerySet, reason: str) -> None:
        """Pauses the deletion if it is one of `which`, and some of it is still to be sent."""
        rows = which.filter(pk=self.deletion.pk, state=State.RUNNING, waiting__gt=0)
        if rows.update(state=State.PAUSED, paused_reason=reason, paused_by_account=False):
            self.events.append(("deletion.paused", {"reason": reason}))

    def end(self) -> None:
        """Ends the deletion after its last items, or pauses it if its alarm is complete or too little is known."""
        if self.deletion.unknown >= REFUSED_AT_LEAST:
            share = f"Over {settings.DELETION_REFUSED_PERCENT} % of its tasks so far are unknown or refused"
            reason = f"{share}, and look-ups brought no answer. Resume to go on all the same."
            self.pause_if_one_of(Deletion.objects.mostly_silent().filter(refusals_accepted_at=None), reason)
        if not self.deletion.waiting or self.deletion.everything:
            end_or_alarm(self.deletion.pk, now=self.now)

    def tell(self) -> None:
        """Writes the audit log: the transaction's last statements."""
        for action, detail in self.events:
            chain.append(actor="", action=action, subject=str(self.deletion.uuid), detail=detail)


def corrected(kind: str, task_id: str, before: Outcome, after: Outcome, ending: str) -> tuple[str, dict[str, object]]:
    """The audit log's entry about a result that changed after its deletion had ended."""
    told = {"kind": kind, "task_id": task_id, "from": before, "to": after, "ending": ending}
    return "deletion.corrected", {name: str(value) for name, value in told.items()}


def carried(where: str, *values: object) -> list[Carried]:
    columns = ", ".join(["id", *Carried._fields[1:]])
    found = map(Carried._make, sql.rows(f"SELECT {columns} FROM {ITEMS} WHERE {where} ORDER BY id", *values))  # nosec B608 # pieces from the code, values beside them
    return [
        item._replace(
            lost_at=sql.moment(item.lost_at),
            gone_at=sql.moment(item.gone_at),
            there_from=sql.moment(item.there_from),
            settled_at=sql.moment(item.settled_at),
            not_before=sql.moment(item.not_before),
        )
        for item in found
    ]


def not_said(item: Carried) -> dict[str, Sql]:
    """The change of the counter `said` when an item's evidence is no longer only TensorsLab's word."""
    return {"said": Sql("said - 1")} if item.evidence == Evidence.SAID else {}


def names(items: Sequence[Carried]) -> list[tuple[str, str]]:
    """Kind and id of each item, in the order of their rows."""
    found = f"SELECT kind, task_id FROM {ITEMS} WHERE {sql.among('id')} ORDER BY id"  # nosec B608 # pieces from the code, values beside them
    return [(kind, task_id) for kind, task_id in sql.rows(found, sql.array_of([item.pk for item in items]))]
