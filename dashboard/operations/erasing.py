"""Erases a person: a pseudonym replaces the name everywhere, and what the person typed, and their address, is deleted.
Their deletions stay in history, with the fact that one person made them. Their values in the log are stored beside the
chain (`audit/commitments.py`), so that the chain stays valid.

1. `_begin` removes the account. An entry `person.erased` tells which pseudonym is used.
2. Holds, tasks that they added, entries of the log with the deletions that they confirmed, and other deletions follow
   in batches. After each transaction the log is valid and history agrees with it, and other writers get their turn.
3. The entry `person.erased` is erased last. Until then another run goes on with the same pseudonym.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from dashboard.access import lifetimes, throttle
from dashboard.access.tokens import again
from dashboard.audit import chain, commitments, keys, rewriting
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.calls import accounts
from dashboard.calls.models import Account
from dashboard.database import append_only, locks
from dashboard.deletions.approvals import decisions
from dashboard.deletions.drafts.eligibility import HELD, taken_by
from dashboard.deletions.drafts.removing import removed_by
from dashboard.deletions.models import Deletion, DeletionItem, Forgetting, Outcome, State
from dashboard.media.models import AllowedHost
from dashboard.operations.reconciling.entries import CONFIRMED
from dashboard.register.models import HeldTask, Hold, HoldRelease, ImportBatch, SavedView, Star, TrackedTask
from dashboard.rules.models import Rule

BEGUN = "person.erased"
DECIDED = {decisions.APPROVED, *decisions.GIVEN_UP.values()}
BATCH = 200
"""Rows in a transaction: other writers wait for it."""
ADDED = 2000
"""Tasks in a transaction that changes only who added them: a person may have added a million."""
BY = (Hold.objects, HoldRelease.objects, Forgetting.objects)
"""What people ask for that a job does."""
PAUSE = 0.2
"""Seconds between two transactions. A process that waits for SQLite's lock tries it ten times a second."""
BUSY = "A backup, or something else that takes long, is using what names “{}”. Run this again when it has ended."


NAMELESS_VIEW, NAMELESS_RULE = (Concat(Value(what), Cast("pk", CharField())) for what in ("View ", "Rule "))


class Refused(Exception):
    """The text says why."""


def erase(name: str, *, sleep: Callable[[float], None] = time.sleep) -> tuple[str, int]:
    """Erases a person; returns the pseudonym, and its number of places in the log. No session stays signed in."""
    if commitments.PSEUDONYM.fullmatch(name):
        raise Refused(f"“{name}” is a pseudonym already.")
    if append_only.wrong(connection):
        raise Refused("The audit log is not protected, so it may have been changed. See manage.py verify_audit.")
    try:
        pseudonym = _begin(name)
        for step in (_facts, _holds, _added, _entries, _other_deletions, _takings, _end):
            for _ in step(name, pseudonym):
                sleep(PAUSE)
    except OperationalError as error:
        if not locks.waited_too_long(error):
            raise
        raise Refused(BUSY.format(name)) from error
    told = AuditEvent.objects.filter(action=chain.ERASED, subject=pseudonym)
    return pseudonym, sum(event.detail["names"] for event in told)


def _begin(name: str) -> str:
    """Removes the account, tells the log that an erasure is under way, and returns the pseudonym."""
    named = _is_named(name)
    with transaction.atomic():
        # All code locks in this order: accounts, deletions, and the log's head last.
        accounts.current()
        list(Account.objects.select_for_update().order_by("pk"))
        _require_idle(name)
        # The sum of a pseudonym's places is made under one key: with another key another pseudonym is needed.
        ours = AuditEvent.objects.filter(action=BEGUN, subject=name)
        begun = next((event for event in ours if keys.authenticated(chain.hashed(event)) == event.hash), None)
        pseudonym = begun.detail["pseudonym"] if begun else f"erased-{secrets.token_hex(4)}"
        named = _take_account(name, pseudonym) or named
        if named and not begun:
            chain.append(actor="", action=BEGUN, subject=name, detail={"pseudonym": pseudonym})
    return pseudonym


def _is_named(name: str) -> bool:
    """Whether the name is in the log, a deletion or a hold."""
    named = Deletion.objects.filter(Q(actor_name=name) | Q(decider_name=name))
    rows: list[QuerySet[Any]] = [_acts(name), _told_of(name), named]
    rows += [TrackedTask.objects.filter(held_by=name), Hold.objects.filter(stopped_by=name)]
    rows += [some.filter(by=name) for some in BY]
    return any(some.exists() for some in rows)


