"""Chooses the next controls, which vouch for the look-ups of all the account's deletions.

They are wanted when a look-up was answered, before a deletion begins, and while the account is in doubt.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from dashboard.calls import accounts, controls, doubts, ghost_forms, ghosts, judging, recording, sending
from dashboard.calls.controls import Purpose
from dashboard.calls.models import LONG_AGO, Account, Control, Kind, ProviderCall
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.database import sql
from dashboard.deletions.dispatch.next_call import Chunk
from dashboard.deletions.dispatch.turns import STILL_FRESH
from dashboard.deletions.evidence import concluding
from dashboard.deletions.evidence.doubtful import other_kind
from dashboard.deletions.models import Deletion, DeletionItem, Inspection, Outcome, State
from dashboard.deletions.moves import DELETIONS, ITEMS
from dashboard.register import witnesses
from dashboard.register.models import TrackedTask

A_MOMENT = timedelta(seconds=0.5)
UNDECIDED = [Outcome.WAITING, Outcome.UNKNOWN]


class Wish(NamedTuple):
    since: datetime
    """The controls must vouch for answers up to this moment."""
    with_witness: bool = True
    """False if it is only asked whether an id is of the other kind, of which the account may have no task."""
    waits_since: datetime = LONG_AGO
    """When the first of those answers came."""


Wishes = dict[str, Wish]


def prepare(*, now: datetime, idle: bool) -> Chunk | None:
    """The next control, ready to leave, or None. With `idle` nothing else is to be done, so it may leave at once."""
    account = accounts.current()
    if not accounts.may_send(account, now=now) or (idle and _is_looking_up()):
        return None
    wanted_of = wishes(account, now=now)
    in_hand = _in_hand() if wanted_of else {}
    for kind, wish in wanted_of.items():
        control = controls.of(account, kind)
        wanted = controls.wanted(
            control, doubted=bool(account.doubt), **wish._asdict(), now=now, in_hand=in_hand[kind], idle=idle
        )
        for purpose in wanted:
            if task_id := _id_for(purpose, control, account, now=now):
                return _write_down(kind, purpose, task_id)
    return None


def next_at(account: Account, *, now: datetime) -> datetime | None:
    """When the next control may leave; None if none is wanted."""
    wanted = wishes(account, now=now)
    moments = [control.next_at or now for control in account.controls.filter(kind__in=wanted)]
    # Controls on their way are settled soon, or their worker is dead: checking all the time gains nothing.
    soonest = now + A_MOMENT if any(_in_hand()[kind] for kind in wanted) else now
    return max(soonest, min(moments, default=now)) if wanted else None


def wishes(account: Account, *, now: datetime) -> Wishes:
    wanted: Wishes = {}
    for kind, wish in [*_claims(), *_beginnings(account, now=now), *_doubts(account, now=now)]:
        before = wanted.get(kind, wish)
        wanted[kind] = Wish(
            max(wish.since, before.since),
            wish.with_witness or before.with_witness,
            min(wish.waits_since, before.waits_since),
        )
    return wanted


def _claims() -> list[tuple[str, Wish]]:
    """For each kind, the newest and the oldest answer that wait for controls."""
    found = sql.rows(
        f"""SELECT c.kind, MAX(c.answered_at), MIN(c.answered_at), MAX(CASE WHEN c.purpose = 'other' THEN 0 ELSE 1 END)
        FROM {ITEMS} i JOIN calls_providercall c ON c.id = i.claim
        JOIN {DELETIONS} d ON d.id = i.deletion_id + 0
        WHERE i.claim > 0 AND d.state IN ('running', 'finished') AND d.host = %s GROUP BY c.kind""",  # nosec B608 # only names from the code
        accounts.current_host(),
    )
    return [
        (kind, Wish(newest, bool(with_witness), oldest))
        for kind, last, first, with_witness in found
        if (newest := sql.moment(sql.as_moment(last))) and (oldest := sql.moment(sql.as_moment(first)))
    ]


def _beginnings(account: Account, *, now: datetime) -> list[tuple[str, Wish]]:
    """Before a deletion's first delete a witness must be asked about, until one is found. The form of ghosts is learnt
    then too, because there may be no witness later."""
    if account.doubt:
        return []
    begun = Deletion.objects.filter(state=State.RUNNING, waiting__gt=0, host=account.host)
    known = {control.kind: control for control in account.controls.all()}
    proven = [one.witness_at for one in known.values() if one.witness_at and not ghost_forms.is_unproven(one)]
    found = max(proven, default=LONG_AGO)
    in_vain = max((one.witness_asked_at or LONG_AGO for one in known.values() if one.exhausted), default=LONG_AGO)
    is_unproven = any(ghost_forms.is_unproven(control) for control in known.values())
    wanted = []
    for images, decided_at, confirmed_at in begun.values_list("images", "decided_at", "confirmed_at"):
        released_at = decided_at or confirmed_at
        since = released_at - STILL_FRESH if released_at else LONG_AGO + STILL_FRESH
        if max(found, in_vain) >= since and not is_unproven:
            continue
        kind = _kind_with_a_witness(Kind.IMAGE if images else Kind.VIDEO)
        unproven = kind in known and ghost_forms.is_unproven(known[kind])
        if unproven or max(found, in_vain) < since:
            learnt = unproven and ghost_forms.usual_form(known[kind], now=now)
            wanted.append((kind, Wish(now if learnt else since)))
    return wanted


def _kind_with_a_witness(kind: str) -> str:
    """This kind, unless only the other has a task that is not being deleted: it proves the account too."""
    for one in (kind, other_kind(kind)):
        if witnesses.candidate(one, known="", missed=()):
            return one
    return kind


def _doubts(account: Account, *, now: datetime) -> list[tuple[str, Wish]]:
    """In doubt, the kinds in doubt, while a deletion or inspection waits for that."""
    if not account.doubt or not _somebody_waits(account):
        return []
    known = list(account.controls.all())
    in_doubt = [control for control in known if doubts.is_doubtful(control, account, now=now)]
    # If the reasons are too old to be found, all controls are made again, which ends the doubt.
    return [(control.kind, Wish(now)) for control in in_doubt or known]


def _somebody_waits(account: Account) -> bool:
    inspected = Inspection.objects.filter(at=None, begun_at__isnull=False, deletion__host=account.host)
    in_flight = Deletion.objects.in_flight().filter(host=account.host)
    return in_flight.exclude(Q(state=State.PAUSED) & Q(paused_by_account=False)).exists() or inspected.exists()


def _is_looking_up() -> bool:
    """Whether any worker still looks tasks up: their answers will need controls of their own."""
    asking = ProviderCall.objects.in_hand().filter(operation=ProviderCall.Operation.LOOK_UP, deletion__isnull=False)
    return asking.exists()


def _in_hand() -> dict[str, Counter[str]]:
    """The number of controls that are ready or on their way, by kind and purpose."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, purpose in ProviderCall.objects.in_hand().values_list("kind", "purpose"):
        counted[kind][purpose] += 1
    return counted


