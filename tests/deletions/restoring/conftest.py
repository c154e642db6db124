"""A database whose log this process has seen, and a deletion played on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from dashboard.audit import heads
from dashboard.deletions import actions
from tests.conftest import Person
from tests.deletions.restoring.copies import (
    Images,
)
from tests.deletions.theatre import Theatre, playing

OTHERS = 30
"""Tasks that nobody deletes: any of them may be the witness."""


@pytest.fixture(autouse=True)
def folder(settings, _fast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.TENSORSLAB_BATCH_SIZE = 5
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(heads, "_process", heads._Process())
    return tmp_path / "heads"


@pytest.fixture
def theatre(images: Images) -> Iterator[Theatre]:
    images(OTHERS)
    yield from playing()


@pytest.fixture
def person(olga: User) -> Person:
    return Person.signed_in(olga)


@pytest.fixture
def by(olga: User) -> actions.By:
    return actions.By(user=olga)
