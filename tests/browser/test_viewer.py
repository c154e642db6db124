"""One task at full size, by keys, by buttons and, without JavaScript, on pages of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Launch
from tests.browser.gate import Gate, catch, several_answers
from tests.browser.product import Product

Open = Callable[..., Page]
DONE = "/tasks/?status=completed&view=gallery"


@pytest.fixture
def gallery(pictured: Product, open_page: Open) -> Page:
    return open_page(pictured, at=DONE)


def cards(page: Page) -> Locator:
    return page.get_by_role("list", name="Tasks").get_by_role("listitem")


def ids(page: Page) -> list[str]:
    return [one.strip() for one in cards(page).get_by_role("link").all_inner_texts()]


def viewer(page: Page, task_id: str) -> Locator:
    """The dialog that is named by this task."""
    return page.get_by_role("dialog", name=task_id, exact=True)


def open_card(page: Page, at: int) -> None:
    cards(page).nth(at).get_by_role("link").click()
    expect(viewer(page, ids(page)[at])).to_be_visible()


def test_it_opens_with_space_and_walks_with_arrows(gallery: Page) -> None:
    shown = ids(gallery)
    cards(gallery).nth(2).get_by_role("link").focus()
    gallery.keyboard.press("Space")
    expect(viewer(gallery, shown[2])).to_be_visible()
    gallery.keyboard.press("ArrowRight")
    expect(viewer(gallery, shown[3])).to_be_visible()
    gallery.keyboard.press("ArrowLeft")
    gallery.keyboard.press("ArrowLeft")
    expect(viewer(gallery, shown[1])).to_be_visible()
    gallery.keyboard.press("Escape")
    expect(gallery.get_by_role("dialog")).to_have_count(0)
    # One goes on from where one was.
    expect(cards(gallery).nth(1).get_by_role("link")).to_be_focused()


def hold_down(page: Page, key: str) -> None:
    for _ in range(4):
        page.keyboard.down(key)


@pytest.mark.parametrize("key", ["Space", "Enter"])
def test_a_key_that_is_held_down_opens_it_once(gallery: Page, key: str) -> None:
    asked: list[str] = []
    gallery.on("request", lambda request: asked.append(request.url) if "/tasks/viewer/" in request.url else None)
    gate = Gate(gallery, re.compile("/tasks/viewer/"))
    shown = ids(gallery)
    cards(gallery).nth(2).get_by_role("link").focus()
    gate.caught(lambda: hold_down(gallery, key))
    gate.open()
    expect(viewer(gallery, shown[2])).to_be_visible()
    # Still held, while it stands there.
    hold_down(gallery, key)
    gallery.keyboard.up(key)
    several_answers(gallery)
    expect(viewer(gallery, shown[2])).to_be_visible()
    assert len(asked) == 1


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_double_click_opens_it_once(gallery: Page, meanwhile: bool) -> None:
    asked: list[str] = []
    gallery.on("request", lambda request: asked.append(request.url) if "/tasks/viewer/" in request.url else None)
    shown = ids(gallery)
    card = cards(gallery).nth(1).get_by_role("link")
    card.click()
    if meanwhile:
        expect(gallery.locator("#still")).to_be_visible()
    for event in ("down", "up"):
        getattr(gallery.mouse, event)(click_count=2)
    expect(viewer(gallery, shown[1])).to_be_visible()
    several_answers(gallery)
    assert len(asked) == 1
    expect(gallery.locator(".zoomed")).to_have_count(0)


def test_a_key_that_is_held_down_ticks_once(gallery: Page) -> None:
    open_card(gallery, 2)
    for key, selected in {"x": 1, "i": 49}.items():
        hold_down(gallery, key)
        gallery.keyboard.up(key)
        expect(gallery.locator("#viewer")).not_to_have_attribute("data-busy", "")
        several_answers(gallery)
        expect(gallery.get_by_text(f"{selected} selected").first).to_be_attached()


def test_keys_that_are_held_down_open_and_close_one_dialog(gallery: Page) -> None:
    open_card(gallery, 2)
    gallery.keyboard.down("h")
    expect(gallery.get_by_label("Reason")).to_be_focused()
    hold_down(gallery, "h")
    gallery.keyboard.up("h")
    expect(gallery.get_by_label("Reason")).to_have_value("")
    hold_down(gallery, "Escape")
    gallery.keyboard.up("Escape")
    expect(gallery.get_by_label("Reason")).to_be_hidden()
    several_answers(gallery)
    expect(viewer(gallery, ids(gallery)[2])).to_be_visible()


def test_x_marks_each_task_that_was_seen_however_fast_one_goes_on(gallery: Page) -> None:
    cards(gallery).nth(0).get_by_role("link").click()
    expect(viewer(gallery, ids_before := ids(gallery)[0])).to_be_visible()
    for key in ("x", "ArrowRight", "ArrowRight", "x", "ArrowRight", "x", "x"):
        gallery.keyboard.press(key)
    expect(viewer(gallery, ids(gallery)[3])).to_be_visible()
    expect(gallery.get_by_role("button", name="Select", exact=True)).to_have_attribute("aria-pressed", "false")
    gallery.keyboard.press("Escape")
    expect(gallery.locator("#viewer")).not_to_have_attribute("data-busy", "")
    expect(gallery.get_by_text("2 selected").first).to_be_visible()
    checked = cards(gallery).filter(has=gallery.locator("input:checked")).get_by_role("link")
    expect(checked).to_have_text([ids_before, ids(gallery)[2]])


def test_by_its_buttons_alone_over_the_pages_of_the_list(gallery: Page) -> None:
    shown = ids(gallery)
    cards(gallery).last.get_by_role("link").click()
    expect(viewer(gallery, shown[-1])).to_be_visible()
    dialog = gallery.get_by_role("dialog")
    dialog.get_by_role("button", name="Select", exact=True).click()
    expect(dialog.get_by_role("button", name="Select", exact=True)).to_have_attribute("aria-pressed", "true")
    dialog.get_by_role("button", name="Next").click()
    expect(viewer(gallery, shown[-1])).to_have_count(0)
    beyond = dialog.get_by_role("heading").inner_text()
    assert beyond not in shown
    dialog.get_by_role("button", name="Select", exact=True).click()
    dialog.get_by_role("button", name="Previous").click()
    expect(viewer(gallery, shown[-1])).to_be_visible()
    expect(gallery.locator(".in-strip.ticked")).to_have_count(2)
    dialog.get_by_role("button", name="Next").click()
    expect(viewer(gallery, beyond)).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    # It is not on the page that one came from.
    expect(gallery.get_by_role("checkbox", name=f"Select {beyond}")).to_be_checked()
    assert ids(gallery)[0] == beyond
    expect(gallery.get_by_text("2 selected").first).to_be_visible()


def test_the_filmstrip_leads_to_what_it_shows(gallery: Page) -> None:
    shown = ids(gallery)
    cards(gallery).nth(4).get_by_role("link").click()
    strip = gallery.get_by_role("navigation", name="Filmstrip")
    expect(strip.get_by_role("link")).to_have_count(12)
    strip.get_by_role("link", name=shown[6]).click()
    expect(viewer(gallery, shown[6])).to_be_visible()
    expect(strip.get_by_role("link", name=shown[6])).to_have_attribute("aria-current", "true")


def test_i_inverts_the_page_that_one_came_from(gallery: Page) -> None:
    total = cards(gallery).count()
    cards(gallery).nth(0).get_by_role("checkbox").click()
    expect(gallery.get_by_text("1 selected").first).to_be_visible()
    blocked = gallery.locator("#tasks input:disabled").count()
    cards(gallery).nth(1).get_by_role("link").click()
    expect(gallery.get_by_role("button", name="Select", exact=True)).to_have_attribute("aria-pressed", "false")
    gallery.keyboard.press("i")
    expect(gallery.get_by_role("button", name="Select", exact=True)).to_have_attribute("aria-pressed", "true")
    gallery.keyboard.press("Escape")
    expect(gallery.get_by_text(f"{total - 1 - blocked} selected").first).to_be_visible()
    expect(cards(gallery).nth(0).get_by_role("checkbox")).not_to_be_checked()


def test_h_asks_whether_to_hold_the_task(gallery: Page) -> None:
    cards(gallery).nth(1).get_by_role("link").click()
    expect(gallery.get_by_role("button", name="Select", exact=True)).to_be_visible()
    gallery.keyboard.press("h")
    expect(gallery.get_by_label("Until", exact=True)).to_be_visible()
    expect(gallery.get_by_role("button", name="Hold 1 task", exact=True)).to_be_visible()


def test_what_was_not_ticked_does_not_look_so(gallery: Page) -> None:
    cards(gallery).nth(1).get_by_role("link").click()
    select = gallery.get_by_role("button", name="Select", exact=True)
    expect(select).to_be_visible()

    def refuse(route: Route) -> None:
        route.fulfill(status=503, content_type="text/html", body="<html>Service Unavailable</html>")

    catch(gallery, re.compile("/tick/"), refuse)
    gallery.keyboard.press("x")
    expect(gallery.get_by_role("dialog").get_by_role("alert")).to_contain_text("did not do this (503)")
    expect(select).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("fails", ["step", "tick"])
def test_what_was_pressed_behind_something_that_failed_is_dropped(gallery: Page, fails: str) -> None:
    open_card(gallery, 1)
    gate = Gate(gallery, re.compile("/tasks/viewer/" if fails == "step" else "/tick/"))
    first, then = ("ArrowRight", "x") if fails == "step" else ("x", "ArrowRight")
    gate.caught(lambda: gallery.keyboard.press(first))
    gallery.keyboard.press(then)
    gate.held[0].fulfill(status=503, content_type="text/html", body="<html>Service Unavailable</html>")
    expect(gallery.get_by_role("dialog").get_by_role("alert")).to_contain_text("did not do this (503)")
    # A tick behind the step would be one of the first task, and a step behind the tick would take the sentence away.
    gallery.keyboard.press("x")
    expect(gallery.get_by_text("1 selected").first).to_be_visible()
    gallery.keyboard.press("Escape")
    expect(cards(gallery).nth(1).get_by_role("checkbox")).to_be_checked()


def test_a_tick_is_not_lost_to_what_the_list_asked_before_it(gallery: Page) -> None:
    open_card(gallery, 1)
    # What the list has is old: it is answered with all that it shows.
    gallery.evaluate("document.querySelector('#toolbar [name=seen]').value = '-'")
    gate = Gate(gallery, re.compile("/tasks/now/"))
    gate.caught(lambda: gallery.evaluate("htmx.trigger('#list-now', 'ask')"))
    gallery.keyboard.press("x")
    expect(gallery.get_by_role("button", name="Select", exact=True)).to_have_attribute("aria-pressed", "true")
    several_answers(gallery)
    gate.open()
    expect(gallery.get_by_text("1 selected").first).to_be_visible()
    gallery.keyboard.press("Escape")
    expect(cards(gallery).nth(1).get_by_role("checkbox")).to_be_checked()


@pytest.mark.parametrize("first", ["list", "viewer"])
def test_a_tick_in_the_list_and_one_in_the_viewer_are_one_selection(gallery: Page, first: str) -> None:
    gate = Gate(gallery, re.compile("/tasks/selection/" if first == "list" else "/tick/"))
    if first == "list":
        gate.caught(cards(gallery).nth(0).get_by_role("checkbox").click)
    open_card(gallery, 1)
    if first == "list":
        gallery.keyboard.press("x")
    else:
        gate.caught(lambda: gallery.keyboard.press("x"))
        gallery.keyboard.press("Escape")
        cards(gallery).nth(0).get_by_role("checkbox").click()
    several_answers(gallery)
    gate.open()
    expect(gallery.get_by_text("2 selected").first).to_be_visible()


def test_what_was_pressed_is_done_though_it_is_closed(gallery: Page) -> None:
    open_card(gallery, 1)
    gate = Gate(gallery, re.compile("/tick/"))
    gate.caught(lambda: gallery.keyboard.press("x"))
    for key in ("ArrowRight", "x", "ArrowRight", "Escape"):
        gallery.keyboard.press(key)
    expect(gallery.get_by_role("dialog")).to_have_count(0)
    gate.open()
    expect(gallery.get_by_text("2 selected").first).to_be_visible()
    expect(cards(gallery).nth(3).get_by_role("link")).to_be_focused()
    assert [at for at in range(4) if cards(gallery).nth(at).get_by_role("checkbox").is_checked()] == [1, 2]


def test_another_page_waits_for_what_was_pressed_before_it_was_closed(gallery: Page) -> None:
    open_card(gallery, 1)
    gate = Gate(gallery, re.compile("/tick/"))
    gate.caught(lambda: gallery.keyboard.press("x"))
    for key in ("ArrowRight", "x", "Escape"):
        gallery.keyboard.press(key)
    gallery.get_by_role("link", name="Older").click()
    gate.open()
    expect(gallery.get_by_role("link", name="Newer")).to_be_visible()
    expect(gallery.get_by_text("2 selected").first).to_be_visible()


def test_it_does_not_open_when_another_page_was_asked_for_meanwhile(gallery: Page) -> None:
    gate = Gate(gallery, re.compile("/tasks/viewer/"))
    gate.caught(cards(gallery).nth(1).get_by_role("link").click)
    page = Gate(gallery, re.compile("/tasks/selection/"))
    gallery.get_by_role("link", name="Older").click()
    page.caught(gate.open)
    expect(gallery.get_by_role("dialog")).to_have_count(0)
    page.open()
    expect(gallery.get_by_role("link", name="Newer")).to_be_visible()


def test_closed_while_another_task_is_on_its_way_it_stays_closed(gallery: Page) -> None:
    shown = ids(gallery)
    open_card(gallery, 1)
    gate = Gate(gallery, re.compile("/tasks/viewer/"))
    gate.caught(lambda: gallery.keyboard.press("ArrowRight"))
    gallery.keyboard.press("Escape")
    expect(gallery.get_by_role("dialog")).to_have_count(0)
    with gallery.expect_response(re.compile("/tasks/viewer/")):
        gate.open()
    cards(gallery).nth(4).get_by_role("link").focus()
    gallery.keyboard.press("Enter")
    expect(viewer(gallery, shown[4])).to_be_visible()


def test_a_picture_is_enlarged_and_fits_again(gallery: Page) -> None:
    cards(gallery).nth(1).get_by_role("link").click()
    still = gallery.locator("#still")
    expect(still).to_have_js_property("complete", True)
    before = still.bounding_box()
    gallery.get_by_role("button", name="Zoom in").click()
    gallery.keyboard.press("+")
    larger = still.bounding_box()
    assert before
    assert larger
    assert larger["width"] > 1.5 * before["width"]
    gallery.keyboard.press("0")
    assert still.bounding_box() == before


def test_a_film_goes_on_by_frames(launch: Launch, open_page: Open) -> None:
    with launch(SAMPLE_TASKS="0") as product:
        file, film_url = product.folder / "films.csv", f"http://127.0.0.1:{product.media_port}/video/film_1.mp4"
        file.write_text(f"kind,task_id,status,url\nvideo,film_1,completed,{film_url}\n")
        product.manage("import_tasks", str(file))
        page = open_page(product, at=DONE)
        page.get_by_role("link", name="film_1", exact=True).click()
        film = viewer(page, "film_1").locator("video")
        # It is fetched while the viewer waits.
        expect(film).to_have_attribute("controls", "", timeout=60_000)
        expect(film).to_have_js_property("paused", True)
        film.evaluate("film => { film.currentTime = 1; }")
        page.get_by_role("button", name="Frame on").click()
        page.keyboard.press(".")
        assert film.evaluate("film => Math.round(film.currentTime * 24)") == 26
        page.get_by_role("button", name="Frame back").click()
        for _ in range(30):
            page.keyboard.press(",")
        assert film.evaluate("film => film.currentTime") == 0
        expect(film).to_have_js_property("paused", True)


def test_without_javascript_it_is_a_page_that_keeps_the_list(pictured: Product, open_page: Open) -> None:
    page = open_page(pictured, script=False, at="/tasks/?kind=image&view=gallery")
    shown = ids(page)
    cards(page).nth(3).get_by_role("link").click()
    expect(page.get_by_role("heading", name=shown[3])).to_be_visible()
    page.get_by_role("button", name="Select", exact=True).click()
    expect(page.get_by_role("button", name="Select", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("heading", name=shown[4])).to_be_visible()
    page.get_by_role("button", name="Select", exact=True).click()
    expect(page.get_by_role("button", name="Select", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Previous").click()
    expect(page.get_by_role("heading", name=shown[3])).to_be_visible()
    page.get_by_role("link", name="Close").click()
    expect(cards(page).first.get_by_role("link")).to_contain_text(shown[3])
    assert "kind=image" in page.url
    expect(page.get_by_text("2 selected").first).to_be_visible()
    for task_id in shown[3:5]:
        expect(page.get_by_role("checkbox", name=f"Select {task_id}")).to_be_checked()
