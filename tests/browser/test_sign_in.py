from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import chromium
from tests.browser.product import Product


def test_the_administrator_signs_in_and_sees_tasks(
    product: Product, open_page: Callable[..., Page], script: bool
) -> None:
    page = open_page(product, script=script, stranger=True)
    chromium.sign_in(page, product)
    expect(page).to_have_url(f"{product.url}/tasks/")
    expect(page.get_by_role("table", name="Tasks").get_by_role("row")).to_have_count(51)
    page.get_by_role("button", name="Sign out").click()
    page.goto("/tasks/")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
