"""Processes of which each leaves what it has seen of the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.audit import heads


@pytest.fixture
def folder(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(heads, "_process", heads._Process())
    return tmp_path / "heads"


@pytest.fixture
def another_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on this is one that was started later: it has left nothing yet."""
    return lambda: monkeypatch.setattr(heads, "_process", heads._Process())


@pytest.fixture
def process_beside(another_process: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on this is another one, and those before it live on."""
    monkeypatch.setattr(heads, "_gone", lambda file: False)
    return another_process
