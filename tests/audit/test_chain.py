from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F

from dashboard.audit import chain, keys
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.database import append_only
from tests.audit.writers import four_at_once

CHANGED = "its fields were changed, or the key that it was written with is not known here."
DETAIL = {"reason": "old drafts", "count": 3, "ids": ["a", "b"], "none": None, "sure": True, "deep": {"z": 1, "a": "ü"}}


def append_some(count: int) -> list[AuditEvent]:
    events = []
    for number in range(1, count + 1):
        with transaction.atomic():
            events.append(
                chain.append(actor="olga", address="127.0.0.1", action="deletion.confirmed", subject=f"{number}")
            )
    return events


@pytest.fixture
def unprotected(db: None) -> None:
    """What someone with the database's password could do."""
    append_only.drop(connection)


@pytest.mark.django_db
def test_it_numbers_from_one_and_links_each_event_to_the_one_before() -> None:
    first, second, third = append_some(3)

    assert [first.sequence, second.sequence, third.sequence] == [1, 2, 3]
    assert first.previous_hash == chain.GENESIS
    assert [second.previous_hash, third.previous_hash] == [first.hash, second.hash]
    head = AuditHead.objects.get()
    assert (head.sequence, head.hash) == (3, third.hash)


def test_the_hash_covers_a_canonical_form_that_who_has_the_key_can_compute(settings) -> None:
    event = AuditEvent(
        sequence=1,
        at=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        actor="olga",
        action="a.b",
        detail={"b": 1, "a": "ü"},
        previous_hash=chain.GENESIS,
    )

    text = (
        '{"action":"a.b","actor":"olga","address":"","at":"2026-01-02T03:04:05.000006+00:00","detail":{"a":"ü","b":1},'
        f'"previous_hash":"{chain.GENESIS}","sequence":1,"subject":""}}'
    )
    assert chain.hashed(event) == text
    settings.AUDIT_KEYS = ["new", "old"]
    assert keys.authenticated(text) == hmac.new(b"new", text.encode(), hashlib.sha256).hexdigest()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "detail",
    [
        DETAIL,
        {"seconds": 1.5, "huge": 1e16, "zero": -0.0},
        {"nul": "a\0b", "half": "\ud800", "script": "<script>"},
        {"set": {"b", "a"}, "tuple": (1, 2), "moment": datetime(2026, 1, 1, tzinfo=UTC)},
        {1: "a key that is a number", "big": 10**30},
    ],
)
def test_what_the_database_returns_still_gives_the_hash(detail: dict[str, object]) -> None:
    written = chain.append(actor="olga\0", action="a.b", subject="x\ud800", detail=detail)

    read = AuditEvent.objects.get()
    assert keys.authenticated(chain.hashed(read)) == read.hash == written.hash
    assert chain.verify() is None


