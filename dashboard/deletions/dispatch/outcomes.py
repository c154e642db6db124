"""What an answer to a call, or a missing one, means for the call's items. One transaction per call.

The answer to a delete is recorded as TensorsLab's word. The answer to a look-up becomes a claim, which
`evidence.concluding` judges later.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from dashboard.calls import accounts, controls, recording
from dashboard.calls.models import ProviderCall
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.database import sql
from dashboard.database.sql import Sql
from dashboard.deletions.dispatch.settlement import (
    DELETION_COLUMNS,
    Carried,
    Settled,
    Settlement,
    carried,
    settled_from,
)
from dashboard.deletions.evidence import sampling
from dashboard.deletions.evidence.doubtful import gone_somehow, send_again
from dashboard.deletions.evidence.silence import no_answer
from dashboard.deletions.models import DeletionItem, Evidence, Outcome
from dashboard.deletions.moves import DELETIONS, ITEMS, change_items, shift_counters

IfThere = DeletionItem.IfThere
Picked = DeletionItem.Picked
Operation = ProviderCall.Operation

BACK = {Ruling.OUT_OF_CREDITS, Ruling.UNAUTHORIZED, Ruling.BUSY, Ruling.NOT_SENT}
"""Rulings about the account or the network, not the ids: the items wait again."""
NO_TROUBLE = {Ruling.SUCCESS, Ruling.NOT_SENT}
NOT_OURS = {Ruling.OUT_OF_CREDITS, Ruling.UNAUTHORIZED}
"""From the other kind these rulings only mean that the account can't use that kind."""


def settle(
    call_id: int,
    verdict: Verdict,
    *,
    now: datetime,
    came_at: datetime | None = None,
    sent: recording.Call | None = None,
) -> bool:
    """Applies `verdict` to the items of an open call. False, without a change, if another process settled it first.

    `came_at` is when the answer came, if that was earlier. `sent` is the call as its sender remembers it, which is
    right even if its row has changed; without it the row is used.

    1. The account (if the answer is about it) and the deletion are locked.
    2. The call is completed: a second process finds it completed, and stops.
    3. Its items change, the deletion ends if they were the last, the account learns.
    4. The audit log is written.
    """
    usable = verdict.ruling in accounts.USABLE
    with transaction.atomic():
        call, deletion = _locked(call_id, sent, of_account=not usable)
        # If the clock was put back meanwhile, the answer must still not come before its question.
        answered_at = max(came_at or now, call.sent_at or now)
        if not recording.complete(call_id, verdict, answered_at=answered_at):
            if sent is not None and verdict.sent:
                recording.audit(call, verdict, answered_at=answered_at, overtaken=True)
            return False
        left = call.operation == Operation.DELETE and verdict.sent
        work = Settlement(deletion=deletion, now=now, delete=call if left else None)
        _settle_items(work, verdict, call)
        work.end()
        if not usable and not _fails_alone(call, verdict):
            accounts.learn(verdict, host=deletion.host, now=now, jitter=random.random())  # nosec B311 # spreads pauses, no secret
        work.tell()
        recording.audit(call, verdict, answered_at=answered_at)
    if usable and deletion.failures:
        # In its own statement after the commit, for the order of locks; a crash before it does no harm.
        accounts.answered(deletion.host)
    return True


def _settle_items(work: Settlement, verdict: Verdict, call: recording.Call) -> None:
    items = carried("call_id = %s", call.pk)
    if call.operation == Operation.DELETE:
        _settle_delete(work, items, verdict, call)
    elif items:
        _settle_look_up(work, items[0], verdict, call)


def _fails_alone(call: recording.Call, verdict: Verdict) -> bool:
    return controls.fails_alone(call.purpose, verdict) or _has_no_such_kind(call, verdict)


def _has_no_such_kind(call: recording.Call, verdict: Verdict) -> bool:
    return call.purpose == "other" and verdict.ruling in NOT_OURS


