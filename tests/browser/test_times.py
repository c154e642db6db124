from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import Product


def test_ages_go_on_while_the_page_is_open(product: Product, open_page: Callable[..., Page]) -> None:
    page = open_page(product, timezone_id="America/Los_Angeles", at="/account/")
    # A machine whose clock is wrong by years still tells the server's ages.
    page.clock.install(time=datetime(2031, 1, 1, tzinfo=UTC))
    page.goto("/tasks/?created_before=-2h")
    age = page.locator("#tasks time").first
    before = age.inner_text()
    assert before.endswith(" hours ago") or " day" in before
    page.clock.fast_forward(72 * 3600 * 1000)
    expect(age).not_to_have_text(before)
    expect(age).to_have_text(re.compile(r"^([3-9]|\d\d+) days ago$"))


def test_a_person_reads_in_a_zone_of_their_own(product: Product, open_page: Callable[..., Page], script: bool) -> None:
    page = open_page(product, script=script, timezone_id="America/Los_Angeles", at="/account/")
    page.get_by_label("Time zone").select_option("Asia/Kathmandu")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("UTC+05:45 now")).to_be_visible()
    page.goto("/tasks/")
    page.get_by_label("Created from", exact=True).fill("-30d")
    page.get_by_label("Created until", exact=True).fill("2026-11-28")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_role("link", name="Remove Created from: newer than 30 days")).to_be_visible()
    expect(page.get_by_role("link", name="Remove Created until: 2026-11-28 Asia/Kathmandu")).to_be_visible()
    expect(page.get_by_label("Created from", exact=True)).to_have_value("-30d")
    expect(page.get_by_label("Created from", exact=True)).to_have_accessible_description("Asia/Kathmandu")
    beside = page.get_by_role("search").get_by_text("Asia/Kathmandu", exact=True)
    assert beside.evaluate_all("zones => zones.map((zone) => zone.scrollWidth > zone.clientWidth)") == [False, False]
    page.goto("/account/")
    page.get_by_label("Time zone").select_option("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("UTC now")).to_be_visible()


@pytest.mark.parametrize("place", ["/audit/", "/deletions/"])
def test_a_moment_stands_in_one_line(product: Product, open_page: Callable[..., Page], place: str) -> None:
    page = open_page(product, at="/account/")
    page.get_by_label("Time zone").select_option("Asia/Kathmandu")
    page.get_by_role("button", name="Save").click()
    page.goto("/tasks/")
    page.locator("#tasks tbody input:enabled").first.click()
    page.get_by_role("button", name="Delete 1 task…").click()
    page.get_by_label("Reason").fill("In one line")
    page.get_by_role("button", name="Delete 1 task", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone in time").first).to_be_visible()
    page.goto(place)
    moments = page.locator("tbody time")
    expect(moments.first).to_contain_text("UTC+05:45")
    # The boxes of a text that is broken are several.
    assert set(moments.evaluate_all("(all) => all.map((time) => time.getClientRects().length)")) == {1}
    page.goto("/account/")
    page.get_by_label("Time zone").select_option("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("UTC now")).to_be_visible()
