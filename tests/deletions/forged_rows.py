"""What somebody who has the database can do to deletions, items and calls. Each returns what is then said of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from dashboard.calls.models import ProviderCall
from dashboard.deletions.dispatch import closing
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.register.models import TrackedTask
from tests.deletions.forged_log import entry


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
    closing.Closer().tick(now=timezone.now())
    return f"it differs from entry {before}, which closed it, in: counts, outcomes."


def add_a_task() -> str:
    item = DeletionItem.objects.exclude(outcome="skipped").order_by("-pk")[0]
    item.pk, item.tracked_id, item.task_id = None, TrackedTask.objects.order_by("pk")[0].pk, "abcd_another"
    item.save()
    return "its counts are not those of its 6 items."


def add_a_task_and_count_it() -> str:
    add_a_task()
    Deletion.objects.update(total=6, deleted=3, last_item=DeletionItem.objects.order_by("-pk")[0].pk)
    return "it has 5 tasks, and 4 were confirmed."


def call_it_undone() -> str:
    Deletion.objects.update(state="cancelled")
    return f"it differs from entry {entry('deletion.closed').sequence}, which closed it, in: state."


def open_it_again() -> str:
    change_an_ending()
    Deletion.objects.update(state="running", closed_at=None)
    return f"it differs from entry {entry('deletion.closed').sequence}, which closed it, in: counts, outcomes."


def change_how_often_a_task_was_carried() -> str:
    DeletionItem.objects.filter(outcome="refused").update(attempts=0)
    return "its calls did not carry what its items say that they carried."


def call_it_gone_and_not_carried() -> str:
    DeletionItem.objects.filter(outcome="deleted").update(attempts=0)
    return "2 of its tasks are called gone, and no call carried them."


def call_what_was_carried_skipped() -> str:
    DeletionItem.objects.filter(outcome="refused").update(outcome="skipped")
    return "2 of its tasks are called skipped, and a call carried them."


def exchange_what_was_skipped() -> str:
    """What had been skipped when the question was put, for what was confirmed."""
    confirmed, skipped = (DeletionItem.objects.filter(outcome=outcome)[0] for outcome in ("refused", "skipped"))
    DeletionItem.objects.filter(pk=confirmed.pk).update(outcome="skipped")
    DeletionItem.objects.filter(pk=skipped.pk).update(outcome="refused")
    return "its items are not those that were confirmed."


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


def add_a_deletion_before_all_others() -> str:
    row = Deletion.objects.get()
    row.pk, row.uuid = -7, uuid.uuid4()
    row.save(force_insert=True)
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


def add_a_call_far_away() -> str:
    call = ProviderCall.objects.filter(operation="delete").order_by("pk")[0]
    call.pk = 2**62
    call.save(force_insert=True)
    return f"Call {2**62} has no entry."


def open_a_call_again() -> str:
    call = ProviderCall.objects.filter(operation="delete").order_by("pk")[0].pk
    ProviderCall.objects.filter(pk=call).update(state="open")
    return f"Call {call} is open and has no lease, so nothing ends it."


def open_a_call_without_a_slot() -> str:
    call = ProviderCall.objects.filter(operation="delete").order_by("pk")[0].pk
    ProviderCall.objects.filter(pk=call).update(state="open", lease_until=timezone.now(), token=None)
    return f"Call {call} is open and has no slot."


def hold_a_call_for_ever() -> str:
    call = ProviderCall.objects.filter(operation="delete").order_by("pk")[0].pk
    ProviderCall.objects.filter(pk=call).update(state="ready", lease_until=timezone.now() + timedelta(days=1))
    return f"Call {call} is ready, and held for longer than any call may take."


def change_all_that_a_call_says() -> str:
    other = {"sent_at": F("sent_at") - timedelta(hours=1), "answered_at": F("answered_at") + timedelta(hours=1)}
    other |= {"message": "Well done", "form": "there", "error": "It broke off.", "status": "Done", "ids": 7}
    call = ProviderCall.objects.filter(operation="delete").order_by("pk")[0].pk
    ProviderCall.objects.filter(pk=call).update(**other, state="lost")
    return "in: message, form, error, sent_at, answered_at, status, state, ids."


def change_an_answer() -> str:
    call = ProviderCall.objects.filter(operation="delete").order_by("pk")[0].pk
    ProviderCall.objects.filter(pk=call).update(code=1, http_status=500)
    return "in: http_status, code."


def change_what_a_call_carried() -> str:
    call = ProviderCall.objects.filter(operation="delete").order_by("pk")[0].pk
    ProviderCall.objects.filter(pk=call).update(digest="0" * 64)
    return "in: digest."


WAYS: list[Callable[[], str]] = [
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
    call_it_undone,
    open_it_again,
    change_how_often_a_task_was_carried,
    call_it_gone_and_not_carried,
    call_what_was_carried_skipped,
    exchange_what_was_skipped,
    keep_it_from_being_closed,
    remove_the_deletion,
    hide_the_deletion,
    add_a_deletion,
    add_a_deletion_before_all_others,
    remove_a_call,
    add_a_call,
    add_a_call_far_away,
    open_a_call_again,
    open_a_call_without_a_slot,
    hold_a_call_for_ever,
    change_all_that_a_call_says,
    change_an_answer,
    change_what_a_call_carried,
]
