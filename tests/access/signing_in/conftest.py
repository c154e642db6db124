from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.access.signing_in.people import PASSWORD
from tests.factories import UserFactory


@pytest.fixture
def olga(db: None) -> User:
    return UserFactory(username="olga", role="operator", password=PASSWORD)
