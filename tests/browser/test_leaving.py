"""While another page is on its way no tick is lost: it counts, or it can't be made."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.gate import Gate, catch
from tests.browser.product import Product

Open = Callable[..., Page]

TICKS = re.compile("/tasks/selection/")


def _box(page: Page, row: int) -> Locator:
    return page.locator("#tasks tbody input:enabled").nth(row)


def _is_selected(page: Page, number: int) -> None:
    expect(page.locator("#toolbar").get_by_text(f"{number} selected")).to_be_visible()
    expect(page.locator("#tasks tbody input:checked")).to_have_count(number)


PRESSES = {
    "filter": lambda page: page.get_by_role("button", name="Filter", exact=True).click(),
    "sort": lambda page: page.get_by_role("link", name="Created", exact=True).click(),
    "older": lambda page: page.get_by_role("link", name="Older", exact=True).click(),
    "facet": lambda page: page.locator("#facets").get_by_role("link", name=re.compile("^Image ")).click(),
    "place": lambda page: page.get_by_role("link", name="Tasks", exact=True).click(no_wait_after=True),
    "reload": lambda page: page.evaluate("setTimeout(() => location.reload())"),
}
UNSEEN_MEANWHILE = {"place", "reload"}
"""Playwright asks a page nothing while the browser itself is on its way to another."""


@pytest.mark.parametrize("press", PRESSES)
def test_no_row_can_be_ticked_while_another_page_is_loading(product: Product, open_page: Open, press: str) -> None:
    page = open_page(product)
    expect(page.locator("#facets").get_by_role("link").nth(1)).to_be_visible()
    at = _box(page, 0).bounding_box()
    assert at
    gate = Gate(page, re.compile(r"/tasks/(\?|$)"))
    ticks: list[str] = []
    page.on("request", lambda request: ticks.append(request.url) if TICKS.search(request.url) else None)
    gate.caught(lambda: PRESSES[press](page))
    # What is pressed carries the ticks of this page along.
    before = len(ticks)
    # As a person does, who knows nothing of what takes a press and what doesn't.
    page.mouse.click(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    page.keyboard.press("j")
    page.keyboard.press("x")
    if press not in UNSEEN_MEANWHILE:
        expect(page.locator("#selection-form")).to_have_attribute("aria-busy", "true")
        expect(page.locator("#selection-form")).to_have_css("opacity", "0.5")
    if press in UNSEEN_MEANWHILE:
        with page.expect_navigation():
            gate.open()
    else:
        gate.open()
    expect(page.locator("#selection-form")).not_to_have_attribute("aria-busy", "true")
    assert len(ticks) == before
    _box(page, 0).click()
    _is_selected(page, 1)


def _refuse(route: Route) -> None:
    route.fulfill(status=503, content_type="text/html", body="<h1>Service Unavailable</h1>")


def _never_arrives(route: Route) -> None:
    route.abort("connectionfailed")


@pytest.mark.parametrize(
    ("press", "trouble"), [("filter", _never_arrives), ("filter", _refuse), ("sort", _refuse), ("older", _refuse)]
)
def test_a_page_that_does_not_come_gives_the_rows_back(
    product: Product, open_page: Open, press: str, trouble: Callable[[Route], None]
) -> None:
    page = open_page(product)
    catch(page, re.compile(r"/tasks/(\?|$)"), trouble)
    PRESSES[press](page)
    expect(page.locator("#notice")).to_contain_text(re.compile("did not do this|No answer came"))
    expect(page.locator("#selection-form")).to_have_attribute("aria-busy", "false")
    _box(page, 0).click()
    _is_selected(page, 1)


def test_a_plain_page_that_is_stopped_gives_the_rows_back(product: Product, open_page: Open) -> None:
    page = open_page(product)
    # As the browser's own button does, which no test can press.
    page.evaluate("addEventListener('keydown', ({ key }) => key === 's' && stop())")
    gate = Gate(page, re.compile("/audit/"))
    gate.caught(lambda: page.get_by_role("link", name="Audit log").click(no_wait_after=True))
    page.keyboard.press("s")
    expect(page.locator("#selection-form")).to_have_attribute("aria-busy", "false")
    _box(page, 0).click()
    _is_selected(page, 1)


def test_a_filter_waits_for_the_tick_before_it(product: Product, open_page: Open) -> None:
    page = open_page(product)
    gate = Gate(page, TICKS)
    gate.caught(_box(page, 0).click)
    # The same filter once more keeps what is selected.
    page.get_by_role("button", name="Filter", exact=True).click()
    with page.expect_response(re.compile(r"/tasks/\?selection=")):
        gate.open()
    _is_selected(page, 1)


def test_another_filter_keeps_the_tick_before_it(product: Product, open_page: Open) -> None:
    page = open_page(product)
    gate = Gate(page, TICKS)
    gate.caught(_box(page, 0).click)
    page.get_by_label("Kind", exact=True).select_option("image")
    page.get_by_role("button", name="Filter", exact=True).click()
    gate.open()
    page.wait_for_url(re.compile("kind=image.*selection="))
    expect(page.locator("#toolbar").get_by_text("1 selected")).to_be_visible()


def test_a_tick_is_still_there_when_somebody_comes_back(product: Product, open_page: Open) -> None:
    page = open_page(product)
    gate = Gate(page, TICKS)
    gate.caught(_box(page, 0).click)
    page.get_by_role("link", name="Audit log").click(no_wait_after=True)
    gate.open()
    page.wait_for_url("**/audit/")
    page.go_back()
    _is_selected(page, 1)


def test_a_page_stays_that_could_not_send_a_tick(product: Product, open_page: Open) -> None:
    page = open_page(product)
    gate = Gate(page, TICKS)
    gate.caught(_box(page, 0).click)
    page.get_by_role("link", name="Audit log").click(no_wait_after=True)
    _refuse(gate.held[0])
    expect(page.locator("#notice")).to_contain_text("The dashboard did not do this (503).")
    expect(page.locator("#tasks tbody input:checked")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/tasks/$"))


def test_a_page_waits_for_a_tick_that_waits_itself(product: Product, open_page: Open) -> None:
    page = open_page(product)
    facet = page.locator("#facets").get_by_role("link", name=re.compile("^Image "))
    expect(facet).to_be_visible()
    gate = Gate(page, re.compile("/tasks/now/"))
    gate.caught(lambda: page.evaluate("htmx.trigger('#list-now', 'ask')"))
    _box(page, 0).click()
    facet.click()
    gate.open()
    page.wait_for_url(re.compile("kind=image"))
    expect(page.locator("#toolbar").get_by_text("1 selected")).to_be_visible()


def test_a_page_waits_for_the_last_of_the_ticks_that_wait(product: Product, open_page: Open) -> None:
    page = open_page(product)
    facet = page.locator("#facets").get_by_role("link", name=re.compile("^Image "))
    expect(facet).to_be_visible()
    first, between = Gate(page, TICKS), Gate(page, re.compile("/tasks/now/"))
    first.caught(_box(page, 0).click)
    page.evaluate("htmx.trigger('#list-now', 'ask')")
    _box(page, 1).click()
    facet.click()
    between.caught(first.open)
    pages: list[str] = []
    page.on("request", lambda request: pages.append(request.url) if "/tasks/?" in request.url else None)
    for _ in range(10):
        page.evaluate("fetch('/healthz')")
    assert pages == []
    between.open()
    page.wait_for_url(re.compile("kind=image"))
    expect(page.locator("#toolbar").get_by_text("2 selected")).to_be_visible()


def test_a_page_waits_for_a_press_that_waits_itself(product: Product, open_page: Open) -> None:
    page = open_page(product, at="/tasks/?kind=video")
    facet = page.locator("#facets").get_by_role("link", name=re.compile("^Completed "))
    expect(facet).to_be_visible()
    gate = Gate(page, re.compile("/tasks/now/"))
    gate.caught(lambda: page.evaluate("htmx.trigger('#list-now', 'ask')"))
    page.get_by_role("button", name=re.compile("^Select all .* matching$")).click()
    facet.click()
    gate.open()
    page.wait_for_url(re.compile("status=completed"))
    expect(page.locator("#clear-selection")).to_be_visible()


def test_no_row_can_be_ticked_while_another_page_waits_for_a_tick(product: Product, open_page: Open) -> None:
    page = open_page(product)
    at = _box(page, 1).bounding_box()
    assert at
    gate = Gate(page, TICKS)
    gate.caught(_box(page, 0).click)
    page.get_by_role("link", name="Older", exact=True).click()
    page.mouse.click(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    expect(page.locator("#selection-form")).to_have_attribute("aria-busy", "true")
    gate.open()
    expect(page.get_by_role("link", name="Newer", exact=True)).to_be_visible()
    expect(page.locator("#toolbar").get_by_text("1 selected")).to_be_visible()


def test_a_link_that_the_tick_before_it_replaces_is_followed(product: Product, open_page: Open) -> None:
    page = open_page(product)
    _box(page, 0).click()
    _is_selected(page, 1)
    gate = Gate(page, TICKS)
    gate.caught(_box(page, 1).click)
    page.get_by_role("link", name="Show selected").click()
    gate.open()
    expect(page.get_by_role("link", name="Show all tasks")).to_be_visible()
    expect(page.locator("#tasks tbody tr")).to_have_count(2)


@pytest.mark.parametrize(("link", "brings"), [("Show selected", "Show all tasks"), ("Older", "Newer")])
def test_a_link_waits_for_nothing_that_the_page_asks_by_itself(
    product: Product, open_page: Open, link: str, brings: str
) -> None:
    page = open_page(product)
    _box(page, 0).click()
    _is_selected(page, 1)
    gate = Gate(page, re.compile("/tasks/now/"))
    gate.caught(lambda: page.evaluate("htmx.trigger('#list-now', 'ask')"))
    page.get_by_role("link", name=link, exact=True).click()
    expect(page.get_by_role("link", name=brings, exact=True)).to_be_visible()
