from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.calls import slots
from dashboard.calls.models import ProviderCall, Slot
from tests.factories import ProviderCallFactory


def test_a_lease_is_lost_when_two_looks_found_it_run_out() -> None:
    watch, lease = slots.Watch(), slots.Lease(of="1", until=None)
    assert watch.lost({lease: True}, at=0) == set()
    assert watch.lost({lease: True}, at=1) == {lease}


def test_a_lease_that_was_renewed_between_two_looks_is_not_lost() -> None:
    watch, lease = slots.Watch(), slots.Lease(of="1", until=None)
    watch.lost({lease: True}, at=0)
    assert watch.lost({lease: False}, at=1) == set()
    assert watch.lost({lease: True}, at=2) == set()


def test_a_lease_that_nobody_renews_for_its_length_is_lost_whatever_the_clock_says() -> None:
    watch, lease = slots.Watch(), slots.Lease(of="1", until=None)
    watch.lost({lease: False}, at=0)
    assert watch.lost({lease: False}, at=slots.length().total_seconds()) == set()
    assert watch.lost({lease: False}, at=slots.length().total_seconds() + 1) == {lease}


def test_a_slot_that_was_lost_can_not_be_renewed(db, settings) -> None:
    settings.TENSORSLAB_CONCURRENCY = 1
    [slot] = slots.take(2)
    assert slots.take(1) == []
    slots.renew(slot)
    slots.release(slot)
    with pytest.raises(slots.Lost):
        slots.renew(slot)


def test_what_every_tick_asks_does_not_read_all_calls(db) -> None:
    """Ten million calls may be in the table, and a tick comes every second."""
    ProviderCallFactory.create_batch(3)
    ProviderCallFactory(state=ProviderCall.State.OPEN, lease_until=timezone.now())
    rows = ProviderCall.objects.in_hand()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "call_in_hand" in rows.explain()
    assert len(slots.in_hand()) == 1


def test_a_slot_that_another_takes_at_this_moment_is_not_ours(db, settings) -> None:
    settings.TENSORSLAB_CONCURRENCY = 1
    theirs: list[slots.OurSlot] = []

    def they_are_quicker(execute: Any, statement: str, *rest: Any) -> Any:
        if statement.startswith("UPDATE") and not theirs:
            theirs.append(slots.OurSlot(number=0, token=uuid4()))
            Slot.objects.update(token=theirs[0].token)
        return execute(statement, *rest)

    with connection.execute_wrapper(they_are_quicker):
        assert slots.take(1) == []
    slots.renew(theirs[0])


def test_who_lost_a_slot_releases_nothing_of_who_has_it_now(db, settings) -> None:
    settings.TENSORSLAB_CONCURRENCY = 1
    [lost] = slots.take(1)
    slots.release(lost)
    [theirs] = slots.take(1)
    slots.release(lost)
    slots.renew(theirs)


def test_a_slot_that_was_renewed_since_it_was_looked_at_is_not_freed(db) -> None:
    [ours] = slots.take(1)
    Slot.objects.filter(token=ours.token).update(lease_until=timezone.now() - timedelta(minutes=1))
    [lease] = slots.taken()
    slots.renew(ours)
    slots.free_lost(lease)
    slots.renew(ours)
