"""What is due: which deletions begin or pause, and when the next shift is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache, reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, F, Q, QuerySet, Value, When
from django.db.models.functions import Now

from dashboard.calls import accounts, clock, controls, doubts
from dashboard.calls.models import Account
from dashboard.database import sql
from dashboard.deletions.dispatch import arming, closing, next_list, restoring, turns
from dashboard.deletions.dispatch.ending import finish_if_done
from dashboard.deletions.evidence import inspecting, next_controls, verifying
from dashboard.deletions.models import (
    Certificate,
    Deletion,
    DeletionItem,
    DeletionQuerySet,
    Evidence,
    Inspection,
    Outcome,
    State,
)

FAR_AHEAD = timedelta(minutes=3)
MOMENTS = ("lost_at", "there_from", "gone_at")


def begin_due(*, now: datetime) -> None:
    """Starts deletions whose grace is over, and pauses those that were confirmed for another address or key."""
    due = Deletion.objects.due(now=now)
    if due.exists():
        # It may have been undone in commits that were lost.
        restoring.notice(now=now)
    for pk in due.values_list("pk", flat=True):
        with transaction.atomic():
            Deletion.objects.filter(pk=pk, state=State.SCHEDULED).update(state=State.RUNNING)
            finish_if_done(pk, now=now)
    for row in _elsewhere():
        rows = Deletion.objects.filter(pk=row.pk, state=State.RUNNING)
        rows.update(state=State.PAUSED, paused_reason=why_elsewhere(row), paused_by_account=False)


def _elsewhere() -> QuerySet[Deletion]:
    """Running deletions that were confirmed for another address or key."""
    here = Q(host=accounts.current_host(), key=accounts.current_key())
    return Deletion.objects.filter(state=State.RUNNING).exclude(here)


def why_elsewhere(deletion: Deletion) -> str:
    """How address or key differ from those at the confirmation; empty if they don't."""
    host = accounts.current_host()
    if deletion.host != host:
        return f"Confirmed for {deletion.host}, but this dashboard now sends to {host}. Nothing is sent."
    if deletion.key != accounts.current_key():
        return (
            "Confirmed with another API key than the one that is set now. Nothing is sent. "
            "Resume if both are of the same account, or if the old one was wrong; else put the old one back."
        )
    return ""


def heed_account(*, now: datetime | None = None) -> None:
    """Pauses deletions by a pause or doubt of the account, and resumes them when that is over."""
    now = now or clock.now()
    controls.heed_key(now=now)
    account = accounts.current()
    here = Deletion.objects.filter(host=account.host)
    # Each update checks the reason again, because a person may just have resumed.
    same = Account.objects.filter(pk=account.pk, paused_reason=account.paused_reason, doubt=account.doubt)
    if account.paused_reason:
        running = here.filter(Exists(same), state=State.RUNNING)
        paused = {"state": State.PAUSED, "paused_reason": account.paused_reason, "paused_by_account": True}
        _change(running, **paused, paused_by_doubt=False)
        _change(here.paused_in_doubt().filter(Exists(same)), **paused, paused_by_doubt=False)
        return
    stopped = Q()
    if account.doubt:
        patient = account.doubted_at is not None and account.doubted_at <= now - turns.WITHOUT_TRUST_AFTER
        since = now - turns.WITHOUT_TRUST_AFTER
        recent = Q(confirmed_at__gt=since) | Q(decided_at__gt=since)
        stopped = Q(troubled_at__isnull=False) | recent if patient else Q(pk__isnull=False)
        running = here.filter(stopped, Exists(same), state=State.RUNNING)
        paused = {"state": State.PAUSED, "paused_reason": account.doubt, "paused_by_account": True}
        _change(running, **paused, paused_by_doubt=True)
        _ask_again_what_was_refused(here)
        _change(here.paused_in_doubt().exclude(paused_reason=account.doubt), paused_reason=account.doubt)
        let_go(account, patient=patient, now=now)
    if not account.doubt or patient:
        going_on = here.paused_in_doubt().filter(Exists(same))
        going_on = going_on.exclude(stopped) if account.doubt else going_on
        _change(going_on, state=State.RUNNING, paused_reason="", paused_by_account=False)


def _change(deletions: DeletionQuerySet, **values: object) -> None:
    """Changes several at once, with the account locked before them, as everywhere: a Resume, which changes several too,
    would otherwise wait for this one, and this one for it."""
    if deletions.exists():
        with transaction.atomic():
            accounts.locked()
            deletions.update(**values)


def _ask_again_what_was_refused(deletions: DeletionQuerySet) -> None:
    """Sends refused tasks again if look-ups find them: the account may have refused because it found no task.

    Not without end: an account may be in doubt again and again, and refuse some tasks in any case.
    """
    refused = DeletionItem.objects.filter(outcome=Outcome.UNKNOWN, open=True, if_there=DeletionItem.IfThere.REFUSE)
    refused = refused.filter(attempts__lt=settings.DELETION_MAX_ATTEMPTS)
    for row in deletions.paused_by_account():
        mine = refused.filter(deletion=row)
        if mine.exists():
            with transaction.atomic():
                Deletion.objects.select_for_update().get(pk=row.pk)
                mine.update(if_there=DeletionItem.IfThere.RESEND)


