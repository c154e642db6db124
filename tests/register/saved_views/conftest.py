from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils import timezone

from dashboard.register.holding.asking import By
from dashboard.register.models import SavedView
from dashboard.register.saved_views import keeping, starred
from tests.factories import UserFactory


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def olga(db: None) -> User:
    return UserFactory(username="olga", role="operator")


@pytest.fixture
def paul(db: None) -> User:
    return UserFactory(username="paul", role="operator")


def save(user: User, name: str, query: str = "kind=video&view=table", *, shared: bool = False) -> SavedView:
    by = By(user=user, address="192.0.2.7")
    return keeping.save(query=query, name=name, shared=shared, by=by, now=timezone.now())


def names(person: User) -> list[str]:
    """What is in their rail."""
    return [view.name for view in starred(person)]
