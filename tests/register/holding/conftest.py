from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from dashboard.audit.models import AuditEvent
from dashboard.register.holding import asking
from dashboard.register.holding.asking import By
from dashboard.register.models import Selection, TrackedTask
from tests.factories import SelectionFactory, UserFactory


@pytest.fixture
def olga(db: None) -> User:
    return UserFactory(username="olga", role="approver")


@pytest.fixture
def by(olga: User) -> By:
    return By(user=olga, address="192.0.2.7")


def frozen(user: User, tasks: list[TrackedTask]) -> Selection:
    return asking.frozen(SelectionFactory(user=user, tasks=tasks))


def shown(*tasks: TrackedTask) -> list[tuple[str, str]]:
    """What the register shows of holds."""
    rows = TrackedTask.objects.in_bulk([task.pk for task in tasks])
    return [(rows[task.pk].held_by, rows[task.pk].held_reason) for task in tasks]


def told(*, actions: str = "hold.") -> list[tuple[str, str, dict[str, object]]]:
    events = AuditEvent.objects.filter(action__startswith=actions).order_by("sequence")
    return [(event.action, event.actor, event.detail) for event in events]
