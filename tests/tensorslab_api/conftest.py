from __future__ import annotations

from collections.abc import Iterator

import pytest

from tensorslab_api import Client
from tests.tensorslab_api.contract import CheckedSandbox


@pytest.fixture
def sandbox() -> Iterator[CheckedSandbox]:
    """Every request and response on its wire is held against the OpenAPI documents."""
    with CheckedSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: CheckedSandbox) -> Client:
    return Client(base_url=sandbox.url, api_key="very-secret-key", timeout=5)
