"""Items that are doubtful after a lost or failed delete: look-ups decide their outcome, or they are sent again."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from dashboard.calls.judging import Finding
from dashboard.database import sql
from dashboard.database.sql import Sql
from dashboard.deletions.dispatch.settlement import Carried, Settlement, names
from dashboard.deletions.evidence.proof import Found, is_gone
from dashboard.deletions.models import SUCCESS, Deletion, DeletionItem, Evidence, Outcome
from dashboard.deletions.moves import ITEMS, TASKS, change_items, shift_counters

IfThere = DeletionItem.IfThere

TWICE = 2
NEAR = 2000
"""The most rows between an item and others of the same call that are searched."""

SAID_SUCCESS = "TensorsLab said Success, but the task is still there"
GONE_SOMEHOW = "No call was answered with Success, but it is gone: one may have deleted it, or it was gone before"
DELETED_LATE = "TensorsLab did not say Success, but deleted it: it was there after its call, and is gone now"
FOUND_GONE = "TensorsLab said Success; a look-up found it gone"
CONFIRMED_BY_LOOK_UP = "No answer to the delete; a look-up found it gone"
HIDDEN = "No answer to the delete, and look-ups do not find it although others of its list are there"
STILL_THERE = "No answer to the delete; a look-up found it still there"
GONE_BEFORE = "No call was answered with Success: it was gone before"


def conclude(work: Settlement, found: Found) -> None:
    if found.purpose == "other":
        _conclude_other_kind(work, found)
    elif found.finding == Finding.THERE:
        _still_there(work, found)
    elif is_gone(work, found, times=TWICE):
        _gone(work, found)


def _gone(work: Settlement, found: Found) -> None:
    item = found.item
    if item.code == SUCCESS:
        work.close([item], Outcome.DELETED, message=FOUND_GONE, verified="gone", **found.seen)
    elif item.lost_at is not None:
        # If others of its list are there, the call was not carried out and did not delete this task: look-ups just
        # can't find it.
        hidden = item.verified == "present" or _others_are_there(work, item)
        hidden = hidden and item.if_there == IfThere.RESEND and not work.deletion.stopped
        if hidden and item.failures < settings.DELETION_MAX_ATTEMPTS:
            send_again(work, [item], message="", verified="present", lost_call=None, gone_times=0)
        elif hidden:
            work.close([item], Outcome.UNKNOWN, message=HIDDEN, verified=None)
        else:
            work.close([item], Outcome.DELETED, message=CONFIRMED_BY_LOOK_UP, verified="gone", **found.seen)
    elif item.there_times:
        work.close([item], Outcome.DELETED, message=DELETED_LATE, verified="gone", lost_at=work.now, **found.seen)
    elif _may_be_of_the_other_kind(item):
        ask = {"if_there": IfThere.OTHER, "not_before": work.now, "failures": 0}
        change_items([item.pk], {"claim": None, "gone_at": found.at, **ask})
    else:
        gone_without_success(work, found)


def gone_without_success(work: Settlement, found: Found) -> None:
    """Settles an item that is gone although every call with it failed. One of them may have deleted it."""
    item = found.item
    if found.purpose != "other":
        item = item._replace(gone_at=found.at)
    if _was_gone_before(work, item):
        shift_counters(work.deletion.pk, {}, unsaid=Sql("unsaid + 1"))
        seen = found.seen | {"seen_at": item.gone_at}
        work.close([item], Outcome.ALREADY_GONE, message=GONE_BEFORE, verified="gone", **seen)
    else:
        gone_somehow(work, item)
    _pause_if_mostly_gone(work)


def gone_somehow(work: Settlement, item: Carried) -> None:
    """Settles an item that is gone, if it can't be known who deleted it."""
    shift_counters(work.deletion.pk, {}, unsaid=Sql("unsaid + 1"))
    seen = {"evidence": Evidence.SEEN, "seen_at": item.gone_at}
    work.close([item], Outcome.DELETED, message=GONE_SOMEHOW, verified="gone", **seen)


def _was_gone_before(work: Settlement, item: Carried) -> bool:
    """Whether it was gone before its first call: it was alone in it, or its neighbours in that call were deleted with
    Success later, so that the first call deleted nothing."""
    if item.first_call is None or item.lost_call is not None:
        return False
    mine = f"FROM {ITEMS} WHERE id >= %s AND id <= %s AND deletion_id + 0 = %s AND first_call = %s"
    beside = f"""SELECT outcome = 'deleted' AND code = 1000 {mine} AND id IN (
        (SELECT MAX(id) {mine} AND id < %s), (SELECT MIN(id) {mine} AND id > %s))"""
    near = (item.pk - NEAR, item.pk + NEAR, work.deletion.pk, item.first_call)
    return all(succeeded for (succeeded,) in sql.rows(beside, *near, *near, item.pk, *near, item.pk))


