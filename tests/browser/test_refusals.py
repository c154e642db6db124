"""After a refusal, a lost answer or another tab's press, boxes, count and buttons say what the server knows."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.gate import catch
from tests.browser.product import Product

Open = Callable[..., Page]

TICKS, CONFIRMED = re.compile("/tasks/selection/"), re.compile("/confirm/")


def _refuse(route: Route) -> None:
    route.fulfill(status=503, content_type="text/html", body="<html><body><h1>Service Unavailable</h1></body></html>")


def _never_arrives(route: Route) -> None:
    route.abort("connectionfailed")


def _answer_is_lost(route: Route) -> None:
    route.fetch()
    route.abort("connectionreset")


def _tick(page: Page, row: int) -> None:
    page.locator("#tasks tbody input:enabled").nth(row).click()


def _is_selected(page: Page, number: int) -> None:
    expect(page.get_by_text(f"{number} selected").first).to_be_visible()
    expect(page.locator("#tasks tbody input:checked")).to_have_count(number)


def _back_online(page: Page) -> None:
    """The page does not wait for its next attempt."""
    page.evaluate("dispatchEvent(new Event('online'))")


@pytest.mark.parametrize("trouble", [_refuse, _never_arrives])
def test_what_was_not_selected_does_not_look_so(product: Product, open_page: Open, trouble) -> None:
    page = open_page(product)
    _tick(page, 0)
    _is_selected(page, 1)
    catch(page, TICKS, trouble)
    for press in (
        lambda: _tick(page, 1),
        lambda: page.get_by_label("Select all on this page").click(),
        lambda: page.get_by_role("button", name=re.compile("^Select all .* matching$")).click(),
        lambda: page.get_by_role("button", name="Clear selection").click(),
    ):
        with page.expect_event("requestfinished" if trouble is _refuse else "requestfailed"):
            press()
        expect(page.locator("#notice")).to_contain_text("This page shows what")
        _is_selected(page, 1)
    page.unroute(TICKS)
    _tick(page, 2)
    _is_selected(page, 2)
    expect(page.locator("#notice")).to_be_empty()


def test_what_was_selected_though_its_answer_was_lost_is_shown(product: Product, open_page: Open) -> None:
    page = open_page(product)
    _tick(page, 0)
    _is_selected(page, 1)
    catch(page, TICKS, _answer_is_lost)
    _tick(page, 1)
    expect(page.get_by_text("Can't reach the dashboard.")).to_be_visible()
    _is_selected(page, 1)
    _back_online(page)
    _is_selected(page, 2)


def test_a_selection_cleared_in_another_tab_begins_anew(product: Product, open_page: Open) -> None:
    page = open_page(product)
    _tick(page, 0)
    page.wait_for_url("**selection=*")
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="Clear selection").click()
    expect(other.locator("#toolbar").get_by_text("Nothing selected")).to_be_visible()
    _tick(page, 1)
    _is_selected(page, 2)
    expect(page.get_by_text("What was selected before is no longer kept")).to_be_visible()
    page.get_by_role("button", name="Delete 2 tasks…").click()
    expect(page.get_by_role("dialog", name="Delete 2 tasks?")).to_be_visible()
    page.keyboard.press("Escape")
    _is_selected(page, 2)


def test_a_dialog_closes_though_keeping_gets_no_answer(product: Product, open_page: Open) -> None:
    page = open_page(product)
    _tick(page, 0)
    page.get_by_role("button", name="Delete 1 task…").click()
    catch(page, re.compile("/keep/"), _never_arrives)
    page.get_by_role("button", name="Keep tasks").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    _is_selected(page, 1)


def test_a_confirmation_whose_answer_was_lost_is_told_as_it_ended(product: Product, open_page: Open) -> None:
    page = open_page(product)
    _tick(page, 0)
    page.get_by_role("button", name="Delete 1 task…").click()
    page.get_by_label("Reason").fill("Lost on the way")
    catch(page, CONFIRMED, _never_arrives)
    confirm = page.get_by_role("button", name="Delete 1 task", exact=True)
    confirm.click()
    expect(page.get_by_role("dialog")).to_contain_text("No answer came")
    _back_online(page)
    expect(page.get_by_role("dialog")).to_contain_text("Nothing is confirmed yet.")
    expect(page.get_by_label("Reason")).to_have_value("Lost on the way")
    page.unroute(CONFIRMED)
    catch(page, CONFIRMED, _answer_is_lost)
    confirm.click()
    expect(page.get_by_role("dialog")).to_contain_text("No answer came")
    _back_online(page)
    page.wait_for_url("**/tasks/")
    page.get_by_role("region", name=re.compile("^Deletion ")).get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone in time").first).to_be_visible()
    expect(page.locator("#toolbar").get_by_text("Nothing selected")).to_be_visible()


def test_what_is_selected_stays_in_sight_down_the_list(product: Product, open_page: Open) -> None:
    page = open_page(product)
    _tick(page, 0)
    _is_selected(page, 1)
    page.get_by_role("link", name="Older", exact=True).scroll_into_view_if_needed()
    expect(page.get_by_role("heading", name="Tasks")).not_to_be_in_viewport()
    expect(page.get_by_role("button", name="Delete 1 task…")).to_be_in_viewport()
