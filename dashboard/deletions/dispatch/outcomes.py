"""Settling: what an answer, or its absence, means for the items of a call. One transaction, entered once a call.

What a delete said is believed as what was said. What a look-up said becomes a claim, which `vouching` judges later.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from dashboard.audit import chain
from dashboard.calls import accounts, controls, recording
from dashboard.calls.models import ProviderCall
from dashboard.calls.policy import growing_pause
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.database import sql
from dashboard.database.sql import Sql
from dashboard.deletions.dispatch.ending import end_or_alarm
from dashboard.deletions.evidence import sampling
from dashboard.deletions.models import (
    GONE,
    REFUSED_AT_LEAST,
    Deletion,
    DeletionItem,
    DeletionQuerySet,
    Evidence,
    Inspection,
    Outcome,
    State,
)
from dashboard.deletions.moves import DELETIONS, ITEMS, change_items, mark_tasks, shift_counters

IfThere = DeletionItem.IfThere
Picked = DeletionItem.Picked

BACK = {Ruling.OUT_OF_CREDITS, Ruling.UNAUTHORIZED, Ruling.BUSY, Ruling.NOT_SENT}
"""Rulings that speak of the account or the network, not of the ids: the items wait again."""
NO_TROUBLE = {Ruling.SUCCESS, Ruling.NOT_SENT}
NOT_OURS = {Ruling.OUT_OF_CREDITS, Ruling.UNAUTHORIZED}
"""Rulings that say of the other kind only that the account has none of it."""
SAID_SUCCESS = "TensorsLab said Success, but the task is still there"
GONE_SOMEHOW = "No call was answered with Success, but it is gone: one may have deleted it, or it was gone before"

QUIET = 10.0
"""Seconds after a delete's answer in which it may still take effect: that a task is there says nothing before."""


class Carried(NamedTuple):
    """An item of a call: only what settling asks of it, since there are a hundred of them in a call."""

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
    """The deletion that a call belongs to, its row locked, as it was before."""

    pk: int
    uuid: UUID
    host: str
    stopped: bool
    waiting: int
    unknown: int
    size: int
    everything: bool
    """All that TensorsLab calls deleted is looked up: the canary is out, or a Success turned out to be false."""
    failures: int
    """Of its account, in a row."""
    doubt: str
    """Why look-ups can't be trusted now; they are pointless then."""
    lag: float
    """Seconds after which look-ups follow its deletes."""
    has_ended: bool = False
    """At least once: if an ending changes, that is told."""


DELETION_COLUMNS = """d.id, d.uuid, d.host, d.stopped_at IS NOT NULL, d.waiting, d.unknown, d.total - d.skipped,
    d.condemned_at IS NOT NULL OR (d.canary_through > 0 AND d.canary_done_at IS NULL), a.failures, a.doubt, a.lag,
    d.state = 'finished' OR d.checked_at IS NOT NULL"""