def _locked(call_id: int, sent: recording.Call | None, *, of_account: bool) -> tuple[recording.Call, Settled]:
    """The call and its deletion, locked so that of two settlings one sees that it was the last."""
    if of_account:
        accounts.locked()
    its = "c.deletion" if sent is None else "%s"
    [(operation, kind, purpose, sent_at, *row)] = sql.rows(
        f"""SELECT c.operation, c.kind, c.purpose, c.sent_at, {DELETION_COLUMNS}
        FROM {DELETIONS} d LEFT JOIN {recording.TABLE} c ON c.id = %s LEFT JOIN calls_account a ON a.host = d.host
        WHERE d.uuid = {its}{sql.for_update("d")}""",  # nosec B608 # only names from the code
        call_id,
        *([] if sent is None else [sent.deletion]),
    )
    deletion = settled_from(row)
    call = sent or recording.Call(call_id, operation, kind, purpose, deletion.uuid, _ids(call_id))
    return call._replace(sent_at=sql.moment(sent_at)), deletion


def _ids(call_id: int) -> list[str]:
    """The ids of a call whose sender died; a live sender has them already."""
    return [task_id for (task_id,) in sql.rows(f"SELECT task_id FROM {ITEMS} WHERE call_id = %s ORDER BY id", call_id)]  # nosec B608 # only names from the code


def _settle_delete(work: Settlement, items: list[Carried], verdict: Verdict, call: recording.Call) -> None:
    ruling = verdict.ruling
    told: dict[str, Any] = {"code": verdict.code, "touched": True}
    if ruling not in NO_TROUBLE:
        work.note_trouble()
    if ruling == Ruling.SUCCESS:
        _settle_success(work, items, {**told, "message": verdict.message})
    elif ruling in BACK:
        # The provider may have deleted before it answered so.
        perhaps: dict[str, Any] = {}
        if verdict.sent:
            there_from = work.there_counts_from(items, lost=False)
            perhaps = {"touched": True, "lost_call": call.pk, "there_from": there_from}
        work.change(items, Outcome.WAITING, **perhaps)
    elif ruling == Ruling.REFUSED and len(items) == 1:
        moment = work.there_counts_from(items, lost=False)
        # Looked up at once, and again when the call can't be at work any more: if it was there first and is gone then,
        # the call deleted it.
        ask = {"if_there": IfThere.REFUSE, "there_from": moment, "not_before": work.now, "there_times": 0}
        work.change(items, Outcome.UNKNOWN, message=verdict.message, **told, **ask)
    elif ruling == Ruling.REFUSED:
        for half, group in _halves(items, call.pk):
            send_again(work, half, group=group, there_from=work.there_counts_from(half, lost=False), **told)
    else:
        _settle_lost(work, items, verdict, call)


def _settle_success(work: Settlement, items: list[Carried], told: dict[str, Any]) -> None:
    """Marks all items as deleted, and picks those to look up."""
    told |= {"evidence": Evidence.SAID, "there_times": 0, "gone_times": 0, "verified": None}
    # Items are picked in doubt too: those that can't be looked up then count as without an answer.
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
            # If still there it is sent again in halves: that isolates an id that breaks every answer.
            group=group,
            if_there=IfThere.KEEP if work.deletion.stopped else IfThere.RESEND,
            failures=Sql("failures + 1"),
            lost_at=work.now,
            lost_call=call.pk,
            there_from=work.there_counts_from(half, lost=True),
            gone_times=0,
            there_times=0,
            not_before=work.after_failures(half[0].failures + 1),
        )


def _halves(items: list[Carried], call_id: int) -> list[tuple[list[Carried], int]]:
    if len(items) < 2:
        return [(items, 0)] if items else []
    middle = len(items) // 2
    return [(items[:middle], call_id * 2), (items[middle:], call_id * 2 + 1)]


def _settle_look_up(work: Settlement, item: Carried, verdict: Verdict, call: recording.Call) -> None:
    if item.not_before is None:
        # The item was given up while the look-up was out; another deletion may have its task by now.
        change_items([item.pk], {"call_id": None})
    elif _has_no_such_kind(call, verdict):
        gone_somehow(work, item)
    elif verdict.ruling in {Ruling.ABSENT, Ruling.THERE}:
        change_items([item.pk], {"call_id": None, "claim": call.pk, "not_before": None})
    elif verdict.ruling in BACK:
        change_items([item.pk], {"call_id": None})
    else:
        no_answer(work, item, verdict.sentence)
