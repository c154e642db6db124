"""What somebody who has the database can do to the log. Each returns what is then said of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from dashboard.audit import chain, commitments
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.calls.models import ProviderCall
from dashboard.database import append_only
from dashboard.deletions.models import Deletion, DeletionItem

CHANGED = "its fields were changed, or the key that it was written with is not known here."


def entry(action: str) -> AuditEvent:
    return AuditEvent.objects.filter(action=action).order_by("-sequence")[0]


def last() -> AuditEvent:
    return AuditEvent.objects.order_by("-sequence")[0]


def plain(event: AuditEvent, previous: str) -> str:
    """Gives an entry the hash that anybody can compute."""
    event.previous_hash = previous
    event.hash = hashlib.sha256(chain.hashed(event).encode()).hexdigest()
    return event.hash


def change_actor() -> str:
    AuditEvent.objects.filter(sequence=entry("deletion.confirmed").sequence).update(actor="paul")
    return f"Entry {entry('deletion.confirmed').sequence}: its actor is not what it was."


def put_a_pseudonym() -> str:
    event = entry("deletion.confirmed")
    commitments.erase(event, "olga", "erased-00000000")
    event.save()
    return "it does not tell of each name that “erased-00000000” stands for: +1."


def blank_a_reason() -> str:
    event = entry("deletion.confirmed")
    event.detail = {name: value for name, value in event.detail.items() if name != "reason"}
    event.salts = {"actor": event.salts["actor"]}
    event.save()
    Deletion.objects.update(reason="")
    return f"Entry {event.sequence}: its reason is gone, and no entry tells of that."


def change_detail() -> str:
    event = entry("call.delete")
    AuditEvent.objects.filter(sequence=event.sequence).update(detail=event.detail | {"status": "Forged"})
    return f"Entry {event.sequence}: {CHANGED}"


def remove_an_entry() -> str:
    AuditEvent.objects.filter(sequence=3).delete()
    return "Entry 3: it is missing; the next one is 4."


def change_places() -> str:
    for old, new in ((2, 1000), (3, 2), (1000, 3)):
        AuditEvent.objects.filter(sequence=old).update(sequence=new)
    return f"Entry 2: {CHANGED}"


def cut_off_the_end() -> str:
    event = last()
    AuditEvent.objects.filter(sequence=event.sequence).delete()
    return f"Entry {event.sequence}: it is missing, and the chain ends at {event.sequence}."


def cut_off_the_end_with_the_head_set_back() -> str:
    event = last()
    AuditEvent.objects.filter(sequence=event.sequence).delete()
    AuditHead.objects.update(sequence=last().sequence, hash=last().hash)
    return f"Entry {event.sequence} was seen with the hash {event.hash}, and the log lacks it."


def hash_everything_anew() -> str:
    previous = chain.GENESIS
    for event in AuditEvent.objects.order_by("sequence"):
        event.actor = event.actor and "paul"
        commitments.commit(event)
        previous = plain(event, previous)
        event.save()
    AuditHead.objects.update(hash=previous)
    return f"Entry 1: {CHANGED}"


def append_with_all_triggers_standing() -> str:
    append_only.create(connection)
    sequence = last().sequence + 1
    event = AuditEvent(sequence=sequence, at=timezone.now(), actor="paul", action="deletion.confirmed")
    AuditHead.objects.update(sequence=sequence, hash=plain(event, last().hash))
    event.save(force_insert=True)
    return f"Entry {sequence}: {CHANGED}"


def put_one_before_the_first() -> str:
    event = AuditEvent(sequence=0, at=timezone.now() - timedelta(days=1), actor="paul", action="deletion.confirmed")
    plain(event, chain.GENESIS)
    event.save(force_insert=True)
    return "Entry 0: it stands before the first entry."


def empty_the_log() -> str:
    AuditEvent.objects.all().delete()
    AuditHead.objects.all().delete()
    return "The audit log is empty, though there are people."


def empty_the_log_and_let_it_begin_again() -> str:
    empty_the_log()
    with transaction.atomic():
        chain.append(actor="paul", action="user.signed_in", subject="paul")
    return "no entries say that it was confirmed."


def empty_all_of_it_and_let_it_begin_again() -> str:
    newest = last()
    empty_the_log()
    ProviderCall.objects.all().delete()
    DeletionItem.objects.all().delete()
    Deletion.objects.all().delete()
    with transaction.atomic():
        chain.append(actor="paul", action="user.signed_in", subject="paul")
    return f"Another log was seen in this database: its entry {newest.sequence} of"


def drop_a_trigger() -> str:
    append_only.create(connection)
    with connection.cursor() as cursor:
        on_table = " ON audit_auditevent" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER audit_event_no_update{on_table}")
    return "The trigger audit_event_no_update is missing."


WAYS: list[Callable[[], str]] = [
    change_actor,
    put_a_pseudonym,
    blank_a_reason,
    change_detail,
    remove_an_entry,
    change_places,
    cut_off_the_end,
    cut_off_the_end_with_the_head_set_back,
    hash_everything_anew,
    append_with_all_triggers_standing,
    put_one_before_the_first,
    empty_the_log,
    empty_the_log_and_let_it_begin_again,
    empty_all_of_it_and_let_it_begin_again,
    drop_a_trigger,
]
