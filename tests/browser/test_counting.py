"""The number of what a search finds comes behind its page, and disturbs nothing on it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from dashboard.register.counting import SOON
from tests.browser.gate import Gate, catch
from tests.browser.product import Product

Open = Callable[..., Page]
COUNTED = re.compile(r"^\s*([0-9,]+) match$", re.MULTILINE)
TOTAL = re.compile("/tasks/total/")


def _counting(page: Page) -> Gate:
    """A list whose number is on its way."""
    gate = Gate(page, TOTAL)
    gate.caught(lambda: page.goto("/tasks/?q=e"))
    expect(page.locator("#total")).to_have_text("50 or more match")
    return gate


def test_it_is_told_where_it_belongs_and_takes_no_notice_away(many: Product, open_page: Open) -> None:
    page = open_page(many)
    gate = _counting(page)
    catch(page, re.compile("/tasks/selection/"), lambda route: route.fulfill(status=503, body="-"))
    catch(page, re.compile("/tasks/now/"), lambda route: route.fulfill(status=204))
    page.locator("#tasks tbody input:enabled").first.click()
    expect(page.locator("#notice")).to_contain_text("did not do this (503)")
    gate.open()
    expect(page.locator("#total")).to_have_text(COUNTED)
    counted = page.locator("#total").inner_text()
    assert int(counted.split()[0].replace(",", "")) > SOON
    expect(page.get_by_role("button", name=f"Select all {counted}ing")).to_be_visible()
    expect(page.locator("#status")).to_have_text(counted)
    expect(page.locator("#notice")).to_contain_text("did not do this (503)")


def test_one_that_never_comes_is_nobodys_fault(many: Product, open_page: Open) -> None:
    page = open_page(many)
    # The next answer takes the sentence away: here all that may come wait until the sentence was seen.
    facets = Gate(page, re.compile("/tasks/facets/"))
    for other in ("/tasks/now/", "/tasks/views/rail/"):
        Gate(page, re.compile(other))
    catch(page, TOTAL, lambda route: route.fulfill(status=503, body="-"))
    facets.caught(lambda: page.goto("/tasks/?q=e"))
    expect(page.get_by_text("Can't reach the dashboard.")).to_be_visible()
    expect(page.locator("#notice")).to_be_empty()
    facets.open()
    expect(page.get_by_text("Can't reach the dashboard.")).to_be_hidden()
    expect(page.locator("#notice")).to_be_empty()
    expect(page.locator("#total")).to_have_text("50 or more match")


def test_one_that_comes_too_late_changes_no_other_list(many: Product, open_page: Open) -> None:
    page = open_page(many)
    gate = _counting(page)
    page.get_by_label("Kind").select_option("video")
    page.get_by_label("Search").fill("")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.wait_for_url("**kind=video")
    label = page.locator("#select-all").inner_text()
    with page.expect_event("requestfinished", lambda request: "/tasks/total/" in request.url):
        gate.open()
    page.evaluate("new Promise(requestAnimationFrame)")
    expect(page.locator("#select-all")).to_have_text(label)
