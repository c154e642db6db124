"""Entries are authenticated by a key that the database does not hold."""

from __future__ import annotations

import hashlib
import importlib

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from dashboard import sql
from dashboard.audit import chain, triggers
from dashboard.audit.chain import GENESIS, Broken
from dashboard.audit.models import AuditEvent, AuditHead
from tests.audit.test_chain import CHANGED, append_some

pytestmark = pytest.mark.django_db

sealing = importlib.import_module("dashboard.audit.migrations.0004_authenticated")


def written_without_a_key(number: int) -> None:
    """As an older version did, or as whoever has the database alone can do at any time."""
    triggers.drop(connection)
    AuditEvent.objects.all().delete()
    previous = GENESIS
    for event in append_some(number):
        event.previous_hash = previous
        event.hash = previous = hashlib.sha256(chain.hashed(event).encode()).hexdigest()
        event.save()
    AuditHead.objects.update(sequence=number, hash=previous)
    triggers.create(connection)


def test_a_log_that_was_hashed_anew_does_not_hold() -> None:
    written_without_a_key(3)
    assert chain.verify() == Broken(sequence=3, reason="no entry up to here was authenticated by a key.")
    append_some(1)
    reason = "the entries before it were not authenticated by a key, nor sealed."
    assert chain.verify() == Broken(sequence=4, reason=reason)


def test_what_an_older_version_wrote_is_sealed_once_and_believed_up_to_there() -> None:
    written_without_a_key(3)
    sealing.seal_what_is_plain(apps, None)
    append_some(2)
    assert chain.verify() is None
    assert AuditEvent.objects.get(sequence=4).action == "log.sealed"


@pytest.mark.django_db(transaction=True)
def test_a_database_of_an_older_version_is_migrated_and_its_log_holds() -> None:
    call_command("migrate", "audit", "0002", verbosity=0)
    try:
        previous = GENESIS
        for sequence in (1, 2):
            event = AuditEvent(sequence=sequence, at=timezone.now(), actor="olga", action="a.b", previous_hash=previous)
            event.hash = previous = hashlib.sha256(chain.hashed(event).encode()).hexdigest()
            fields = {name: getattr(event, name) for name in chain.FIELDS} | {"detail": "{}"}
            sql.insert("audit_auditevent", fields, key="sequence")
        AuditHead.objects.create(pk=chain.HEAD, sequence=2, hash=previous)
    finally:
        call_command("migrate", verbosity=0)
    assert chain.verify() is None
    assert AuditEvent.objects.get(sequence=3).action == "log.sealed"
    assert triggers.missing(connection) == []


def test_an_empty_log_needs_no_seal() -> None:
    sealing.seal_what_is_plain(apps, None)
    assert not AuditEvent.objects.exists()


def test_a_plain_entry_after_those_that_are_authenticated_is_forged() -> None:
    last = append_some(3)[-1]
    forged = AuditEvent(sequence=4, at=last.at, actor="olga", action="deletion.confirmed", previous_hash=last.hash)
    forged.hash = hashlib.sha256(chain.hashed(forged).encode()).hexdigest()
    # No trigger refuses an entry that is added.
    forged.save(force_insert=True)
    AuditHead.objects.update(sequence=4, hash=forged.hash)
    assert chain.verify() == Broken(sequence=4, reason=CHANGED)


def test_older_keys_still_recognise_what_was_written_with_them(settings) -> None:
    settings.AUDIT_KEYS = ["first"]
    append_some(2)
    settings.AUDIT_KEYS = ["second", "first"]
    append_some(2)
    assert chain.verify() is None
    settings.AUDIT_KEYS = ["second"]
    assert chain.verify() == Broken(sequence=1, reason=CHANGED)


def test_a_machine_with_another_key_is_told_so(settings) -> None:
    append_some(1)
    assert "audit.E002" not in [found.id for found in run_checks(databases=["default"])]
    settings.AUDIT_KEYS = ["of another machine"]
    found = {found.id for found in run_checks(databases=["default"])}
    assert {"audit.E002", "audit.W003"} <= found
