"""Settling: what an answer, or its absence, means for the items of a call. One transaction, entered once a call."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction

from dashboard import sql
from dashboard.audit import chain
from dashboard.calls import accounts, recording
from dashboard.calls.models import ProviderCall
from dashboard.calls.policy import growing_pause
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.deletions.moves import DELETIONS, ITEMS, change_items, finish_if_done, mark_tasks, shift_counters
from dashboard.sql import Sql

IfThere = DeletionItem.IfThere

BACK = {Ruling.OUT_OF_CREDITS, Ruling.UNAUTHORIZED, Ruling.BUSY, Ruling.NOT_SENT}
"""Rulings that speak of the account or the network, not of the ids: the items wait again."""
NEVER_TOUCHED = {Ruling.UNAUTHORIZED, Ruling.NOT_SENT}

CONFIRMED_BY_LOOK_UP = "No answer to the delete; a look-up found it gone"
STILL_THERE = "No answer to the delete; a look-up found it still there"
SAID_SUCCESS = "TensorsLab said Success, but the task is still there"
VERIFY_AGAIN = (5.0, 20.0)
"""Seconds between the look-ups of a task that was called deleted and is still there, before that is an alarm."""


class Carried(NamedTuple):
    """An item of the call: only what settling asks of it, since there are a hundred of them in a call."""

    pk: int
    kind: str
    task_id: str
    tracked_id: int
    outcome: str
    code: int | None
    message: str
    failures: int
    lost_at: datetime | None
    if_there: str
    open: bool


class Settled(NamedTuple):
    """The deletion that a call belongs to, its row locked, as it was before."""

    pk: int
    uuid: UUID
    host: str
    stopped: bool
    waiting: int
    failures: int
    """Of its account, in a row."""


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What every step of one settling needs."""

    deletion: Settled
    call: recording.Call
    verdict: Verdict
    now: datetime
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    """Action and detail of what the audit log is told besides; appended last, like every audit event."""

    def change(self, items: list[Carried], outcome: Outcome, **fields: Any) -> None:
        """Moves items of one outcome to `outcome`, with counters and tasks; `fields` change besides."""
        if not items:
            return
        before = Outcome(items[0].outcome)
        keys = [item.pk for item in items]
        if self.call.operation == ProviderCall.Operation.DELETE and self.verdict.sent:
            fields |= {"attempts": Sql("attempts + 1"), "sent_at": self.call.sent_at}
        change_items(keys, {"outcome": outcome, "call_id": None, **fields})
        if before != outcome:
            shift_counters(self.deletion.pk, {before: -len(keys), outcome: len(keys)})
            tracked = [item.tracked_id for item in items]
            shown = fields.get("message", items[0].message)
            mark_tasks(tracked, outcome=outcome, message=shown, deletion=self.deletion.uuid, now=self.now)

    def close(self, items: list[Carried], outcome: Outcome, **fields: Any) -> None:
        """Ends items: this deletion no longer holds their tasks."""
        ending = {"open": False, "not_before": None, "group": 0, "settled_at": self.now}
        self.change(items, outcome, **{**ending, **fields})

    def pause(self, failures: int) -> datetime:
        return self.now + timedelta(seconds=growing_pause(failures, jitter=random.random()))  # noqa: S311

    def trustworthy_at(self, item: Carried) -> datetime:
        """From when a look-up may say that a task was kept: a lost request could still be at work before."""
        return self.now if item.lost_at is None else item.lost_at + timedelta(seconds=settings.TENSORSLAB_TIMEOUT + 1)


