"""Somebody has the database, and nothing else: whatever they change is found, and its place is named.

Their triggers are dropped and put back, so that nothing but the change is left to be seen.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from dashboard.audit import chain, commitments, triggers
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.calls.models import ProviderCall
from dashboard.deletions import closing, requests
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.inventory.models import TrackedTask
from tests.audit.test_verify_audit import wrong
from tests.deletions.theatre import Theatre, playing

pytestmark = pytest.mark.django_db(transaction=True)

CHANGED = "its fields were changed, or the key that it was written with is not known here."


@pytest.fixture
def theatre(settings, tmp_path) -> Iterator[Theatre]:
    settings.VAR_DIR = tmp_path
    yield from playing()


@pytest.fixture
def deletion(theatre: Theatre, images, olga: User, settings) -> Deletion:
    """Ended: two tasks were deleted, two are refused."""
    images(3)
    chosen = images(4)
    theatre.sandbox.control(refuse={task.task_id: "Not allowed" for task in chosen[:2]})
    settings.TENSORSLAB_BATCH_SIZE, settings.DELETION_VERIFY = 1, "all"
    deletion = theatre.play(theatre.confirm(chosen, by=requests.By(user=olga)))
    assert (deletion.deleted, deletion.refused) == (2, 2)
    closing.close_ended(now=theatre.now())
    return deletion


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
    return f"Entry {event.sequence}: its reason is not what it was."


def change_detail() -> str:
    event = entry("call.delete")
    AuditEvent.objects.filter(sequence=event.sequence).update(detail=event.detail | {"status": "Failed"})
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
    return f"Entry {last().sequence}: no entry up to here was authenticated by a key."


def append_with_all_triggers_standing() -> str:
    triggers.create(connection)
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


def empty_all_of_it_and_let_it_begin_again() -> str:
    newest = last()
    empty_the_log()
    ProviderCall.objects.all().delete()
    DeletionItem.objects.all().delete()
    Deletion.objects.all().delete()
    with transaction.atomic():
        chain.append(actor="paul", action="user.signed_in", subject="paul")
    return f"Another log was seen in this database: its entry {newest.sequence} of"


def empty_the_log_and_let_it_begin_again() -> str:
    empty_the_log()
    with transaction.atomic():
        chain.append(actor="paul", action="user.signed_in", subject="paul")
    return "no entries say that it was confirmed."


def change_who_deleted() -> str:
    Deletion.objects.update(actor_name="paul")
    return f"it differs from entry {entry('deletion.confirmed').sequence} in: actor_name."


def change_the_reason() -> str:
    Deletion.objects.update(reason="Autumn")
    return f"it differs from entry {entry('deletion.confirmed').sequence} in: reason."


def change_when_it_was_confirmed() -> str:
    Deletion.objects.update(confirmed_at=F("confirmed_at") - timedelta(days=30))
    return f"it differs from entry {entry('deletion.confirmed').sequence} in: confirmed_at."


def exchange_a_task() -> str:
    DeletionItem.objects.filter(pk=DeletionItem.objects.order_by("pk")[0].pk).update(task_id="abcd_another")
    return "its items are not those that were confirmed."


def exchange_a_task_with_its_fingerprint() -> str:
    exchange_a_task()
    Deletion.objects.update(fingerprint="0" * 64)
    return f"it differs from entry {entry('deletion.confirmed').sequence} in: fingerprint."


def change_an_ending() -> str:
    refused = DeletionItem.objects.filter(outcome="refused").order_by("pk")[0]
    DeletionItem.objects.filter(pk=refused.pk).update(outcome="deleted")
    Deletion.objects.update(deleted=3, refused=1)
    return f"it differs from entry {entry('deletion.closed').sequence}, which closed it, in: counts, outcomes."


def exchange_two_endings() -> str:
    one, other = (DeletionItem.objects.filter(outcome=outcome)[0] for outcome in ("refused", "deleted"))
    DeletionItem.objects.filter(pk=one.pk).update(outcome="deleted")
    DeletionItem.objects.filter(pk=other.pk).update(outcome="refused")
    return f"it differs from entry {entry('deletion.closed').sequence}, which closed it, in: outcomes."


def change_an_ending_and_have_it_closed_again() -> str:
    before = entry("deletion.closed").sequence
    change_an_ending()
    Deletion.objects.update(closed_at=None)
    closing.close_ended(now=timezone.now())
    return f"its ending changed from entry {before} to {last().sequence}, and no entry says why."


def add_a_task() -> str:
    item = DeletionItem.objects.order_by("-pk")[0]
    item.pk, item.tracked_id, item.task_id = None, TrackedTask.objects.order_by("pk")[0].pk, "abcd_another"
    item.save()
    return "its counts are not those of its 5 items."


def add_a_task_and_count_it() -> str:
    add_a_task()
    Deletion.objects.update(total=5, deleted=3, last_item=DeletionItem.objects.order_by("-pk")[0].pk)
    return "it has 5 tasks, and 4 were confirmed."


def keep_it_from_being_closed() -> str:
    Deletion.objects.update(waiting=1, closed_at=None)
    return "it has ended, and some of its tasks wait."


def remove_the_deletion() -> str:
    subject = entry("deletion.confirmed").subject
    DeletionItem.objects.all().delete()
    Deletion.objects.all().delete()
    return f"Deletion {subject}, confirmed by entry {entry('deletion.confirmed').sequence}, is missing."


def hide_the_deletion() -> str:
    Deletion.objects.update(state="discarded")
    return f"confirmed by entry {entry('deletion.confirmed').sequence}, is discarded."


def add_a_deletion() -> str:
    row = Deletion.objects.get()
    row.pk, row.uuid, row.actor_name = None, uuid.uuid4(), "paul"
    row.save()
    return f"Deletion {row.uuid}: no entries say that it was confirmed."


def remove_a_call() -> str:
    call = ProviderCall.objects.filter(operation="delete").order_by("pk")[0].pk
    ProviderCall.objects.filter(pk=call).delete()
    return f"Call {call} of entry"


def add_a_call() -> str:
    call = ProviderCall.objects.filter(operation="delete").order_by("pk")[0]
    call.pk = None
    call.save()
    return f"Call {call.pk} has no entry."


def change_an_answer() -> str:
    call = ProviderCall.objects.filter(operation="delete").order_by("pk")[0].pk
    ProviderCall.objects.filter(pk=call).update(code=1, http_status=500)
    return "in: http_status, code."


def change_what_a_call_carried() -> str:
    call = ProviderCall.objects.filter(operation="delete").order_by("pk")[0].pk
    ProviderCall.objects.filter(pk=call).update(digest="0" * 64)
    return "in: ids."


def drop_a_trigger() -> str:
    triggers.create(connection)
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
    change_who_deleted,
    change_the_reason,
    change_when_it_was_confirmed,
    exchange_a_task,
    exchange_a_task_with_its_fingerprint,
    change_an_ending,
    exchange_two_endings,
    change_an_ending_and_have_it_closed_again,
    add_a_task,
    add_a_task_and_count_it,
    keep_it_from_being_closed,
    remove_the_deletion,
    hide_the_deletion,
    add_a_deletion,
    remove_a_call,
    add_a_call,
    change_an_answer,
    change_what_a_call_carried,
    drop_a_trigger,
]


def test_what_nobody_touched_holds(deletion: Deletion, capsys) -> None:
    assert wrong(capsys, "--reconcile") == ""
    assert deletion.state == "finished"


def test_each_way_is_found(deletion: Deletion, capsys) -> None:
    missed = {}
    for tamper in WAYS:
        with transaction.atomic():
            triggers.drop(connection)
            expected = tamper()
            if tamper is not drop_a_trigger:
                triggers.create(connection)
            if expected not in (said := wrong(capsys, "--reconcile")):
                missed[tamper.__name__] = f"{expected} ≠ {said}"
            transaction.set_rollback(True)
    assert missed == {}
    assert wrong(capsys, "--reconcile") == ""


def test_an_ending_that_an_inspection_corrects_is_closed_once_more(
    theatre: Theatre, images, olga: User, settings, capsys
) -> None:
    settings.DELETION_INSPECT_AFTER, settings.DELETION_VERIFY = (60.0,), "all"
    images(3)
    theatre.sandbox.control(rollback_after=10, rollback_share=0.5)
    deletion = theatre.play(theatre.confirm(images(8), by=requests.By(user=olga)))
    closing.close_ended(now=theatre.now())
    deletion = theatre.inspect(deletion)
    assert deletion.refused > 0
    assert wrong(capsys, "--reconcile") == ""
    closing.close_ended(now=theatre.now())
    closing.close_ended(now=theatre.now())
    assert wrong(capsys, "--reconcile") == ""
    assert AuditEvent.objects.filter(action="deletion.closed").count() == 2


def test_what_was_undone_is_closed_too(confirm, images, olga: User, settings, capsys) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    deletion = confirm(images(3))
    requests.undo(deletion=deletion, by=requests.By(user=olga), now=timezone.now())
    closing.close_ended(now=timezone.now())
    assert entry("deletion.closed").detail["counts"]["kept"] == 3
    assert wrong(capsys, "--reconcile") == ""
