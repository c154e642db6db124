"""A database that is older than what was done with it: a copy that was restored, or a failover that lost commits.

1. `notice` finds that the audit log lacks what was seen of it, stops all sending, and says since when. Once a loss.
2. `doubt_chunk` makes *perhaps sent* of all that waits in what was in flight: a look-up comes before the next delete.
3. A person resumes. What a look-up finds gone is deleted, what it finds there is sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from dashboard.audit import chain, heads
from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts
from dashboard.calls.models import Account, ProviderCall
from dashboard.database import sql
from dashboard.deletions.dispatch import next_call
from dashboard.deletions.dispatch.arming import LAST
from dashboard.deletions.dispatch.ending import finish_if_done
from dashboard.deletions.dispatch.settlement import QUIET
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.deletions.moves import ITEMS, change_items, mark_tasks, shift_counters
from dashboard.pages.moments import for_record

logger = logging.getLogger(__name__)

OLDER = "database.older"
"""The audit event of a loss that was noticed."""
CHUNK = 250
PERHAPS_SENT = "Perhaps sent: this database is older than what was done with it"
UNDER_WAY = "What may have been sent is still being noted down, and nothing is sent meanwhile. Try again in a moment."


def notice(*, now: datetime) -> bool:
    """Stops all sending when this database has lost what was seen of it. True when it just did.

    Asked every few seconds by every worker. Not in a transaction.
    """
    if (lost := heads.behind()) is None:
        return False
    with transaction.atomic():
        accounts.current()
        everyone = list(Account.objects.select_for_update().order_by("pk"))
        if not _is_told(lost.seen):
            _stop(lost, now=now)
            return True
    if not any(account.host == accounts.current_host() and accounts.is_older(account) for account in everyone):
        _forget()
    return False


def why() -> str:
    """Why nothing is sent, when that is because the database is older; else empty."""
    account = accounts.current()
    return account.paused_reason if accounts.is_older(account) else ""


def _is_told(seen: heads.Seen) -> bool:
    """Whether the log tells of this loss. Each machine has seen something else of it, but nothing that is later."""
    # Who has the database alone can add an entry that says so, but not one that is ours.
    told = [
        event for event in AuditEvent.objects.filter(action=OLDER).order_by("-sequence")[:10] if chain.is_ours(event)
    ]
    return any(max(event.at, datetime.fromisoformat(event.detail["seen_at"])) >= seen.at for event in told)


def _forget() -> None:
    """What was lost was told, and somebody has resumed since: it must not hide what may be lost next."""
    try:
        heads.accept()
    except OSError as error:
        logger.warning("What was seen of the older database can't be forgotten: %s.", error)


def _stop(lost: heads.Behind, *, now: datetime) -> None:
    reason = _reason(lost)
    Account.objects.update(paused_reason=reason)
    # What was stopped sends nothing more. The others are locked one after the other.
    going_on = Deletion.objects.going_on().select_for_update().order_by("pk")
    doubted = Deletion.objects.filter(pk__in=list(going_on.values_list("pk", flat=True)))
    # It needs look-ups from now on, so it can't end on TensorsLab's word alone.
    number = doubted.update(doubted_through=0, troubled_at=Coalesce("troubled_at", Value(now)))
    scheduled = {"state": State.PAUSED, "paused_reason": _perhaps_undone(), "paused_by_account": False}
    doubted.filter(state=State.SCHEDULED).update(**scheduled)
    Deletion.objects.paused_by_account().update(paused_reason=reason)
    told = {"seen": lost.seen.sequence, "seen_hash": lost.seen.hash, "seen_at": lost.seen.at.isoformat()}
    told |= {"ends": lost.sequence, "ends_at": lost.at.isoformat() if lost.at else None, "deletions": number}
    chain.append(actor="", action=OLDER, subject=accounts.current_host(), detail=told)


def _reason(lost: heads.Behind) -> str:
    seen = f"entry {lost.seen.sequence:,} of {for_record(lost.seen.at)}"
    if lost.at and lost.sequence < lost.seen.sequence:
        since = f"its log ends with entry {lost.sequence:,} of {for_record(lost.at)}, but {seen} was seen"
    else:
        since = f"{seen} was seen, and its log lacks it"
    return (
        f"{accounts.OLDER}: {since}. Nothing is sent. What was under way then may have been sent: after Resume, "
        "look-ups decide. A Stop or Pause that came later is lost: stop what should not go on before you resume."
    )


def _perhaps_undone() -> str:
    return (
        f"{accounts.OLDER}. This deletion was about to begin then: it may have been undone since, or have run. "
        "Resume it if it is still wanted: look-ups decide what is left to do."
    )


def unfinished_chunks() -> list[tuple[Callable[..., bool], Deletion]]:
    """What is to be marked as perhaps sent. Only what is armed: the rest follows as it is opened."""
    ready = Q(armed_at__isnull=False) | Q(doubted_through__lt=F("armed_through"))
    return [(doubt_chunk, row) for row in Deletion.objects.being_doubted().filter(ready).order_by("pk")]


def is_under_way(deletion: Deletion | None = None) -> bool:
    """Whether something is still to be marked: of this deletion, or of any."""
    rows = Deletion.objects.being_doubted()
    return rows.filter(pk=deletion.pk).exists() if deletion else rows.exists()


def doubt_chunk(deletion: Deletion, *, now: datetime, size: int | None = None) -> bool:
    """Marks the next items as perhaps sent. False when all are, or when others must be armed first."""
    with transaction.atomic():
        row = Deletion.objects.being_doubted().filter(pk=deletion.pk).select_for_update().first()
        if row is None:
            return False
        if not row.doubted_through:
            _take_back_ready_calls(row)
        size = size or CHUNK
        through = row.last_item if row.is_armed else row.armed_through
        found = _next_to_doubt(row, through, size)
        _doubt(row, found, now=now)
        more = len(found) == size
        shift_counters(row.pk, {}, doubted_through=found[-1][0] if more else through)
        finish_if_done(row.pk, now=now)
    return more


def _take_back_ready_calls(deletion: Deletion) -> None:
    """Their items wait again, and are marked like the others. No further one is made while the account is paused."""
    ready = ProviderCall.objects.in_hand().filter(deletion=deletion.uuid, state=ProviderCall.State.READY)
    for pk in list(ready.values_list("pk", flat=True)):
        next_call.release(pk)


def _next_to_doubt(deletion: Deletion, through: int, size: int) -> list[tuple[int, int, str]]:
    """Number, task and outcome of open items that wait, or are looked up already."""
    # By row values that only the index `item_by_outcome` has, as in `arming`.
    here, columns = "(deletion_id, outcome, id)", "id, tracked_id, outcome"
    one = f"""SELECT * FROM (SELECT {columns} FROM {ITEMS} WHERE {here} > (%s, %s, %s) AND {here} < (%s, %s, {LAST})
        AND id <= %s AND open ORDER BY deletion_id, outcome, id LIMIT %s) AS {{}}"""  # nosec B608 # pieces from the code, values beside them
    values = [
        value
        for outcome in (Outcome.UNKNOWN, Outcome.WAITING)
        for value in (deletion.pk, outcome, deletion.doubted_through, deletion.pk, outcome, through, size)
    ]
    both = f"{one.format('unknown')} UNION ALL {one.format('waits')}"
    return sql.rows(f"SELECT {columns} FROM ({both}) AS found ORDER BY id LIMIT %s", *values, size)  # nosec B608 # pieces from the code, values beside them


def _doubt(deletion: Deletion, found: list[tuple[int, int, str]], *, now: datetime) -> None:
    waiting = [(pk, tracked) for pk, tracked, outcome in found if outcome == Outcome.WAITING]
    # A call of the lost time may be at work until its time-out.
    lag = Account.objects.filter(host=deletion.host).values_list("lag", flat=True).first() or 0.0
    work_ends = max(QUIET, settings.TENSORSLAB_TIMEOUT + 1, 1.5 * lag)
    # All of them may have been sent in the lost time, which is as good as a call that was lost.
    change_items([pk for pk, _, _ in found], {"there_from": now + timedelta(seconds=work_ends), "lost_at": now})
    if not waiting:
        return
    perhaps_sent = {
        "outcome": Outcome.UNKNOWN,
        "message": PERHAPS_SENT,
        "touched": True,
        "code": None,
        "if_there": DeletionItem.IfThere.RESEND,
        "lost_call": None,
        "failures": 0,
        "gone_times": 0,
        "there_times": 0,
        "not_before": now,
    }
    change_items([pk for pk, _ in waiting], perhaps_sent)
    tracked = [tracked for _, tracked in waiting]
    mark_tasks(tracked, outcome=Outcome.UNKNOWN, message=PERHAPS_SENT, deletion=deletion.uuid, now=now)
    shift_counters(deletion.pk, {Outcome.WAITING: -len(waiting), Outcome.UNKNOWN: len(waiting)})
