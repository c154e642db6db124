from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.deletions.forgetting import pressing
from dashboard.deletions.models import Forgetting
from dashboard.register.holding import asking
from dashboard.register.holding.asking import By
from dashboard.register.models import Selection, TrackedTask
from tests.factories import SelectionFactory, UserFactory


@pytest.fixture
def alice(db: None) -> User:
    return UserFactory(username="alice", role="administrator")


@pytest.fixture
def by(alice: User) -> By:
    return By(user=alice, address="192.0.2.7")


def frozen(user: User, tasks: list[TrackedTask]) -> Selection:
    return asking.frozen(SelectionFactory(user=user, tasks=tasks))


def press(by: By, *tasks: TrackedTask, reason: str = "Asked for by who is in them", typed: str = "") -> Forgetting:
    selection = frozen(by.user, list(tasks))
    return pressing.press(selection=selection, by=by, reason=reason, typed=typed, now=timezone.now())
