from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media.host import Host


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path: Path) -> None:
    settings.MEDIA_DIR = tmp_path / "media"
    settings.MEDIA_HOSTS = []


@pytest.fixture
def host(settings) -> Iterator[Host]:
    """A host of pictures on loopback, which the product takes for the sandbox's: it may be fetched from."""
    with Host() as host:
        settings.SANDBOX_MEDIA_URL = host.url
        yield host