@pytest.mark.django_db
def test_it_keeps_what_fits_of_names_that_are_too_long() -> None:
    chain.append(actor="o" * 400, address="1" * 400, action="a.b", subject="s" * 400)

    event = AuditEvent.objects.get()
    assert (len(event.actor), len(event.address), len(event.subject)) == (150, 45, 300)
    assert chain.verify() is None


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_write_outside_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError, match=r"inside transaction\.atomic"):
        chain.append(actor="olga", action="a.b")

    assert not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_vanishes_with_the_transaction_it_tells_of() -> None:
    append_some(1)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        chain.append(actor="olga", action="a.b", detail={"ratio": 1 // 0})

    append_some(1)
    assert AuditEvent.objects.count() == AuditHead.objects.get().sequence == 2
    assert chain.verify() is None


@pytest.mark.django_db(transaction=True)
def test_four_writers_at_once_make_one_chain_from_the_first_event_on() -> None:
    for _ in four_at_once(lambda: append_some(15)):
        assert chain.verify() is None

    assert list(AuditEvent.objects.order_by("sequence").values_list("sequence", flat=True)) == list(range(1, 61))
    assert chain.verify() is None


@pytest.mark.django_db
def test_an_empty_log_holds() -> None:
    assert chain.verify() is None


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "nobody"},
        {"address": "10.0.0.1"},
        {"action": "deletion.kept"},
        {"subject": "another"},
        {"detail": {"count": 1}},
        {"at": F("at") + timedelta(microseconds=1)},
        {"hash": "f" * 64},
        {"previous_hash": "f" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_it_finds_a_changed_field(unprotected: None, change: dict[str, object]) -> None:
    append_some(4)

    AuditEvent.objects.filter(sequence=3).update(**change)

    broken = chain.verify()
    assert broken is not None
    assert broken.sequence == 3
    assert str(broken) in {f"Entry 3: {CHANGED}", f"Entry 3: its {next(iter(change))} is not what it was."}


def test_it_finds_a_change_that_was_given_a_hash_of_its_own(unprotected: None) -> None:
    forged = append_some(4)[2]
    forged.subject = "another"
    AuditEvent.objects.filter(sequence=3).update(subject=forged.subject, hash=keys.authenticated(chain.hashed(forged)))

    assert chain.verify() == chain.Broken(sequence=4, reason="it does not follow the entry before it.")


def test_it_finds_a_last_entry_that_was_written_anew(unprotected: None) -> None:
    forged = append_some(4)[3]
    forged.subject = "another"
    AuditEvent.objects.filter(sequence=4).update(subject=forged.subject, hash=keys.authenticated(chain.hashed(forged)))

    assert chain.verify() == chain.Broken(sequence=4, reason="its hash is not the one the chain ends in.")


def test_it_finds_a_missing_entry(unprotected: None) -> None:
    append_some(4)
    AuditEvent.objects.filter(sequence=2).delete()

    assert chain.verify() == chain.Broken(sequence=2, reason="it is missing; the next one is 3.")


@pytest.mark.parametrize("left", [0, 2])
def test_it_finds_a_tail_that_was_cut_off(unprotected: None, left: int) -> None:
    append_some(4)
    AuditEvent.objects.filter(sequence__gt=left).delete()

    assert chain.verify() == chain.Broken(sequence=left + 1, reason="it is missing, and the chain ends at 4.")


def test_it_finds_entries_that_changed_places(unprotected: None) -> None:
    append_some(4)
    for old, new in ((2, 100), (3, 2), (100, 3)):
        AuditEvent.objects.filter(sequence=old).update(sequence=new)

    broken = chain.verify()
    assert broken is not None
    assert broken.sequence == 2


@pytest.mark.parametrize(
    ("sequence", "reason"),
    [(0, "it stands before the first entry."), (5, "it stands after the end of the chain.")],
)
def test_it_finds_an_entry_outside_the_chain(unprotected: None, sequence: int, reason: str) -> None:
    last = append_some(4)[3]
    forged = AuditEvent(sequence=sequence, at=last.at, actor="nobody", action="a.b", previous_hash=last.hash)
    forged.hash = keys.authenticated(chain.hashed(forged))
    forged.save(force_insert=True)

    assert chain.verify() == chain.Broken(sequence=sequence, reason=reason)


def test_it_finds_an_end_that_was_set_back(unprotected: None) -> None:
    events = append_some(4)
    AuditHead.objects.update(sequence=3, hash=events[2].hash)

    assert chain.verify() == chain.Broken(sequence=4, reason="it stands after the end of the chain.")


@pytest.mark.django_db
def test_it_reads_in_batches_and_loses_nothing_between_them(
    monkeypatch: pytest.MonkeyPatch, unprotected: None, django_assert_num_queries
) -> None:
    monkeypatch.setattr(chain, "BATCH", 3)
    append_some(7)

    # One for entries before the first, three batches and the empty fourth, one for the head.
    with django_assert_num_queries(6):
        assert chain.verify() is None

    AuditEvent.objects.filter(sequence=7).update(actor="nobody")
    assert chain.verify() == chain.Broken(sequence=7, reason="its actor is not what it was.")
