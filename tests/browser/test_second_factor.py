"""Second factors in a browser, with its own virtual authenticator."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Page, expect

from tests.access.signing_in.people import code
from tests.browser import chromium
from tests.browser.product import Product

# The first test also waits for its product to start.
pytestmark = pytest.mark.timeout(240)
Open = Callable[..., Page]
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def product(launch: Callable[..., Product]) -> Iterator[Product]:
    """One whose administrator has second factors at the end."""
    with launch(SAMPLE_TASKS="40", DELETION_REAUTH_ABOVE="0") as product:
        # Browsers make passkeys for names only.
        product.url = f"http://localhost:{product.port}"
        yield product


def with_a_key(page: Page, **traits: bool) -> str:
    client = page.context.new_cdp_session(page)
    client.send("WebAuthn.enable")
    added = client.send("WebAuthn.addVirtualAuthenticator", {"options": KEY | traits})
    page.key = client  # type: ignore[attr-defined]
    return str(added["authenticatorId"])


def signed_in(open_page: Open, product: Product, **options: object) -> Page:
    page = open_page(product, stranger=True, **options)
    chromium.sign_in(page, product)
    page.goto("/account/")
    return page


def press(page: Page, name: str) -> None:
    """By keyboard."""
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


@pytest.fixture(autouse=True)
def _none_is_left(product: Product) -> Iterator[None]:
    yield
    # It fails for who has none.
    with suppress(subprocess.CalledProcessError):
        product.manage("forget_second_factor", product.username)


def made(page: Page) -> None:
    with_a_key(page)
    page.get_by_label("Name of the passkey").focus()
    page.keyboard.type("Laptop")
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Recovery codes").get_by_role("listitem")).to_have_count(10)


def test_a_passkey_is_made_and_signs_in_alone(product: Product, open_page: Open) -> None:
    page = signed_in(open_page, product)
    made(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert re.fullmatch(r"(\d{8}\n){10}", download.value.path().read_text())
    page.get_by_role("link", name="I have them").click()
    expect(page.get_by_role("list", name="Second factors")).to_contain_text("Laptop")
    page.get_by_role("button", name="Sign out").click()

    press(page, "Use a passkey")
    expect(page).to_have_url(f"{product.url}/tasks/")


def test_a_passkey_is_asked_for_after_the_password_and_removed(product: Product, open_page: Open) -> None:
    page = signed_in(open_page, product)
    made(page)
    page.get_by_role("button", name="Sign out").click()

    page.get_by_label("Username").fill(product.username)
    page.get_by_label("Password").fill(product.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    press(page, "Use a passkey")
    expect(page).to_have_url(f"{product.url}/tasks/")
    page.goto("/account/")
    press(page, "Remove Laptop")
    expect(page.get_by_text("None yet.")).to_be_visible()


def test_a_key_that_this_account_does_not_know_signs_nobody_in(product: Product, open_page: Open) -> None:
    page = open_page(product, stranger=True)
    with_a_key(page)
    press(page, "Use a passkey")
    expect(page.get_by_text("No passkey was used. Try again, or use another way.")).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_be_enabled()


def test_an_app_is_set_up_and_asked_for(product: Product, open_page: Open, script: bool) -> None:
    page = signed_in(open_page, product, script=script)
    press(page, "Set up an authenticator app")
    expect(page.get_by_role("img", name="QR code of the secret")).to_be_visible()
    secret = page.locator("#secret").inner_text().replace("\n", "").replace(" ", "")
    page.get_by_label("Code that the app shows").fill(code(secret))
    page.keyboard.press("Enter")
    recovery = page.get_by_role("list", name="Recovery codes").get_by_role("listitem").first.inner_text()
    page.get_by_role("button", name="Sign out").click()

    page.get_by_label("Username").fill(product.username)
    page.get_by_label("Password").fill(product.password)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This code is not right, or was used before.")
    page.get_by_label("Code").fill(recovery)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{product.url}/tasks/")


def test_a_deletion_asks_and_comes_back(product: Product, open_page: Open, script: bool) -> None:
    page = signed_in(open_page, product, script=script)
    product.manage("shell", "-c", OLD_SESSIONS)
    page.goto("/tasks/")
    page.locator("#tasks tbody input:enabled").first.check()
    if not script:
        page.get_by_role("button", name="Update selection").click()
    page.get_by_role("button", name=re.compile("^Delete (1 task|selected tasks)…")).click()
    page.get_by_label("Reason").fill("Spring cleaning")
    expect(page.get_by_text("your password or second factor is asked for")).to_be_visible()
    page.get_by_role("button", name="Delete 1 task", exact=True).click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_label("Password").fill(product.password)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Reason")).to_have_value("Spring cleaning")
    page.get_by_role("button", name="Delete 1 task", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_role("button", name="Undo").click()


OLD_SESSIONS = """
from dashboard.access.models import OpenSession
from dashboard.access.sessions import SessionStore
for row in OpenSession.objects.all():
    data = SessionStore().decode(row.session_data)
    for record in data.get("account_authentication_methods", []):
        record["at"] -= 301
    OpenSession.objects.filter(pk=row.pk).update(session_data=SessionStore().encode(data))
"""
"""As if everybody had signed in five minutes ago."""