def settled_from(row: Sequence[Any]) -> Settled:
    """A row of `DELETION_COLUMNS`."""
    pk, uuid, host, stopped, waiting, unknown, size, everything, failures, doubt, lag, has_ended = row
    counted = (failures or 0, doubt or "", lag or 0.0, bool(has_ended))
    return Settled(pk, UUID(str(uuid)), host, bool(stopped), waiting, unknown, size, bool(everything), *counted)


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What every step of one settling needs."""

    deletion: Settled
    now: datetime
    delete: recording.Call | None = None
    """The delete that is being settled, if it left us."""
    lags: list[float] = field(default_factory=list)
    """What it found of that, in seconds: kept by itself afterwards, for the order of locks."""
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    """Action and detail of what the audit log is told besides; appended last, like every audit event."""

    def change(self, items: Sequence[Carried], outcome: Outcome, **fields: Any) -> None:
        """Moves items of one outcome to `outcome`, with counters and tasks; `fields` change besides."""
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
            mark_tasks(tracked, outcome=outcome, message=shown, deletion=self.deletion.uuid, now=self.now)
        if before != outcome and self.deletion.has_ended:
            self.events.extend(corrected(item.kind, item.task_id, before, outcome, shown) for item in items)

    def close(self, items: Sequence[Carried], outcome: Outcome, **fields: Any) -> None:
        """Ends items: this deletion no longer holds their tasks."""
        ending = {"open": False, "not_before": None, "group": 0, "settled_at": self.now}
        self.change(items, outcome, **{**ending, **fields})

    def pause(self, failures: int) -> datetime:
        return self.now + timedelta(seconds=growing_pause(failures, jitter=random.random()))  # nosec B311 # spreads pauses, no secret

    def there_counts_from(self, items: Sequence[Carried], *, lost: bool) -> datetime:
        """From when a look-up may say that these were kept: the delete that just ended could still be at work, and so
        could one that was lost before it."""
        work_ends = settings.TENSORSLAB_TIMEOUT + 1 if lost else 0.0
        moment = self.now + timedelta(seconds=max(QUIET, work_ends, 1.5 * self.deletion.lag))
        return max([moment, *(item.there_from for item in items if item.there_from)])

    def note_trouble(self) -> None:
        """From the first time on it never goes on, or ends, without look-ups that can be trusted."""
        first = f"UPDATE {DELETIONS} SET troubled_at = %s WHERE id = %s AND troubled_at IS NULL"  # nosec B608 # only names from the code
        sql.change(first, self.now, self.deletion.pk)

    def condemn(self, item: Carried) -> None:
        """A Success was false: all that was called deleted is looked up before another delete leaves."""
        shift_counters(self.deletion.pk, {}, alarms=Sql("alarms + 1"))
        Deletion.objects.filter(pk=self.deletion.pk, condemned_at=None).update(condemned_at=self.now)
        told: dict[str, object] = {"kind": item.kind, "task_id": item.task_id}
        self.events.append(("deletion.alarm", told | {"said": "Success", "look_up": "still there"}))

    def correct(self, item: Carried) -> None:
        """An inspection changed an ending: it is closed once more, and its requester has not seen that yet."""
        Inspection.objects.filter(pk=item.inspection or 0).update(changed=F("changed") + 1)
        Deletion.objects.filter(pk=self.deletion.pk).update(opened_at=None, closed_at=None)

    def hold_up(self, which: DeletionQuerySet, reason: str) -> None:
        """Pauses the deletion if it is one of these, and something of it is still to be sent."""
        rows = which.filter(pk=self.deletion.pk, state=State.RUNNING, waiting__gt=0)
        if rows.update(state=State.PAUSED, paused_reason=reason, paused_by_account=False):
            self.events.append(("deletion.paused", {"reason": reason}))

    def end(self) -> None:
        """Ends the deletion if this was the last of it, or pauses it if its alarm is complete, or little is known."""
        if self.deletion.unknown >= REFUSED_AT_LEAST:
            share = f"Over {settings.DELETION_REFUSED_PERCENT} % of its tasks so far are unknown or refused"
            reason = f"{share}, and look-ups brought no answer. Resume to go on all the same."
            self.hold_up(Deletion.objects.mostly_silent().filter(refusals_accepted_at=None), reason)
        if not self.deletion.waiting or self.deletion.everything:
            end_or_alarm(self.deletion.pk, now=self.now)

    def tell(self) -> None:
        """The transaction's last statements."""
        for action, detail in self.events:
            chain.append(actor="", action=action, subject=str(self.deletion.uuid), detail=detail)


def corrected(kind: str, task_id: str, before: Outcome, after: Outcome, ending: str) -> tuple[str, dict[str, object]]:
    """What the audit log is told of an ending that changed after its deletion had ended."""
    told = {"kind": kind, "task_id": task_id, "from": before, "to": after, "ending": ending}
    return "deletion.corrected", {name: str(value) for name, value in told.items()}


def settle(
    call_id: int,
    verdict: Verdict,
    *,
    now: datetime,
    came_at: datetime | None = None,
    sent: recording.Sent | None = None,
) -> bool:
    """Applies `verdict` to the items of an open call. False when another settled it first: then nothing changes.

    `came_at` is when the answer did, which may be a while ago. `sent` is what its sender remembers: rows may have been
    changed meanwhile. Without it all is read from the rows.
    """
    usable = verdict.ruling in accounts.USABLE
    with transaction.atomic():
        if not usable:
            # It says something of the account, which comes before the deletion in the order of locks.
            accounts.locked()
        call, deletion = _locked(call_id, sent)
        # A clock that was put back meanwhile does not make an answer come before its question.
        answered_at = max(came_at or now, call.sent_at or now)
        if not recording.complete(call_id, verdict, answered_at=answered_at):
            if sent is not None and verdict.sent:
                recording.audit(call, verdict, ids=sent.ids, answered_at=answered_at, overtaken=True)
            return False
        items = carried("call_id = %s", call.pk)
        deletes = call.operation == ProviderCall.Operation.DELETE
        work = Settlement(deletion=deletion, now=now, delete=call if deletes and verdict.sent else None)
        if deletes:
            _settle_delete(work, items, verdict, call)
        elif items:
            _settle_look_up(work, items[0], verdict, call)
        work.end()
        if not usable and not _fails_alone(call, verdict):
            accounts.learn(verdict, host=deletion.host, now=now, jitter=random.random())  # nosec B311 # spreads pauses, no secret
        work.tell()
        ids = sent.ids if sent else [item.task_id for item in items]
        recording.audit(call, verdict, ids=ids, answered_at=answered_at)
    if usable and deletion.failures:
        # By itself, for the order of locks; nothing is wrong should we die before it.
        accounts.answered(deletion.host)
    return True