def settle(call_id: int, verdict: Verdict, *, now: datetime, came_at: datetime | None = None) -> bool:
    """Applies `verdict` to the items of an open call. False when another settled it first: then nothing changes.

    `came_at` is when the answer did, which may be a while ago.
    """
    usable = verdict.ruling in accounts.USABLE
    with transaction.atomic():
        if not usable:
            # It says something of the account, which comes before the deletion in the order of locks.
            accounts.locked()
        call, deletion = _locked(call_id)
        # A clock that was put back meanwhile does not make an answer come before its question.
        answered_at = max(came_at or now, call.sent_at or now)
        if not recording.complete(call_id, verdict, answered_at=answered_at):
            return False
        items = _carried(call)
        work = Settlement(deletion=deletion, call=call, verdict=verdict, now=now)
        if call.operation == ProviderCall.Operation.DELETE:
            _settle_delete(work, items)
        elif items:
            _settle_look_up(work, items[0])
        if not deletion.waiting:
            finish_if_done(deletion.pk, now=now)
        if not usable:
            accounts.learn(verdict, host=deletion.host, now=now, jitter=random.random())  # noqa: S311
        for action, detail in work.events:
            chain.append(actor="", action=action, subject=str(deletion.uuid), detail=detail)
        recording.audit(call, verdict, ids=[item.task_id for item in items], answered_at=answered_at)
    if usable and deletion.failures:
        # By itself, for the order of locks; nothing is wrong should we die before it.
        accounts.answered(deletion.host)
    return True


def _locked(call_id: int) -> tuple[recording.Call, Settled]:
    """The call, and its deletion, locked so that two settlings never both miss that they were the last."""
    [(operation, kind, purpose, uuid, sent_at, pk, host, stopped, waiting, failures)] = sql.rows(
        f"""SELECT c.operation, c.kind, c.purpose, d.uuid, c.sent_at,
            d.id, d.host, d.stopped_at IS NOT NULL, d.waiting, a.failures
        FROM {recording.TABLE} c JOIN {DELETIONS} d ON d.uuid = c.deletion LEFT JOIN calls_account a ON a.host = d.host
        WHERE c.id = %s{sql.for_update("d")}""",
        call_id,
    )
    uuid = UUID(str(uuid))
    call = recording.Call(call_id, operation, kind, purpose, uuid, sql.moment(sent_at))
    return call, Settled(pk, uuid, host, bool(stopped), waiting, failures or 0)


def _carried(call: recording.Call) -> list[Carried]:
    columns = ", ".join(["id", *Carried._fields[1:]])
    found = sql.rows(f"SELECT {columns} FROM {ITEMS} WHERE call_id = %s ORDER BY id", call.pk)
    return [
        item._replace(lost_at=sql.moment(item.lost_at)) if item.lost_at else item for item in map(Carried._make, found)
    ]


def _settle_delete(work: Settlement, items: list[Carried]) -> None:
    ruling, verdict = work.verdict.ruling, work.verdict
    told: dict[str, Any] = {"code": verdict.code, "touched": True}
    if ruling == Ruling.SUCCESS:
        checked = {"sample": 1, "all": len(items), "none": 0}[settings.DELETION_VERIFY]
        told["message"] = verdict.message
        work.close(items[:checked], Outcome.DELETED, **told, not_before=work.now, failures=0)
        work.close(items[checked:], Outcome.DELETED, **told)
    elif ruling in BACK:
        touched: dict[str, Any] = {} if ruling in NEVER_TOUCHED else {"touched": True}
        work.change(items, Outcome.WAITING, **touched)
    elif ruling == Ruling.REFUSED and len(items) == 1:
        ask_at = work.trustworthy_at(items[0])
        work.change(items, Outcome.UNKNOWN, message=verdict.message, **told, if_there=IfThere.REFUSE, not_before=ask_at)
    elif ruling == Ruling.REFUSED:
        for half, group in _halves(items, work.call.pk):
            _send_again(work, half, group=group, **told)
    else:
        for half, group in _halves(items, work.call.pk):
            work.change(
                half,
                Outcome.UNKNOWN,
                message=verdict.sentence,
                touched=True,
                code=None,
                # Sent again in halves, should it still be there: one id that breaks every answer is found that way.
                group=group,
                if_there=IfThere.KEEP if work.deletion.stopped else IfThere.RESEND,
                failures=Sql("failures + 1"),
                lost_at=work.now,
                not_before=work.pause(half[0].failures + 1),
            )


def _halves(items: list[Carried], call_id: int) -> list[tuple[list[Carried], int]]:
    if len(items) < 2:
        return [(items, 0)] if items else []
    middle = len(items) // 2
    return [(items[:middle], call_id * 2), (items[middle:], call_id * 2 + 1)]


