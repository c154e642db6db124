from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tensorslab_api.tracking.servers import Dashboard, serving


@pytest.fixture
def dashboard() -> Dashboard:
    return Dashboard()


@pytest.fixture
def dashboard_url(dashboard: Dashboard) -> Iterator[str]:
    with serving(dashboard) as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"
