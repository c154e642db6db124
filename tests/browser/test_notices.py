"""What is told in place lies above the page: nothing moves under the pointer when it comes or goes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.gate import catch
from tests.browser.product import Product

Open = Callable[..., Page]
TICKS = re.compile("/tasks/selection/")
WIDTHS = pytest.mark.parametrize("width", [390, 1440])


def _refuse(route: Route) -> None:
    route.fulfill(status=503, content_type="text/html", body="<h1>Service Unavailable</h1>")


def _height_of_the_first_row(page: Page) -> float:
    at = page.locator("#tasks tbody tr").first.bounding_box()
    assert at
    return at["y"]


@WIDTHS
def test_no_row_moves_when_a_notice_comes_or_goes(product: Product, open_page: Open, width: int) -> None:
    page = open_page(product)
    page.set_viewport_size({"width": width, "height": 844})
    if width > 768:
        # Until they are counted they have no room on the page; a narrow one does without.
        expect(page.locator("#facets").get_by_role("link").nth(1)).to_be_visible()
    before = _height_of_the_first_row(page)
    catch(page, TICKS, _refuse)
    page.get_by_label("Select all on this page").click()
    notice = page.get_by_role("alert").filter(has_text="The dashboard did not do this (503).")
    expect(notice).to_be_in_viewport(ratio=1)
    assert _height_of_the_first_row(page) == before
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("button", name="Dismiss").click()
    expect(notice).to_be_hidden()
    expect(page.locator("#notice")).to_be_empty()
    assert _height_of_the_first_row(page) == before


@pytest.mark.parametrize("width", [390, 600, 1024, 1440])
def test_no_row_moves_when_the_first_one_is_ticked(product: Product, open_page: Open, width: int) -> None:
    page = open_page(product)
    page.set_viewport_size({"width": width, "height": 844})
    if width > 768:
        expect(page.locator("#facets").get_by_role("link").nth(1)).to_be_visible()
    before = _height_of_the_first_row(page)
    page.locator("#tasks tbody input:enabled").first.click()
    expect(page.get_by_role("button", name="Delete 1 task…")).to_be_visible()
    assert _height_of_the_first_row(page) == before


def test_escape_closes_what_is_told_and_never_clears_the_selection(product: Product, open_page: Open) -> None:
    page = open_page(product)
    page.locator("#tasks tbody input:enabled").first.click()
    expect(page.locator("#toolbar").get_by_text("1 selected")).to_be_visible()
    catch(page, TICKS, _refuse)
    page.locator("#tasks tbody input:enabled").nth(1).click()
    expect(page.locator("#notice")).to_contain_text("503")
    page.unroute(TICKS)
    page.keyboard.press("Escape")
    expect(page.locator("#notice")).to_be_empty()
    expect(page.locator("#toolbar").get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("#toolbar").get_by_text("1 selected")).to_be_visible()


@pytest.mark.parametrize(
    ("place", "label", "value"),
    [("/tasks/", "Created until", "-30x"), ("/tasks/", "Created from", "soon"), ("/tasks/", "Search", "\u200b")],
)
def test_the_field_that_a_notice_is_about_is_marked(
    product: Product, open_page: Open, place: str, label: str, value: str
) -> None:
    page = open_page(product, at=place)
    field = page.get_by_role("search").get_by_label(label, exact=True)
    field.fill(value)
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator("#notice")).to_contain_text(f"{label}: ")
    expect(page.locator('[aria-invalid="true"]')).to_have_count(1)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile(f"{label}: "))
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator("[aria-invalid]")).to_have_count(0)
    expect(field).to_have_accessible_description("" if label == "Search" else "UTC")


@pytest.mark.parametrize("width", [390, 1440])
def test_a_field_has_room_for_its_hint(product: Product, open_page: Open, width: int) -> None:
    page = open_page(product)
    page.set_viewport_size({"width": width, "height": 844})
    if width == 390:
        page.get_by_role("group").get_by_text("Filters", exact=True).click()
    cut = page.locator("input[placeholder]").evaluate_all(
        """(fields) => fields.filter((field) => {
          const style = getComputedStyle(field);
          const hint = document.createElement("span");
          hint.textContent = field.placeholder;
          document.body.append(hint);
          Object.assign(hint.style, { position: "absolute", whiteSpace: "nowrap", font: style.font });
          const needed = hint.getBoundingClientRect().width;
          hint.remove();
          return needed > field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        }).map((field) => field.name)"""
    )
    expect(page.get_by_role("searchbox", name="Search")).to_be_visible()
    assert cut == []