def _require_idle(name: str) -> None:
    if User.objects.filter(username=name, is_active=True).exists():
        raise Refused(f"“{name}” may still sign in. Disable that account first.")
    if Deletion.objects.in_flight().filter(actor_name=name).exists():
        raise Refused(f"A deletion of “{name}” is under way. Wait until it has ended, or stop it.")
    if any(some.filter(by=name, moved_at__isnull=False).exists() for some in BY):
        raise Refused(f"Tasks are being held, released or forgotten for “{name}”. Wait until that is done.")


def _take_account(name: str, pseudonym: str) -> bool:
    """Replaces the name in the account and in tables with few rows of it. Returns whether there were any."""
    for pk in User.objects.filter(username=name).values_list("pk", flat=True):
        lifetimes.end_all(pk)
    throttle.forget(name)
    changed = [
        Account.objects.filter(accepted_by=name).update(accepted_by=pseudonym),
        Deletion.objects.filter(paused_reason=f"Paused by {name}.").update(paused_reason=f"Paused by {pseudonym}."),
        # An import under way goes on, and its entry will have the pseudonym.
        ImportBatch.objects.filter(actor=name).update(actor=pseudonym, address=""),
        AllowedHost.objects.filter(allowed_by=name).update(allowed_by=pseudonym),
        Star.objects.filter(by=name).update(by=pseudonym),
        # Views that others use stay, without an owner.
        SavedView.objects.filter(owner__username=name, shared=False).delete()[0],
        SavedView.objects.filter(name__icontains=name).update(name=NAMELESS_VIEW, folded=NAMELESS_VIEW),
        Rule.objects.filter(owner__username=name).update(name=NAMELESS_RULE, reason=""),
        # Those of others; their own go with the account.
        again.forget_words({name, *_reasons(name)}),
        LogEntry.objects.filter(object_repr=name).update(object_repr=pseudonym),
        User.objects.filter(username=name).delete()[0],
    ]
    return any(changed)


def _facts(name: str, pseudonym: str) -> Iterator[None]:
    """Erases the reasons of their holds in the facts of deletions, whose items may be gone."""
    erased = {f"{HELD}: {reason}" for reason in _reasons(name)}
    last = 0
    while erased and (rows := _facts_after(last)):
        if affected := [pk for pk, facts in rows if erased & {reason for reason, _ in facts.get("skipped", [])}]:
            with transaction.atomic():
                accounts.locked()
                for row in Deletion.objects.select_for_update().filter(pk__in=affected).order_by("pk"):
                    skipped: Counter[str] = Counter()
                    for reason, number in row.facts["skipped"]:
                        skipped[HELD if reason in erased else reason] += number
                    row.facts["skipped"] = skipped.most_common()
                    row.save(update_fields=["facts"])
            yield
        last = rows[-1][0]


def _reasons(name: str) -> set[str]:
    """Of their holds: those that tasks show, and those that were released or stand behind another."""
    shown = TrackedTask.objects.filter(held_by=name).order_by().values_list("held_reason", flat=True).distinct()
    return {*shown, *Hold.objects.filter(by=name).values_list("reason", flat=True)} - {""}


def _facts_after(last: int) -> list[tuple[int, dict[str, Any]]]:
    return list(Deletion.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "facts")[:BATCH])


