"""What people paste into Import and Search in a browser, which has its own mind about ends of lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import Product

Open = Callable[..., Page]
CHAT = "• `pa_0001`\n• “pa_0002”\n• pa_0003\u200b\n• NULL\n"
SEARCHES = {
    CHAT: 3,
    "1. pa_0001\n2. pa_0002\n": 2,
    "task_id: pa_0001": 1,
    "pa_0001\npa_0002": 2,
    "“pa_0001”, pa_0003\u200b": 2,
    "['pa_0001', 'pa_0002', 'pa_0003']": 3,
    "`pa_0001`": 1,
}


def test_a_list_of_a_chat_is_imported_and_found_again(product: Product, open_page: Open) -> None:
    page = open_page(product, at="/tasks/import/")
    page.get_by_label("Or paste rows").fill(CHAT)
    page.get_by_label("Kind").first.select_option("image")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("3 to add, 0 to update, 1 rejected")).to_be_visible()
    expect(page.get_by_text("a program wrote that where it had none")).to_be_visible()
    page.get_by_role("button", name="Import 3 tasks").click()
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    for text, number in SEARCHES.items():
        page.goto("/tasks/")
        page.get_by_label("Search").focus()
        page.keyboard.insert_text(text)
        page.keyboard.press("Enter")
        expect(page.locator("#total")).to_contain_text(f"{number} match")
        expect(page.locator("#tasks tbody tr")).to_have_count(number)


@pytest.mark.parametrize("width", [390, 1440])
def test_a_long_list_of_ids_leaves_room_for_what_it_finds(product: Product, open_page: Open, width: int) -> None:
    page = open_page(product)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/tasks/?q=" + ",".join(f"{number:020}_x" for number in range(40)))
    chip = page.get_by_role("link", name="Remove Search: ")
    at, cross = chip.bounding_box(), chip.locator("svg").bounding_box()
    assert at
    assert cross
    assert at["height"] < 84
    assert cross["width"] == 14
    assert page.evaluate("document.documentElement.scrollWidth") == width