def _send_again(work: Settlement, items: list[Carried], **fields: Any) -> None:
    """Lets items wait for another delete, or, once the rest was stopped, only for a look-up."""
    if not work.deletion.stopped:
        work.change(items, Outcome.WAITING, not_before=None, if_there="", **fields)
    else:
        ask: dict[str, Any] = {"if_there": IfThere.KEEP, "not_before": max(work.trustworthy_at(item) for item in items)}
        work.change(items, Outcome.UNKNOWN, **{**fields, **ask})


def _settle_look_up(work: Settlement, item: Carried) -> None:
    if work.call.purpose == "verify":
        _settle_verification(work, item)
    elif not item.open:
        # Somebody gave it up while the look-up was out; by now the task may be another deletion's.
        change_items([item.pk], {"call_id": None})
    elif work.verdict.ruling == Ruling.GONE:
        if item.lost_at is None:
            work.close([item], Outcome.ALREADY_GONE)
        else:
            work.close([item], Outcome.DELETED, message=CONFIRMED_BY_LOOK_UP)
    elif work.verdict.ruling == Ruling.THERE:
        _settle_still_there(work, item)
    elif work.verdict.ruling in BACK:
        work.change([item], Outcome.UNKNOWN)
    elif item.failures + 1 >= settings.DELETION_MAX_ATTEMPTS:
        work.close([item], Outcome.UNKNOWN, message=work.verdict.sentence, failures=Sql("failures + 1"))
    else:
        work.change(
            [item],
            Outcome.UNKNOWN,
            failures=Sql("failures + 1"),
            not_before=work.pause(item.failures + 1),
        )


def _settle_still_there(work: Settlement, item: Carried) -> None:
    may_resend = item.if_there == IfThere.RESEND and item.failures < settings.DELETION_MAX_ATTEMPTS
    if may_resend and not work.deletion.stopped:
        _send_again(work, [item], message="")
    elif work.now < (moment := work.trustworthy_at(item)):
        work.change([item], Outcome.UNKNOWN, not_before=moment)
    elif item.if_there == IfThere.KEEP or (item.if_there == IfThere.RESEND and work.deletion.stopped):
        work.close([item], Outcome.KEPT)
    else:
        message = item.message if item.lost_at is None or item.code is not None else STILL_THERE
        work.close([item], Outcome.REFUSED, message=message)
        _pause_if_mostly_refused(work, message)


def _pause_if_mostly_refused(work: Settlement, message: str) -> None:
    """Stops a deletion that goes wrong before all of it has; whoever resumes it has accepted that."""
    going_on = Deletion.objects.filter(pk=work.deletion.pk, state=State.RUNNING, waiting__gt=0)
    share = f"Over {settings.DELETION_REFUSED_PERCENT} % of its tasks so far were refused."
    reason = f"{share} Last: {message or 'TensorsLab gave no reason'}. Resume to go on all the same."
    rows = going_on.mostly_refused().filter(refusals_accepted_at=None)
    if rows.update(state=State.PAUSED, paused_reason=reason, paused_by_account=False):
        work.events.append(("deletion.paused", {"reason": reason}))


def _settle_verification(work: Settlement, item: Carried) -> None:
    fields: dict[str, Any] = {"call_id": None, "failures": Sql("failures + 1")}
    if work.verdict.ruling == Ruling.GONE:
        fields |= {"verified": "gone", "not_before": None}
    elif work.verdict.ruling in BACK:
        del fields["failures"]
    elif item.failures < len(VERIFY_AGAIN):
        fields |= {"not_before": work.now + timedelta(seconds=VERIFY_AGAIN[item.failures])}
    elif work.verdict.ruling == Ruling.THERE:
        shift_counters(work.deletion.pk, {}, alarms=Sql("alarms + 1"))
        told: dict[str, object] = {
            "kind": item.kind,
            "task_id": item.task_id,
            "said": "Success",
            "look_up": "still there",
        }
        work.events.append(("deletion.alarm", told))
        work.close([item], Outcome.REFUSED, message=SAID_SUCCESS, verified="present")
        return
    else:
        fields |= {"not_before": None}
    change_items([item.pk], fields)
