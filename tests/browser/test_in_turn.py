"""What is ticked and pressed while an answer is on its way: each waits for its turn, and none takes another's place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Launch
from tests.browser.gate import Gate, catch
from tests.browser.product import Product

TASKS = 40
TICKS = re.compile("/tasks/selection/")


@pytest.fixture(scope="module")
def few(launch: Launch) -> Iterator[Product]:
    """Less than a page, and nobody else selects there."""
    with launch(SAMPLE_TASKS=str(TASKS)) as product:
        yield product


@pytest.fixture
def page(few: Product, open_page: Callable[..., Page]) -> Page:
    page: Page = open_page(few)
    page.goto("/tasks/?presence=present")
    return page


@pytest.fixture
def gate(page: Page) -> Gate:
    """It holds the request about a first tick."""
    gate = Gate(page, TICKS)
    gate.caught(boxes(page).first.check)
    return gate


def boxes(page: Page) -> Locator:
    return page.locator("#tasks input[name=task]:enabled")


def said(page: Page) -> Locator:
    return page.locator("[data-announce]")


def ask(page: Page) -> None:
    """As the page does now and then by itself."""
    page.evaluate("htmx.trigger('#list-now', 'ask')")


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("answered", [True, False])
def test_a_tick_is_not_lost_to_what_the_page_asks_by_itself(page, gate, first, answered) -> None:
    if not answered:
        catch(page, re.compile("/tasks/now/"), lambda route: route.fulfill(status=503, body="-"))
    if first:
        ask(page)
    boxes(page).nth(1).check()
    if not first:
        ask(page)
    gate.open()
    expect(said(page)).to_contain_text("2 selected")
    expect(boxes(page).nth(1)).to_be_checked()


def test_many_ticks_that_wait_are_told_by_one_request(page, gate) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if TICKS.search(request.url) else None)
    for number in range(1, 12):
        boxes(page).nth(number).check()
    gate.open()
    expect(said(page)).to_contain_text("12 selected")
    ask(page)
    boxes(page).nth(12).check()
    expect(said(page)).to_contain_text("13 selected")
    assert len(asked) == 2


def test_what_is_unticked_after_a_press_that_waits_stays_so(page, gate) -> None:
    page.get_by_role("button", name=re.compile("^Select all .* matching$")).click()
    expect(boxes(page).nth(5)).to_be_checked()
    boxes(page).nth(5).uncheck()
    gate.open()
    expect(said(page)).to_contain_text(f"{TASKS - 1} selected, 1 excluded")
    expect(boxes(page).nth(5)).not_to_be_checked()


def test_two_presses_that_wait_are_both_made(page, gate) -> None:
    answers: list[str] = []
    page.on("response", lambda response: answers.append(response.url) if TICKS.search(response.url) else None)
    page.get_by_role("button", name=re.compile("^Select all .* matching$")).click()
    page.get_by_role("button", name="Invert on this page").click()
    gate.open()
    while len(answers) < 3:
        page.wait_for_timeout(20)
    # One that is being deleted can't be ticked, and so not inverted.
    expect(said(page)).to_contain_text(f"1 selected, {TASKS - 1} excluded")
    expect(page.locator("#tasks input[name=task]:checked")).to_have_count(0)
    page.get_by_role("button", name="Invert on this page").click()
    expect(said(page)).to_contain_text(f"All {TASKS} matching selected")
    page.get_by_role("button", name="Clear selection").click()
    expect(said(page)).to_contain_text("Nothing selected")
    page.get_by_role("button", name="Bring back").click()
    expect(said(page)).to_contain_text(f"All {TASKS} matching selected")


@pytest.mark.parametrize("press", ["Invert on this page", "Bring back"])
@pytest.mark.parametrize("waits", [True, False])
def test_no_box_is_changed_before_a_press_has_shown_what_it_ticks(page, press, waits) -> None:
    boxes(page).first.check()
    expect(said(page)).to_contain_text("1 selected")
    if press == "Bring back":
        page.get_by_role("button", name="Clear selection").click()
        expect(said(page)).to_contain_text("Nothing selected")
    at = boxes(page).nth(3).bounding_box()
    assert at
    gate = Gate(page, re.compile("/tasks/now/") if waits else TICKS)
    if waits:
        gate.caught(lambda: ask(page))
        page.get_by_role("button", name=press).click()
    else:
        gate.caught(page.get_by_role("button", name=press).click)
    page.mouse.click(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    gate.open()
    number = 1 if press == "Bring back" else boxes(page).count() - 1
    expect(page.locator("#tasks input[name=task]:checked")).to_have_count(number)
    expect(page.locator("#selection-form")).to_have_attribute("aria-busy", "false")
    boxes(page).nth(3).click()
    expect(said(page)).to_contain_text(f"{2 if press == 'Bring back' else number - 1} selected")


def test_a_tick_takes_nothing_back_of_what_was_ticked_elsewhere(page) -> None:
    boxes(page).first.check()
    expect(said(page)).to_contain_text("1 selected")
    other = page.context.new_page()
    other.goto(page.url)
    gate = Gate(page, re.compile("/tasks/now/"))
    gate.caught(lambda: ask(page))
    boxes(other).nth(1).check()
    expect(said(other)).to_contain_text("2 selected")
    boxes(page).nth(2).check()
    gate.open()
    expect(said(page)).to_contain_text("3 selected")
    expect(page.locator("#tasks input[name=task]:checked")).to_have_count(3)


def test_what_a_press_set_aside_is_what_was_selected_before(page) -> None:
    boxes(page).first.check()
    expect(said(page)).to_contain_text("1 selected")
    page.get_by_role("button", name=re.compile("^Select all .* matching$")).click()
    expect(said(page)).to_contain_text("matching selected")
    page.get_by_role("button", name="Bring back").click()
    expect(said(page)).to_have_text("1 selected")
