"""What a start tells."""

from __future__ import annotations

import pytest

from dashboard.operations.management.commands import run


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("0.0.0.0", "http://127.0.0.1:8000/"),
        ("::1", "http://[::1]:8000/"),
        ("10.0.0.7", "http://10.0.0.7:8000/"),
    ],
)
def test_it_tells_where_to_open_it(settings, bind: str, url: str) -> None:
    settings.BIND, settings.PORT = bind, 8000
    assert run.address() == [f"  Open      {url}"]


@pytest.mark.parametrize(
    ("names", "url"),
    [
        (["tasks.example.com"], "https://tasks.example.com/"),
        (["localhost", "[::1]", ".example.com"], "https://example.com/"),
        (["127.0.0.1", "localhost"], "https://127.0.0.1/"),
        (["*"], "https://localhost/"),
    ],
)
def test_behind_a_proxy_for_https_it_tells_the_proxys_name(settings, names: list[str], url: str) -> None:
    settings.HTTPS, settings.ALLOWED_HOSTS, settings.BIND, settings.PORT = True, names, "127.0.0.1", 8000
    assert run.address() == [f"  Open      {url}", "            (the proxy for HTTPS asks http://127.0.0.1:8000/)"]
