from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.calls import accounts
from dashboard.calls.models import Account
from dashboard.deletions.dispatch import agenda
from dashboard.deletions.dispatch.recovery import Tender
from dashboard.deletions.models import Certificate, Deletion, Inspection, State
from tests.deletions.conftest import work
from tests.factories import DeletionFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
CLOSED: dict[str, Any] = {"closed_at": NOW}


@pytest.fixture(autouse=True)
def account(db: None) -> Account:
    return accounts.current()


@pytest.mark.parametrize(
    "row",
    [
        {"state": State.DRAFT, "confirmed_at": None},
        {"state": State.DISCARDED, "confirmed_at": None},
        {"state": State.AWAITING_APPROVAL, "approval_asked_at": NOW, "waiting": 3},
        {"state": State.FINISHED, **CLOSED},
        {"state": State.CANCELLED, **CLOSED},
        {"state": State.DISCARDED, "approval_asked_at": NOW, **CLOSED},
    ],
)
def test_what_waits_for_a_person_or_is_over_and_closed_is_at_rest(row: dict[str, Any]) -> None:
    DeletionFactory(**row)
    assert agenda.at_rest()


@pytest.mark.parametrize(
    "row",
    [
        *({"state": state, "waiting": 3} for state in (State.SCHEDULED, State.RUNNING, State.PAUSED)),
        *({"state": state} for state in (State.FINISHED, State.CANCELLED)),
        {"state": State.DISCARDED, "approval_asked_at": NOW},
        {"state": State.CANCELLED, "waiting": 3},
        {"state": State.DISCARDED, "approval_asked_at": NOW, "waiting": 3},
    ],
)
def test_what_is_under_way_or_not_closed_is_not(row: dict[str, Any]) -> None:
    DeletionFactory(**row)
    assert not agenda.at_rest()


@pytest.mark.parametrize(
    ("due_at", "at", "rests"), [(NOW, None, False), (NOW, NOW, True), (NOW + timedelta(1), None, True)]
)
def test_an_inspection_that_is_due_is_something_to_do(due_at: datetime, at: datetime | None, rests: bool) -> None:
    Inspection.objects.create(deletion=DeletionFactory(**CLOSED), due_at=due_at, at=at)
    assert agenda.at_rest() is rests


def test_so_is_a_certificate_that_is_not_issued() -> None:
    certificate = Certificate.objects.create(deletion=DeletionFactory(**CLOSED), number=1, leaves=3)
    assert not agenda.at_rest()
    Certificate.objects.filter(pk=certificate.pk).update(issued_at=NOW)
    assert agenda.at_rest()


def test_a_deletion_comes_to_rest_with_its_certificate(sandbox, confirm, images) -> None:
    deletion = confirm(images(3))
    assert not agenda.at_rest()
    work(deletion)
    tender = Tender("t")
    while not agenda.at_rest():
        tender.tick()
    assert Certificate.objects.exclude(issued_at=None).filter(deletion=deletion).exists()


def test_at_rest_a_tick_asks_little() -> None:
    DeletionFactory(**CLOSED)
    tender = Tender("t")
    asked = []
    for _ in range(10):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            tender.tick()
        asked.append(len(queries))
    # The first is a whole look, the second counts the register, the sixth looks at holds.
    assert max(asked[2:5] + asked[6:]) <= 8


def test_what_rest_overlooks_is_seen_within_ten_ticks(settings, account: Account) -> None:
    tender = Tender("t")
    tender.tick()
    settings.TENSORSLAB_API_KEY = "another"
    assert agenda.at_rest()
    for _ in range(10):
        tender.tick()
    account.refresh_from_db()
    assert account.key == accounts.current_key()
    assert not Deletion.objects.exists()
