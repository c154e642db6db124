"""Signing in by a real OpenID provider, whose pages are another origin."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import PATIENCE, Product, free_port

PEOPLE: list[dict[str, object]] = [
    {"sub": "1001", "preferred_username": "nona", "groups": ["ml"]},
    {"sub": "1002", "preferred_username": "admin", "groups": ["ml"]},
    {"sub": "1003", "preferred_username": "otto", "groups": []},
]


@contextmanager
def running_provider() -> Iterator[str]:
    """A process of its own: here its warnings would be errors."""
    port = free_port()
    people = [word for person in PEOPLE for word in ("--user-claims", json.dumps(person))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", *people]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            address, end = ("127.0.0.1", port), time.monotonic() + PATIENCE
            while not is_answered(address):
                assert (process.poll(), time.monotonic() < end) == (None, True), "The provider did not start."
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def is_answered(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=5).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def product(launch: Callable[..., Product]) -> Iterator[Product]:
    variables = {"OIDC_CLIENT_ID": "tasks", "OIDC_CLIENT_SECRET": "of the test", "OIDC_ROLES": "ml=operator"}
    with running_provider() as issuer, launch(SAMPLE_TASKS="20", OIDC_ISSUER=issuer, **variables) as product:
        yield product


def sign_in(page: Page, sub: str) -> None:
    page.goto("/login/")
    page.get_by_role("link", name="Sign in with OpenID").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    page.get_by_role("button", name=sub, exact=True).focus()
    page.keyboard.press("Enter")


def test_whoever_has_a_group_is_in(product: Product, open_page: Callable[..., Page], script: bool) -> None:
    page = open_page(product, script=script, stranger=True)
    sign_in(page, "1001")
    expect(page).to_have_url(f"{product.url}/tasks/")
    expect(page.get_by_role("link", name="nona")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "1001")
    expect(page.get_by_role("link", name="nona")).to_be_visible()


def test_whoever_has_none_or_anothers_name_is_told_why(product: Product, open_page: Callable[..., Page]) -> None:
    page = open_page(product, stranger=True)
    sign_in(page, "1003")
    expect(page.get_by_role("alert").first).to_contain_text("None of your groups has a role here.")
    sign_in(page, "1002")
    expect(page.get_by_role("alert").first).to_contain_text("An account here has the name admin already")
    expect(page.get_by_label("Username")).to_be_visible()
