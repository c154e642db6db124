"""What somebody presses stays under the pointer until it is released, whatever answer comes meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Launch
from tests.browser.gate import Gate, several_answers
from tests.browser.product import Product

COMING = """([part, times]) => {
    window.came = new Promise((done) => {
        const one = () => --times || done();
        document.querySelector(part).addEventListener("htmx:xhr:loadend", one);
    });
}"""
AS_SOON_AS_IT_COMES = """() => new MutationObserver((_, observer) => {
    observer.disconnect();
    document.querySelector("#strip form button[type=submit]").click();
}).observe(document.getElementById("strip").parentElement, {childList: true, subtree: true})"""
STRIP = re.compile("/deletions/strip/")


@pytest.fixture(scope="module")
def waiting(launch: Launch) -> Iterator[Product]:
    with launch(SAMPLE_TASKS="150", DELETION_GRACE_SECONDS="300") as product:
        yield product


@pytest.fixture
def page(waiting: Product, open_page: Callable[..., Page]) -> Page:
    return open_page(waiting, at="/tasks/?presence=present")


def boxes(page: Page) -> Locator:
    return page.locator("#tasks input[name=task]:enabled")


def coming(page: Page, part: str, *, times: int = 1) -> None:
    """`await came`, in the page, then ends when what this part asked for was answered."""
    page.evaluate(COMING, [part, times])


def hold_down(page: Page, button: Locator) -> None:
    button.hover()
    page.mouse.down()


@pytest.fixture
def undo(page: Page) -> Locator:
    """The button of a deletion that waits."""
    boxes(page).nth(5).check()
    page.get_by_role("button", name="Delete 1 task…").click()
    page.get_by_label("Reason").fill("Not what was meant")
    page.get_by_role("button", name="Delete 1 task", exact=True).click()
    button = page.get_by_role("button", name="Undo")
    expect(button).to_be_visible()
    return button


@pytest.fixture
def poll(page: Page, undo: Locator) -> Callable[[], None]:
    """A strip that is on its way, as every second. Called, it comes, with other words than those that are there."""
    gate = Gate(page, STRIP)
    gate.caught(lambda: None)
    coming(page, "#strip")

    def comes() -> None:
        gate.held[0].continue_(url=re.sub("seen=[^&]*", "seen=-", gate.held[0].request.url))
        page.evaluate("came")

    return comes


def test_a_link_that_a_tick_replaces_while_it_is_pressed(page: Page) -> None:
    gate = Gate(page, re.compile("/tasks/selection/"))
    gate.caught(boxes(page).first.check)
    before = str(boxes(page).first.get_attribute("aria-label"))
    # What is sent, and the answer.
    coming(page, "[data-ticks]", times=2)
    hold_down(page, page.get_by_role("link", name="Older"))
    gate.open()
    page.evaluate("came")
    page.mouse.up()
    expect(boxes(page).first).not_to_have_attribute("aria-label", before)
    expect(page.locator("[data-announce]")).to_contain_text("1 selected")


@pytest.mark.parametrize("by", ["mouse", "space"])
def test_undo_that_the_page_replaces_while_it_is_pressed(page: Page, undo: Locator, poll, by: str) -> None:
    if by == "mouse":
        hold_down(page, undo)
    else:
        undo.focus()
        page.keyboard.down("Space")
    poll()
    if by == "mouse":
        page.mouse.up()
    else:
        page.keyboard.up("Space")
    expect(undo).to_have_count(0)


@pytest.mark.parametrize("released", ["elsewhere", "unseen", "away", "never"])
def test_what_waited_is_shown_when_nothing_is_pressed_any_more(page: Page, undo: Locator, poll, released: str) -> None:
    page.evaluate("document.getElementById('strip').dataset.old = ''")
    hold_down(page, undo)
    poll()
    expect(page.locator("#strip")).to_have_attribute("data-old", "")
    if released == "elsewhere":
        page.mouse.move(1, 1)
        page.mouse.up()
    elif released == "unseen":
        # A release over another window: the next thing that is heard of the pointer is that it moves.
        page.evaluate("document.dispatchEvent(new PointerEvent('pointermove', {pointerId: 1, buttons: 0}))")
    elif released == "away":
        page.evaluate("dispatchEvent(new Event('blur'))")
    expect(page.locator("#strip")).not_to_have_attribute("data-old", "")
    page.mouse.up()
    undo.click()
    expect(undo).to_have_count(0)


def test_undo_that_is_pressed_as_soon_as_it_comes_is_no_page_of_its_own(page: Page, undo: Locator, poll) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.resource_type) if "/undo/" in request.url else None)
    page.evaluate(AS_SOON_AS_IT_COMES)
    poll()
    expect(undo).to_have_count(0)
    assert asked == ["xhr"]


def test_what_was_refused_is_told_though_its_part_was_asked_for_before(page: Page, undo: Locator, poll) -> None:
    presses = Gate(page, re.compile("/undo/"))
    presses.caught(undo.click)
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    elsewhere = page.request.post(presses.held[0].request.url, headers={"X-CSRFToken": token})
    assert elsewhere.ok
    poll()
    presses.open()
    expect(page.locator("#notice")).to_contain_text("undone")
    expect(undo).to_have_count(0)


def test_enter_that_is_held_down_does_not_answer_what_it_opens(page: Page) -> None:
    boxes(page).nth(7).check()
    page.get_by_role("button", name="Delete 1 task…").focus()
    page.keyboard.down("Enter")
    expect(page.get_by_role("button", name="Keep tasks")).to_be_focused()
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    several_answers(page)
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_letter_that_is_held_down_acts_once(page: Page) -> None:
    boxes(page).nth(9).focus()
    for _ in range(4):
        page.keyboard.down("x")
    page.keyboard.up("x")
    several_answers(page)
    expect(boxes(page).nth(9)).to_be_checked()
