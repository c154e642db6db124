"""A deletion played against a provider that says one thing and does another, at a twentieth of the usual sizes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

from dashboard.deletions import actions
from dashboard.deletions.dispatch import next_list
from tests.deletions.evidence.plays import Images
from tests.deletions.theatre import Theatre, playing

OTHERS = 30
"""Tasks that nobody deletes: any of them may be the witness."""


@pytest.fixture(autouse=True)
def _usual(settings, monkeypatch, _fast) -> None:
    """A twentieth of the usual sizes."""
    settings.TENSORSLAB_BATCH_SIZE = 5
    settings.DELETION_VERIFY = "sample"
    settings.DELETION_CANARY = 2
    monkeypatch.setattr(next_list, "CANARY_ABOVE", 10)
    # Faults that are drawn add up to no giving up: which call meets one depends on how threads take turns.
    settings.DELETION_MAX_ATTEMPTS = 50
    settings.DELETION_INSPECT_AFTER = (600.0, 86_400.0)
    settings.TENSORSLAB_TIMEOUT = 2.0


@pytest.fixture
def theatre(settings, images: Images) -> Iterator[Theatre]:
    images(OTHERS)
    yield from playing()


@pytest.fixture
def by(olga: User) -> actions.By:
    return actions.By(user=olga)