def _id_for(purpose: Purpose, control: Control, account: Account, *, now: datetime) -> str | None:
    if purpose == Purpose.WITNESS:
        return _witness(control, account, now=now)
    like = control.witness or witnesses.candidate(control.kind, known="", missed=()) or _of_an_item(control.kind)
    ghost = ghosts.like(like)
    return None if witnesses.in_register(control.kind, [ghost]) else ghost


def _witness(control: Control, account: Account, *, now: datetime) -> str | None:
    """A task that should exist. Records it if there is none."""
    missed = [*control.missed, *control.lost]
    deleted = witnesses.deleted(control.kind, control.missed)
    should_exist = [one for one in control.missed if one not in deleted]
    again = control.witness if control.witness in should_exist else next(iter(should_exist), None)
    if account.doubt and again and control.silent_witnesses % 2:
        # Every second time a witness that was missed before: it may be found again.
        return again
    found = None
    if len(control.missed) < doubts.MOST_MISSED:
        found = witnesses.candidate(control.kind, known=control.witness, missed=missed)
        found = found or _undecided(control.kind, missed, touched=False)
        if not found and not judging.stands_without_witness(account, control, now=now):
            found = _undecided(control.kind, missed, touched=True)
    if found is None:
        with transaction.atomic():
            controls.note_exhausted(control.kind, now=now)
    elif control.exhausted:
        # A task was imported since, or is to be deleted.
        Control.objects.filter(pk=control.pk).update(exhausted=False)
    return found or (again if account.doubt else None)


def _undecided(kind: str, missed: list[str], *, touched: bool) -> str | None:
    """A task that waits to be deleted, the last one first. One that was in a call may be gone, so it is used only if
    nothing else can prove the account."""
    due = Deletion.objects.filter(state__in=[State.RUNNING, State.PAUSED], host=accounts.current_host())
    for deletion in due.order_by("-pk"):
        for outcome in UNDECIDED:
            # One outcome at a time, so that PostgreSQL reads the index `item_by_outcome` from its end.
            mine = deletion.items.filter(kind=kind, open=True, outcome=outcome, touched=touched)
            found = mine.exclude(task_id__in=missed).order_by("-pk").values_list("task_id", flat=True).first()
            if found:
                return str(found)
    return None


def _of_an_item(kind: str) -> str:
    """Any id of that kind, as a pattern for ghosts if the register shows none."""
    items = DeletionItem.objects.filter(kind=kind).order_by("-pk").values_list("task_id", flat=True)
    return items.first() or "task"


def _write_down(kind: str, purpose: Purpose, task_id: str) -> Chunk:
    with transaction.atomic():
        call = recording.prepare(
            operation=ProviderCall.Operation.LOOK_UP, kind=kind, ids=[task_id], purpose=purpose.value
        )
    return Chunk(call, None)


def settle(call: recording.Call, verdict: Verdict, *, now: datetime, came_at: datetime) -> None:
    """Records a control's answer, and concludes the claims that it vouches for."""
    sent_at = ProviderCall.objects.values_list("sent_at", flat=True).get(pk=call.pk)
    missing = call.purpose == Purpose.WITNESS and verdict.ruling == Ruling.ABSENT
    void = missing and not _should_exist(call.kind, call.ids[0], asked_by=call.pk)
    call, answered_at = call._replace(sent_at=sent_at), max(came_at, sent_at or came_at)
    sending.settle_alone(call, verdict, answered_at=answered_at, void=void)
    concluding.conclude(now=now)


def _should_exist(kind: str, task_id: str, *, asked_by: int) -> bool:
    """Whether a missed witness should still exist. We may have deleted it meanwhile, or sent it in a later call."""
    if task_id in controls.of(accounts.current(), kind).missed:
        return True
    tracked = TrackedTask.objects.filter(kind=kind, task_id=task_id).values("pk")
    undecided = DeletionItem.objects.filter(tracked__in=tracked, open=True, outcome__in=UNDECIDED)
    undecided = undecided.exclude(first_call__gt=asked_by).exclude(lost_call__gt=asked_by)
    return undecided.exists() or witnesses.candidate(kind, known=task_id, missed=()) == task_id