def _holds(name: str, pseudonym: str) -> Iterator[None]:
    """Erases their holds, and the copies of the reasons."""
    told = [f"{HELD}: {reason}" for reason in _reasons(name)]
    ever = Q(held_by=name) | Q(pk__in=HeldTask.objects.filter(hold__by=name).values("task"))
    held, last = TrackedTask.objects.filter(ever).order_by("pk"), 0
    # Selected before any row is locked, because this may read the whole register.
    while pks := list(held.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            accounts.locked()
            items = DeletionItem.objects.filter(tracked__in=pks, message__in=told)
            _lock(Deletion.objects.filter(pk__in=list(items.values_list("deletion_id", flat=True))))
            items.update(message=HELD)
            tasks = TrackedTask.objects.filter(pk__in=pks)
            _lock(tasks)
            tasks.filter(last_message__in=told).update(last_message=HELD)
            tasks.filter(held_by=name).update(held_by=pseudonym, held_reason="")
        last = pks[-1]
        yield
    # Last, since another run needs their reasons.
    Hold.objects.filter(by=name).update(by=pseudonym, reason="")
    Hold.objects.filter(stopped_by=name).update(stopped_by=pseudonym, stopped_reason="")
    for model in (HoldRelease, Forgetting):
        model.objects.filter(by=name).update(by=pseudonym, reason="")


def _added(name: str, pseudonym: str) -> Iterator[None]:
    """Erases the name in the tasks that they imported."""
    theirs, last = TrackedTask.objects.filter(added_by=name).order_by("pk"), 0
    while pks := list(theirs.filter(pk__gt=last).values_list("pk", flat=True)[:ADDED]):
        with transaction.atomic():
            accounts.locked()
            _lock(tasks := theirs.filter(pk__in=pks))
            tasks.update(added_by=pseudonym)
        last = pks[-1]
        yield


def _entries(name: str, pseudonym: str) -> Iterator[None]:
    """Erases their entries in the log, and the deletions that these entries confirmed."""
    for named in (_acts(name), _told_of(name).exclude(action=BEGUN)):
        last = 0
        while last := _erase_after(last, named, name, pseudonym):
            yield


def _other_deletions(name: str, pseudonym: str) -> Iterator[None]:
    """Erases their deletions without a confirming entry, which are drafts."""
    theirs = Deletion.objects.filter(actor_name=name).order_by("pk")
    while pks := list(theirs.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            accounts.locked()
            _erase_deletions(theirs.filter(pk__in=pks), pseudonym)
        yield


def _takings(name: str, pseudonym: str) -> Iterator[None]:
    """Erases the name in items that say that this person's deletions took the task, or that this person removed it from
    a draft. No new ones arise by now."""
    instead = {says(name): says(pseudonym) for says in (taken_by, removed_by)}
    last = 0
    while pks := list(Deletion.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        items = DeletionItem.objects.filter(deletion__in=pks, outcome=Outcome.SKIPPED, message__in=instead)
        while some := list(items.values_list("pk", "deletion_id", "message")[:BATCH]):
            with transaction.atomic():
                accounts.locked()
                theirs = {deletion for _, deletion, _ in some}
                for row in Deletion.objects.select_for_update().filter(pk__in=theirs).order_by("pk"):
                    found = row.facts.get("skipped", [])
                    row.facts["skipped"] = [[instead.get(why, why), number] for why, number in found]
                    row.save(update_fields=["facts"])
                for told, said in instead.items():
                    DeletionItem.objects.filter(pk__in=[pk for pk, _, why in some if why == told]).update(message=said)
            yield
        last = pks[-1]


def _end(name: str, pseudonym: str) -> Iterator[None]:
    while _erase_after(0, _told_of(name), name, pseudonym) and _told_of(name).exists():
        yield


def _acts(name: str) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(actor=name)


def _told_of(name: str) -> QuerySet[AuditEvent]:
    of_people = (Q(action__startswith=beginning) for beginning in commitments.OF_PEOPLE)
    return AuditEvent.objects.filter(Q(subject=name) & reduce(or_, of_people))


def _erase_after(last: int, named: QuerySet[AuditEvent], name: str, pseudonym: str) -> int:
    """Erases the next entries after `last`. Returns the number of the last one, or 0 if there are none."""
    with transaction.atomic():
        locks.wait_briefly()
        accounts.locked()
        events = list(named.filter(sequence__gt=last).order_by("sequence")[:BATCH])
        confirmed = [event.subject for event in events if event.action == CONFIRMED and event.actor == name]
        _erase_deletions(Deletion.objects.filter(uuid__in=confirmed, actor_name=name), pseudonym)
        decided = [event.subject for event in events if event.action in DECIDED and event.actor == name]
        _erase_decisions(Deletion.objects.filter(uuid__in=decided, decider_name=name), pseudonym)
        if not events:
            return 0
        # Appending locks the head before the table of entries, so this does too.
        _lock(AuditHead.objects.filter(pk=chain.HEAD))
        places = commitments.Places(pseudonym)
        with append_only.lifted(connection):
            for event in events:
                commitments.erase(event, name, pseudonym)
                rewriting.save(event)
                places.take(event)
        chain.append(actor="", action=chain.ERASED, subject=pseudonym, detail=places.told())
        return events[-1].sequence


def _erase_deletions(theirs: QuerySet[Deletion], pseudonym: str) -> None:
    pks = _lock(theirs)
    # An unconfirmed retry has copied the reason, and may belong to another person.
    unconfirmed = Deletion.objects.filter(retry_of__in=pks, state__in=[State.DRAFT, State.DISCARDED])
    unconfirmed.filter(reason=F("retry_of__reason")).update(reason="", reason_folded="")
    Deletion.objects.filter(pk__in=pks).update(actor_name=pseudonym, reason="", reason_folded="", rule_name="")


def _erase_decisions(theirs: QuerySet[Deletion], pseudonym: str) -> None:
    """Why they declined was typed by them."""
    pks = _lock(theirs)
    Deletion.objects.filter(pk__in=pks).update(decider_name=pseudonym, declined_reason="")


def _lock(rows: QuerySet[Any]) -> Sequence[Any]:
    """Locks the rows, and returns their keys."""
    return list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