def let_go(account: Account, *, patient: bool, now: datetime) -> None:
    """Ends deletions without any trouble by TensorsLab's Success alone, while look-ups can't be trusted: after a while,
    or at once if only a person can end the doubt."""
    going_on = Q(state=State.RUNNING) | Q(state=State.PAUSED, paused_by_account=True)
    untroubled = Deletion.objects.filter(going_on, host=account.host, troubled_at=None)
    if not patient and account.doubt != doubts.NO_WITNESS:
        return
    for row in untroubled if patient else untroubled.filter(waiting=0, sent=0):
        with transaction.atomic():
            if not untroubled.select_for_update().filter(pk=row.pk).exists():
                continue
            asked = row.items.filter(outcome=Outcome.DELETED, evidence=Evidence.SAID, call=None)
            asked.filter(Q(not_before__isnull=False) | Q(claim__isnull=False)).update(not_before=None, claim=None)
            finish_if_done(row.pk, now=now)


def unfinished_chunks(*, now: datetime) -> list[tuple[Callable[..., bool], Deletion]]:
    """Large changes that are made in chunks: arming, Undo, Stop, doubting, looking everything up."""
    to_mark = inspecting.to_mark(now=now)
    # Asked once a second, and mostly there are none: one small question is cheaper than one of each kind.
    if not Deletion.objects.being_changed().exists() and not to_mark.exists():
        return []
    return [
        *arming.unfinished_chunks(),
        *restoring.unfinished_chunks(),
        *((verifying.condemn_chunk, row) for row in Deletion.objects.being_condemned()),
        *((inspecting.mark_chunk, row) for row in to_mark),
    ]


def unstrand(*, now: datetime) -> None:
    """Brings moments near that a wrong clock left far ahead: no pause of ours is that long."""
    stranded = DeletionItem.objects.filter(not_before__gt=now + FAR_AHEAD)
    near = {name: Case(When(**{f"{name}__gt": now}, then=Value(now)), default=F(name)) for name in MOMENTS}
    stranded.update(not_before=now, **near)
    controls.forget_the_future(now=now, beyond=now + FAR_AHEAD)
    ahead = Q(confirmed_at__gt=now + FAR_AHEAD) | Q(decided_at__gt=now + FAR_AHEAD)
    for row in Deletion.objects.filter(ahead, state=State.SCHEDULED):
        grace = row.starts_at - row.released_at if row.starts_at and row.released_at else timedelta()
        Deletion.objects.filter(pk=row.pk, state=State.SCHEDULED).update(starts_at=now + grace)
    accounts.forget_impossible_rest(now=now)


def at_rest() -> bool:
    """Whether there is nothing to do for any deletion: one small question in place of the many that say what."""
    statement, values = _something_to_do()
    return not sql.rows(statement, *values)


@cache
def _something_to_do() -> tuple[str, tuple[Any, ...]]:
    # Made once, since Django takes longer to make it than a database to answer it. So it takes the database's time.
    inspected = Inspection.objects.filter(at=None, due_at__lte=Now())
    certified = Certificate.objects.filter(issued_at=None)
    changed = [Deletion.objects.in_flight(), Deletion.objects.being_undone(), closing.ended()]
    found = Account.objects.filter(reduce(or_, map(Exists, [*changed, inspected, certified])))
    return found.values("pk").query.sql_with_params()


def next_due(*, now: datetime) -> datetime | None:
    """When the next shift is needed; None if all that is left needs a person."""
    return min(_moments(now=now), default=None)


def is_due(*, by: datetime, now: datetime) -> bool:
    """Whether a shift is needed by then. The first moment that says so is enough, unlike for `next_due`."""
    return any(moment <= by for moment in _moments(now=now))


def needs_a_person(*, now: datetime) -> bool:
    """Whether no shift is needed at any time."""
    return next(_moments(now=now), None) is None


def _moments(*, now: datetime) -> Iterator[datetime]:
    """When shifts are needed. What costs most is asked last: for some the first moment is enough."""
    account = accounts.current()
    scheduled = Deletion.objects.filter(state=State.SCHEDULED).values_list("starts_at", flat=True)
    yield from (moment for moment in scheduled if moment is not None)
    if not account.paused_reason:
        yield from _not_before(account.rest_until, _look_ups_and_deletes(account, now=now))
    ended_here = {"deletion__host": account.host, "deletion__state": State.FINISHED}
    to_begin = Inspection.objects.filter(at=None, begun_at=None, **ended_here).order_by("due_at")
    yield from to_begin.values_list("due_at", flat=True)[:1]
    if unfinished_chunks(now=now) or _elsewhere().exists():
        yield now
    if not account.paused_reason:
        yield from _not_before(account.rest_until, [next_controls.next_at(account, now=now)])


def _not_before(rest_until: datetime | None, moments: Iterable[datetime | None]) -> Iterator[datetime]:
    return (max(moment, rest_until or moment) for moment in moments if moment is not None)


def _look_ups_and_deletes(account: Account, *, now: datetime) -> Iterator[datetime | None]:
    to_ask = DeletionItem.objects.filter(not_before__isnull=False, call__isnull=True).order_by("not_before")
    for deletion in Deletion.objects.filter(state=State.RUNNING, host=account.host):
        mine = to_ask.filter(deletion=deletion).values_list("not_before", flat=True)
        # In doubt nothing is looked up.
        yield now if _may_delete(deletion, now=now) else None if account.doubt else mine.first()
    inspected = Inspection.objects.filter(at=None, begun_at__isnull=False, deletion__host=account.host)
    inspected = inspected.filter(deletion__state=State.FINISHED)
    for pk in inspected.values_list("deletion", flat=True) if not account.doubt else ():
        yield to_ask.filter(deletion=pk).values_list("not_before", flat=True).first()


def _may_delete(deletion: Deletion, *, now: datetime) -> bool:
    """Whether a delete of it is due, and waits for no look-up."""
    if deletion.is_stopped or not deletion.waiting:
        return False
    row = turns.of(deletion.pk, now=now)
    # `row` is None if its account rests; `next_due` then waits for the end of that.
    return row is None or not (row.must_look_first or next_list.is_canary_out(row) or not turns.has_a_witness(row))