def _others_are_there(work: Settlement, item: Carried) -> bool:
    """Whether tasks of the same lost call are there, or were, and have been sent again, with Success or lost."""
    others = f"""SELECT 1 FROM {ITEMS} WHERE id >= %s AND id <= %s AND deletion_id + 0 = %s
        AND (lost_call = %s AND (there_times > 0 OR code = 1000) OR first_call = %s AND lost_call > %s) LIMIT 1"""  # nosec B608 # only names from the code
    calls = (item.lost_call, item.first_call, item.lost_call)
    return bool(sql.rows(others, item.pk - NEAR, item.pk + NEAR, work.deletion.pk, *calls))


def other_kind(kind: str) -> str:
    return "video" if kind == "image" else "image"


def _may_be_of_the_other_kind(item: Carried) -> bool:
    """Whether the register has no task with its id under the other kind."""
    [(kind, task_id)] = names([item])
    return not sql.rows(f"SELECT 1 FROM {TASKS} WHERE kind = %s AND task_id = %s", other_kind(kind), task_id)  # nosec B608 # only names from the code


def _conclude_other_kind(work: Settlement, found: Found) -> None:
    item = found.item
    if found.finding == Finding.THERE:
        [(kind, _task_id)] = names([item])
        message = f"TensorsLab knows it as {other_kind(kind)}. Correct its kind in the register"
        work.close([item], Outcome.REFUSED, message=message, verified="present", **found.seen)
        _pause_if_mostly_refused(work, message)
    else:
        gone_without_success(work, found)


def _still_there(work: Settlement, found: Found) -> None:
    item = found.item
    there_times = (item.there_times or 0) + 1
    again = {"gone_times": 0, "there_times": there_times}
    may_resend = item.if_there == IfThere.RESEND and item.failures < settings.DELETION_MAX_ATTEMPTS
    if may_resend and not work.deletion.stopped:
        send_again(work, [item], message="", **again)
    elif item.there_from is not None and found.sent_at < item.there_from:
        change_items([item.pk], {"claim": None, **again, "not_before": max(work.now, item.there_from)})
    elif item.if_there == IfThere.KEEP or (item.if_there == IfThere.RESEND and work.deletion.stopped):
        work.close([item], Outcome.KEPT, verified="present", **again, **found.seen)
    else:
        message = item.message if item.lost_at is None or item.code is not None else STILL_THERE
        if item.code == SUCCESS:
            message = SAID_SUCCESS
            work.condemn(item)
        work.close([item], Outcome.REFUSED, message=message, verified="present", **again, **found.seen)
        _pause_if_mostly_refused(work, message)


def send_again(work: Settlement, items: list[Carried], **fields: Any) -> None:
    """Lets items wait for another delete or, if the rest was stopped, for a look-up only."""
    if not work.deletion.stopped:
        work.change(items, Outcome.WAITING, not_before=None, if_there="", **fields)
    else:
        moments = [moment for item in items if (moment := item.there_from)] + [work.now]
        ask: dict[str, Any] = {
            "if_there": IfThere.KEEP,
            "not_before": max(fields.get("there_from", work.now), *moments),
        }
        work.change(items, Outcome.UNKNOWN, **{**fields, **ask})


def _pause_if_mostly_refused(work: Settlement, message: str) -> None:
    """Pauses a deletion of which too much is refused, unless a person has resumed it after that before."""
    share = f"Over {settings.DELETION_REFUSED_PERCENT} % of its tasks so far were refused."
    reason = f"{share} Last: {message or 'TensorsLab gave no reason'}. Resume to go on all the same."
    going_on = Deletion.objects.mostly_refused().filter(refusals_accepted_at=None)
    work.pause_if_one_of(going_on, reason)


def _pause_if_mostly_gone(work: Settlement) -> None:
    reason = (
        "Most of its tasks so far were found gone, although no call with them was answered with Success. Is the "
        "register out of date, is this another account, or does TensorsLab do the work and say Failed? "
        "Resume to go on all the same."
    )
    work.pause_if_one_of(Deletion.objects.mostly_gone().filter(absence_accepted_at=None), reason)
