from __future__ import annotations

import pytest

from tests.api.program import Program
from tests.factories import UserFactory


@pytest.fixture
def program(db: None) -> Program:
    """An operator's, with every scope."""
    return Program(UserFactory(username="olga", role="operator"))
