"""Entries are authenticated by a key that the database does not hold."""

from __future__ import annotations

import hashlib

import pytest
from django.core.checks import run_checks
from django.db import connection

from dashboard.audit import chain
from dashboard.audit.chain import GENESIS, Broken
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.database import append_only
from tests.audit.test_chain import CHANGED, append_some

pytestmark = pytest.mark.django_db


def test_a_log_that_was_hashed_anew_without_the_key_does_not_hold() -> None:
    """As whoever has the database alone can do at any time."""
    append_only.drop(connection)
    previous = GENESIS
    for event in append_some(3):
        event.previous_hash = previous
        event.hash = previous = hashlib.sha256(chain.hashed(event).encode()).hexdigest()
        event.save()
    AuditHead.objects.update(sequence=3, hash=previous)
    append_only.create(connection)
    assert chain.verify() == Broken(sequence=1, reason=CHANGED)


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