def _fails_alone(call: recording.Call, verdict: Verdict) -> bool:
    return controls.fails_alone(call.purpose, verdict) or _has_no_such_kind(call, verdict)


def _has_no_such_kind(call: recording.Call, verdict: Verdict) -> bool:
    return call.purpose == "other" and verdict.ruling in NOT_OURS


def _locked(call_id: int, sent: recording.Sent | None) -> tuple[recording.Call, Settled]:
    """The call, and its deletion, locked so that two settlings never both miss that they were the last."""
    its = "c.deletion" if sent is None else "%s"
    [(operation, kind, purpose, sent_at, *row)] = sql.rows(
        f"""SELECT c.operation, c.kind, c.purpose, c.sent_at, {DELETION_COLUMNS}
        FROM {DELETIONS} d LEFT JOIN {recording.TABLE} c ON c.id = %s LEFT JOIN calls_account a ON a.host = d.host
        WHERE d.uuid = {its}{sql.for_update("d")}""",  # nosec B608 # only names from the code
        call_id,
        *([] if sent is None else [sent.deletion]),
    )
    if sent is not None:
        operation, kind, purpose = sent.operation, sent.kind, sent.purpose
    deletion = settled_from(row)
    return recording.Call(call_id, operation, kind, purpose, deletion.uuid, sql.moment(sent_at)), deletion


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


def _settle_delete(work: Settlement, items: list[Carried], verdict: Verdict, call: recording.Call) -> None:
    ruling = verdict.ruling
    told: dict[str, Any] = {"code": verdict.code, "touched": True}
    if ruling not in NO_TROUBLE:
        work.note_trouble()
    if ruling == Ruling.SUCCESS:
        _settle_success(work, items, {**told, "message": verdict.message})
    elif ruling in BACK:
        # The answer may have come after the work, whatever it says of the account.
        perhaps: dict[str, Any] = {}
        if verdict.sent:
            there_from = work.there_counts_from(items, lost=False)
            perhaps = {"touched": True, "lost_call": call.pk, "there_from": there_from}
        work.change(items, Outcome.WAITING, **perhaps)
    elif ruling == Ruling.REFUSED and len(items) == 1:
        moment = work.there_counts_from(items, lost=False)
        # Looked up at once, and again when the call can't be at work any more: what is there first, and gone then, was
        # deleted by it.
        ask = {"if_there": IfThere.REFUSE, "there_from": moment, "not_before": work.now, "there_times": 0}
        work.change(items, Outcome.UNKNOWN, message=verdict.message, **told, **ask)
    elif ruling == Ruling.REFUSED:
        for half, group in _halves(items, call.pk):
            send_again(work, half, group=group, there_from=work.there_counts_from(half, lost=False), **told)
    else:
        _settle_lost(work, items, verdict, call)


def _settle_success(work: Settlement, items: list[Carried], told: dict[str, Any]) -> None:
    """Everything is called deleted; some of it is to be looked up."""
    told |= {"evidence": Evidence.SAID, "there_times": 0, "gone_times": 0, "verified": None}
    # In a doubt too: what can't be looked up then was as likely to be picked, and counts as not answered.
    picked = sampling.picks(len(items), size=work.deletion.size, everything=work.deletion.everything)
    due = {"not_before": work.now + timedelta(seconds=work.deletion.lag), "failures": 0}
    work.close(items, Outcome.DELETED, **told, picked=None)
    for pick in Picked:
        chosen = [item.pk for item, its in zip(items, picked, strict=True) if its == pick]
        if chosen:
            change_items(chosen, {"picked": pick, **due})
    at_random = {"sample_picked": Sql(f"sample_picked + {picked.count(Picked.RANDOM):d}")}
    shift_counters(work.deletion.pk, {}, said=Sql(f"said + {len(items):d}"), **at_random)


