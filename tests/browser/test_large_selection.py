"""A selection that a job freezes while the dialog shows how far it is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import MANY
from tests.browser.gate import Gate
from tests.browser.product import Product

Open = Callable[..., Page]


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_it_is_frozen_in_the_background_and_then_asked_for(many: Product, open_page: Open, script: bool) -> None:
    page = open_page(many, script=script)
    page.get_by_role("button", name=re.compile("^Select all .*matching$")).click()
    expect(page.get_by_text(f"All {MANY:,} matching selected").first).to_be_visible()
    name = f"Delete {MANY:,} tasks…" if script else "Delete selected tasks…"
    page.get_by_role("button", name=name).click()
    asked = page.get_by_role("heading", name=f"Delete {MANY:,} tasks?")
    if script:
        expect(page.get_by_role("dialog")).to_be_visible()
        expect(page.get_by_role("button", name="Keep tasks")).to_be_focused()
    else:
        page.wait_for_url("**/deletions/*/")
        while not asked.or_(page.get_by_text("Nothing to delete")).is_visible():
            expect(page.get_by_role("progressbar", name="Writing down")).to_be_visible()
            page.get_by_role("link", name="Refresh").click()
    expect(asked).to_be_visible()
    if script:
        expect(page.get_by_role("dialog", name=f"Delete {MANY:,} tasks?")).to_be_visible()
        expect(page.get_by_role("button", name="Keep tasks")).to_be_focused()
    page.get_by_role("button", name="Keep tasks").click()
    if script:
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_role("button", name=name)).to_be_focused()
    expect(page.get_by_text(f"All {MANY:,} matching selected").first).to_be_visible()


def test_no_tick_waits_for_what_is_counted_later(many: Product, open_page: Open) -> None:
    page = open_page(many)
    page.get_by_role("button", name=re.compile("^Select all .*matching$")).click()
    expect(page.get_by_text(f"All {MANY:,} matching selected").first).to_be_visible()
    given_up: list[str] = []
    page.on("requestfailed", lambda request: given_up.append(request.url))
    gate = Gate(page, re.compile("/tasks/hidden/"))
    gate.caught(lambda: page.goto(f"{page.url}&q=red"))
    with page.expect_request("**/tasks/selection/**"):
        page.locator("#tasks input[name=task]").first.uncheck()
    assert given_up == []
