"""A selection stays while filters come and go, with JavaScript and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Launch
from tests.browser.product import Product

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def shop(launch: Launch) -> Iterator[Product]:
    with launch(SAMPLE_TASKS="150") as product:
        yield product


def said(page: Page) -> Locator:
    return page.locator("[data-announce]")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{name}")).first.click()


def choose_kind(page: Page, kind: str) -> None:
    page.get_by_label("Kind", exact=True).select_option(kind)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.wait_for_url(re.compile(f"kind={kind}"))


def number(text: str | None) -> int:
    found = re.search(r"([\d,]+) selected", text or "")
    assert found
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_filters_come_and_go_and_the_selection_stays(shop: Product, open_page: Open, script: bool) -> None:
    page = open_page(shop, script=script)
    choose_kind(page, "video")
    press(page, "Select all .* matching$")
    expect(said(page)).to_contain_text(re.compile("All [0-9]+ matching selected"))
    videos = int(re.findall(r"All ([0-9]+)", said(page).text_content() or "")[0])
    choose_kind(page, "image")
    expect(said(page)).to_contain_text(f"{videos} selected, {videos} not in this view")
    press(page, "Add all .* matching$")
    expect(said(page)).to_contain_text(f", {videos} not in this view")
    expect(said(page)).not_to_contain_text(f"{videos} selected")
    everything = number(said(page).text_content())
    press(page, "Invert on this page$")
    expect(said(page)).to_contain_text("excluded")
    page.reload()
    expect(said(page)).to_contain_text("excluded")
    assert number(said(page).text_content()) < everything
    link = page.get_by_role("link", name="Show selected")
    # As high as a finger needs it, also where it stands in a line of its own.
    assert link.evaluate("link => link.getBoundingClientRect().height") >= 24
    link.click()
    page.wait_for_url("**selected=1**")
    expect(page.locator("#tasks tbody input:enabled:not(:checked)")).to_have_count(0)
    page.get_by_role("link", name="Show all tasks").click()
    page.wait_for_url(lambda url: "selected=1" not in url)
    press(page, "Clear selection$")
    expect(page.locator("#toolbar").get_by_text("Nothing selected")).to_be_visible()
    press(page, "Bring back$")
    expect(said(page)).to_contain_text("excluded")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_ids_are_selected_and_the_unknown_named(shop: Product, open_page: Open, script: bool) -> None:
    page = open_page(shop, script=script)
    ids = [link.text_content() for link in page.locator("#tasks tbody tr:has(input:enabled) .c-id a").all()[:2]]
    if script:
        page.get_by_role("button", name="Select by ids…").click()
        expect(page.get_by_role("dialog")).to_be_visible()
    else:
        page.get_by_role("link", name="Select by ids…").click()
    page.get_by_label("Ids").fill("\n".join([*map(str, ids), "nobody_1"]))
    page.get_by_role("button", name="Select", exact=True).click()
    expect(page.get_by_text("2 of the 3 ids are selected")).to_be_visible()
    expect(page.get_by_text("nobody_1")).to_be_visible()
    if script:
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("Escape")
    else:
        page.get_by_role("link", name="Back to the list").click()
    expect(said(page)).to_contain_text("2 selected")


def test_a_star_is_one_key_away_and_keeps_a_task_out_of_all(shop: Product, open_page: Open) -> None:
    page = open_page(shop)
    row = page.locator("#tasks tbody tr:has(input:enabled)").first
    page.keyboard.press("j")
    page.locator("#tasks tbody input:enabled").first.focus()
    page.keyboard.press("s")
    expect(row.get_by_role("button", name="Unstar", exact=True)).to_be_visible()
    press(page, "Select all .* matching$")
    expect(said(page)).to_contain_text("1 starred left out")
    expect(row.get_by_role("checkbox")).not_to_be_checked()
    row.get_by_role("button", name="Unstar", exact=True).click()
    expect(row.get_by_role("button", name="Star", exact=True)).to_be_visible()


def test_the_bar_stays_in_sight_on_a_phone_too(shop: Product, open_page: Open) -> None:
    page = open_page(shop)
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#tasks tbody input:enabled").first.click()
    expect(said(page)).to_contain_text("1 selected")
    page.mouse.wheel(0, 1500)
    expect(page.get_by_role("button", name="Delete 1 task…")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