def _settle_lost(work: Settlement, items: list[Carried], verdict: Verdict, call: recording.Call) -> None:
    for half, group in _halves(items, call.pk):
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
            lost_call=call.pk,
            there_from=work.there_counts_from(half, lost=True),
            gone_times=0,
            there_times=0,
            not_before=work.pause(half[0].failures + 1),
        )


def _halves(items: list[Carried], call_id: int) -> list[tuple[list[Carried], int]]:
    if len(items) < 2:
        return [(items, 0)] if items else []
    middle = len(items) // 2
    return [(items[:middle], call_id * 2), (items[middle:], call_id * 2 + 1)]


def send_again(work: Settlement, items: list[Carried], **fields: Any) -> None:
    """Lets items wait for another delete, or, once the rest was stopped, only for a look-up."""
    if not work.deletion.stopped:
        work.change(items, Outcome.WAITING, not_before=None, if_there="", **fields)
    else:
        moments = [moment for item in items if (moment := item.there_from)] + [work.now]
        ask: dict[str, Any] = {
            "if_there": IfThere.KEEP,
            "not_before": max(fields.get("there_from", work.now), *moments),
        }
        work.change(items, Outcome.UNKNOWN, **{**fields, **ask})


def _settle_look_up(work: Settlement, item: Carried, verdict: Verdict, call: recording.Call) -> None:
    if item.not_before is None:
        # Somebody gave it up while the look-up was out; by now the task may be another deletion's.
        change_items([item.pk], {"call_id": None})
    elif _has_no_such_kind(call, verdict):
        gone_somehow(work, item)
    elif verdict.ruling in {Ruling.ABSENT, Ruling.THERE}:
        change_items([item.pk], {"call_id": None, "claim": call.pk, "not_before": None})
    elif verdict.ruling in BACK:
        change_items([item.pk], {"call_id": None})
    else:
        no_answer(work, item, verdict.sentence)


def no_answer(work: Settlement, item: Carried, sentence: str) -> None:
    """A look-up brought nothing: it is made again after a growing pause, and given up in the end."""
    failures = item.failures + 1
    fields: dict[str, Any] = {"call_id": None, "claim": None, "failures": failures}
    if failures < settings.DELETION_MAX_ATTEMPTS:
        change_items([item.pk], {**fields, "not_before": work.pause(failures)})
    elif item.outcome == Outcome.UNKNOWN and item.if_there == IfThere.OTHER:
        gone_somehow(work, item)
    elif item.outcome == Outcome.UNKNOWN:
        work.close([item], Outcome.UNKNOWN, message=sentence, failures=failures)
    elif item.there_times and item.outcome in GONE:
        # There beats silence: it was seen after it was called gone.
        if item.inspection is None:
            shift_counters(work.deletion.pk, {}, contradicted=Sql("contradicted - 1"))
            work.condemn(item)
        elif item.picked == Picked.RANDOM and item.evidence == Evidence.SEEN:
            shift_counters(work.deletion.pk, {}, sample_gone=Sql("sample_gone - 1"))
        shift_counters(work.deletion.pk, {}, **not_said(item))
        if item.inspection is not None:
            work.correct(item)
        fields = {"message": sentence, "failures": failures, "evidence": None, "inspection": None}
        work.close([item], Outcome.UNKNOWN, **fields)
    elif item.inspection is not None:
        change_items([item.pk], {**fields, "not_before": None, "inspection": None})
    else:
        change_items([item.pk], {**fields, "not_before": None})


def gone_somehow(work: Settlement, item: Carried) -> None:
    """It was found gone often enough, and who deleted it can't be told."""
    shift_counters(work.deletion.pk, {}, unsaid=Sql("unsaid + 1"))
    seen = {"evidence": Evidence.SEEN, "seen_at": item.gone_at}
    work.close([item], Outcome.DELETED, message=GONE_SOMEHOW, verified="gone", **seen)


def not_said(item: Carried) -> dict[str, Sql]:
    """How the counter of what is only said changes when an item is more than that, or less."""
    return {"said": Sql("said - 1")} if item.evidence == Evidence.SAID else {}
