"""What a page moves while it loads, and what people choose about its layout."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import Product

Open = Callable[..., Page]
MOST = 0.05
SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("view", ["table", "gallery"])
def test_nothing_moves_while_the_list_loads(pictured: Product, open_page: Open, view: str) -> None:
    page = open_page(pictured)
    page.add_init_script(SHIFTS)
    moved = {}
    for width in (320, 390, 600, 768, 1023, 1280, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(f"/tasks/?kind=image&view={view}")
        page.wait_for_load_state("networkidle")
        moved[width] = page.evaluate("shifted")
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), width
    assert {width: much for width, much in moved.items() if much > MOST} == {}


def test_what_waits_for_the_counts_takes_hardly_more_room_than_they_do(pictured: Product, open_page: Open) -> None:
    page = open_page(pictured)
    facets = page.locator("#facets")
    empty = {}
    for width in (1023, 1100, 1280, 1376, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto("/tasks/?view=table")
        expect(facets.get_by_role("link").nth(1)).to_be_visible()
        empty[width] = facets.evaluate(
            "(all) => all.getBoundingClientRect().bottom - all.lastElementChild.getBoundingClientRect().bottom"
        )
    assert {width: much for width, much in empty.items() if much > 28} == {}


def test_a_phones_filters_are_folded_and_can_be_opened(pictured: Product, open_page: Open) -> None:
    page = open_page(pictured)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/tasks/?kind=image")
    expect(page.get_by_label("Status", exact=True)).to_be_hidden()
    page.get_by_text("Filters", exact=True).click()
    expect(page.get_by_label("Status", exact=True)).to_be_visible()
    page.get_by_label("Status", exact=True).select_option("completed")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.wait_for_url(re.compile("status=completed"))
    expect(page.get_by_label("Status", exact=True)).to_be_hidden()


def test_columns_rows_and_tasks_on_a_page_are_chosen(pictured: Product, open_page: Open, script: bool) -> None:
    page = open_page(pictured, script=script, at="/tasks/?kind=image&view=table")
    table = page.get_by_role("table", name="Tasks")
    prompt, high = table.get_by_role("columnheader", name="Prompt"), table.get_by_role("row").nth(1)
    before, row = prompt.bounding_box(), high.bounding_box()
    page.get_by_role("link", name="Layout").click()
    page.get_by_role("checkbox", name="Model").uncheck()
    page.get_by_role("radio", name="Compact").check()
    page.get_by_label("Tasks on a page").select_option("25")
    page.get_by_role("button", name="Keep this layout").click()
    expect(table.get_by_role("columnheader", name="Model")).to_have_count(0)
    expect(table.get_by_role("row")).to_have_count(26)
    assert "kind=image" in page.url
    after, lower = prompt.bounding_box(), high.bounding_box()
    assert before
    assert after
    assert row
    assert lower
    assert after["width"] > before["width"] + 100
    assert lower["height"] < row["height"] - 5
    page.get_by_role("link", name="Layout").click()
    page.get_by_role("checkbox", name="Model").check()
    page.get_by_role("radio", name="Comfortable").check()
    page.get_by_label("Tasks on a page").select_option("")
    page.get_by_role("button", name="Keep this layout").click()
    expect(table.get_by_role("columnheader", name="Model")).to_be_visible()


def test_a_tasks_page_walks_its_list_and_leads_back(pictured: Product, open_page: Open, script: bool) -> None:
    page = open_page(pictured, script=script, at="/tasks/?kind=video&view=table")
    links = page.get_by_role("table", name="Tasks").get_by_role("row").get_by_role("link", name=re.compile("_"))
    shown = [one.strip() for one in links.all_inner_texts()]
    links.nth(2).click()
    for way, task_id in (("Next", shown[3]), ("Next", shown[4]), ("Previous", shown[3])):
        page.get_by_role("link", name=way, exact=True).click()
        expect(page.get_by_role("heading", name=task_id)).to_be_visible()
    page.get_by_role("navigation", name="Tasks of this list").get_by_role("link", name="Tasks").click()
    assert "kind=video" in page.url
    expect(links.first).to_have_text(shown[3])


def test_words_stay_together_on_a_phone(pictured: Product, open_page: Open) -> None:
    page = open_page(pictured, at="/holds/")
    page.set_viewport_size({"width": 320, "height": 900})
    reason = page.get_by_role("table", name="Holds in force").get_by_role("link").first
    assert reason.evaluate("link => link.getBoundingClientRect().height") < 30
    page.goto("/audit/")
    # Beside its label a cell has one piece: several would stand side by side.
    details = page.locator("td[data-label=Detail]")
    assert details.count()
    assert details.evaluate_all("cells => cells.every((cell) => cell.children.length === 1)")
