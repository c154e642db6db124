"""What needs approval, as stored facts and limits tell; the rules alone are in `test_approval_rules`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.access.models import Limits
from dashboard.deletions import actions
from dashboard.deletions.actions import By, Changed
from dashboard.deletions.approvals.needs import approvers_besides, reasons_of, spent
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import State
from dashboard.register.models import TrackedTask
from tests.deletions.conftest import Confirm
from tests.factories import DeletionFactory, TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db

Images = Callable[[int], list[TrackedTask]]


@pytest.fixture(autouse=True)
def _above_two(settings) -> None:
    settings.DELETION_APPROVAL_ABOVE = 2


@pytest.fixture
def anna(db: None) -> User:
    return UserFactory(username="anna", role="approver")


def test_the_last_day_counts_what_was_confirmed_and_not_kept(olga: User) -> None:
    now = timezone.now()
    row = {"actor": olga, "total": 10, "skipped": 1, "kept": 2}
    DeletionFactory(**row, confirmed_at=now - timedelta(hours=23))
    DeletionFactory(**row, state=State.AWAITING_APPROVAL, confirmed_at=now)
    DeletionFactory(**row, confirmed_at=now - timedelta(hours=24))
    DeletionFactory(**row, state=State.CANCELLED)
    DeletionFactory(**row, state=State.DISCARDED, approval_asked_at=now)
    DeletionFactory(**row, draft=True)
    DeletionFactory(**row | {"actor": UserFactory()})
    assert spent(olga, now=now) == 14


@pytest.mark.once
def test_a_days_limit_counts_each_deletion_also_of_what_was_kept(
    settings, olga: User, confirm: Confirm, images: Images
) -> None:
    settings.DELETION_APPROVAL_ABOVE, settings.DELETION_GRACE_SECONDS = None, 60
    Limits.objects.create(user=olga, most_daily=3)
    first = confirm(images(2))
    assert confirm(images(2)).state == State.AWAITING_APPROVAL
    actions.undo(deletion=first, by=By(user=olga), now=timezone.now())
    first.refresh_from_db()
    again = actions.delete_kept(deletion=first, by=By(user=olga), now=timezone.now())
    # Two wait for approval, and what was undone counts no more.
    assert reasons_of(again, now=timezone.now()) == [
        "With it, its requester deletes 4 tasks within 24 hours, and may delete 3 without asking."
    ]


@pytest.mark.once
def test_the_rules_read_stored_facts_and_no_item(settings, olga: User, images: Images) -> None:
    settings.DELETION_APPROVAL_ABOVE = None
    settings.DELETION_APPROVAL_RULES = ("young", "others", "model:seedreamv4")
    TrackedTaskFactory(created_at=timezone.now() - timedelta(hours=2), model="wan", added_by="paul")
    TrackedTaskFactory(model="wan", added_by=olga.username)
    images(2)
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    draft.items.all().delete()
    assert reasons_of(draft, now=timezone.now()) == [
        "It holds tasks that were made within the last 24 hours.",
        "It holds 1 task that somebody else added.",
        "It holds 2 tasks of the model seedreamv4.",
    ]


def test_what_is_unusual_for_a_person_asks_below_the_limit_too(settings, olga: User, images: Images) -> None:
    settings.DELETION_APPROVAL_ABOVE = 1000
    facts = {"images": 1, "models": ["seedreamv4"], "by_model": [["seedreamv4", 1]]}
    for _ in range(5):
        DeletionFactory(actor=olga, total=1, facts=facts)
    images(21)
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    [why] = reasons_of(draft, now=timezone.now())
    assert why.startswith("It is far larger than the last 5 deletions of the same person")
    # Where nobody ever has to agree, nobody has to because of a habit.
    settings.DELETION_APPROVAL_ABOVE = None
    assert reasons_of(draft, now=timezone.now()) == []


def test_who_could_approve_it(olga: User, anna: User) -> None:
    UserFactory(username="gone", role="approver", is_active=False)
    UserFactory(username="root", is_superuser=True)
    assert approvers_besides(olga) == ["anna", "root"]
    assert approvers_besides(anna) == ["root"]


@pytest.mark.once
def test_the_button_that_was_pressed_must_be_the_one_that_holds(olga: User, images: Images, settings) -> None:
    images(3)
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    said = {"by": By(user=olga), "reason": "Spring", "typed": "3", "now": timezone.now()}
    with pytest.raises(Changed, match="Somebody else has to agree to this now"):
        actions.confirm(deletion=draft, **said, asks=False)
    settings.DELETION_APPROVAL_ABOVE = None
    with pytest.raises(Changed, match="Nobody else has to agree to this any more"):
        actions.confirm(deletion=draft, **said, asks=True)
    actions.confirm(deletion=draft, **said, asks=False)
