"""A database that is older than the calls made with it: a restored copy, or a failover that lost commits.

1. `notice` finds that the audit log lacks heads that were seen, stops all sending, and tells since when, once per loss.
2. `doubt_chunk` marks waiting items of deletions in flight as perhaps sent: they are looked up before the next delete.
3. A person resumes. Tasks that look-ups find gone are deleted, tasks that they find there are sent again.
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
"""Action of the entry about a loss."""
CHUNK = 250
PERHAPS_SENT = "Perhaps sent: this database is older than what was done with it"
UNDER_WAY = "What may have been sent is still being noted down, and nothing is sent meanwhile. Try again in a moment."


def notice(*, now: datetime) -> bool:
    """Stops all sending if this database has lost heads that were seen. True if it just did.

    Every worker calls it every few seconds. Not for the middle of a transaction.
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
    """Why nothing is sent, if the reason is that the database is older; else empty."""
    account = accounts.current()
    return account.paused_reason if accounts.is_older(account) else ""


def _is_told(seen: heads.Seen) -> bool:
    """Whether the log tells of this loss. Each machine has seen other heads, none later than the one in the entry."""
    # An attacker who has only the database can add such an entry, but not with our key.
    told = [
        event for event in AuditEvent.objects.filter(action=OLDER).order_by("-sequence")[:10] if chain.is_ours(event)
    ]
    return any(max(event.at, datetime.fromisoformat(event.detail["seen_at"])) >= seen.at for event in told)


def _forget() -> None:
    """Forgets the heads of a loss that a person has handled, so that the next loss is noticed."""
    try:
        heads.accept()
    except OSError as error:
        logger.warning("What was seen of the older database can't be forgotten: %s.", error)


def _stop(lost: heads.Behind, *, now: datetime) -> None:
    reason = _reason(lost)
    Account.objects.update(paused_reason=reason)
    # No more is sent from the paused ones. The others are locked one by one.
    going_on = Deletion.objects.going_on().select_for_update().order_by("pk")
    doubted = Deletion.objects.filter(pk__in=list(going_on.values_list("pk", flat=True)))
    # It needs look-ups from now on, and must not end by TensorsLab's word alone.
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
    """Deletions with items to mark as perhaps sent. Only armed items: the others follow when they are armed."""
    ready = Q(armed_at__isnull=False) | Q(doubted_through__lt=F("armed_through"))
    return [(doubt_chunk, row) for row in Deletion.objects.being_doubted().filter(ready).order_by("pk")]


def is_under_way(deletion: Deletion | None = None) -> bool:
    """Whether items are still to be marked: of this deletion, or of any."""
    rows = Deletion.objects.being_doubted()
    return rows.filter(pk=deletion.pk).exists() if deletion else rows.exists()


def doubt_chunk(deletion: Deletion, *, now: datetime, size: int | None = None) -> bool:
    """Marks the next items as perhaps sent. False when all are marked, or others must be armed first."""
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
    """Takes back ready calls, whose items then wait and are marked too. A paused account makes no new ones."""
    ready = ProviderCall.objects.in_hand().filter(deletion=deletion.uuid, state=ProviderCall.State.READY)
    for pk in list(ready.values_list("pk", flat=True)):
        next_call.release(pk)


def _next_to_doubt(deletion: Deletion, through: int, size: int) -> list[tuple[int, int, str]]:
    """Number, task and outcome of open items that wait, or are being looked up."""
    # Comparing whole rows forces the index `item_by_outcome`, as in `arming`.
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
    # Each of them may have been sent in the lost time, so it is treated like a call without an answer.
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
