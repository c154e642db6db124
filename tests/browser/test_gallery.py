"""The gallery by pointer and by keyboard. What it ticks is what the table would have ticked."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Launch
from tests.browser.product import Product

Open = Callable[..., Page]
DONE = "/tasks/?kind=image&status=completed"
POINTER = {"width": 1440, "height": 900}


@pytest.fixture
def gallery(pictured: Product, open_page: Open) -> Page:
    return open_page(pictured, at=f"{DONE}&view=gallery")


def cards(page: Page) -> Locator:
    return page.get_by_role("list", name="Tasks").get_by_role("listitem")


def boxes(page: Page) -> Locator:
    return page.get_by_role("checkbox", name=re.compile("^Select [0-9a-f]{4}_"))


def ticked(page: Page) -> list[int]:
    found: list[int] = boxes(page).evaluate_all("all => all.flatMap((box, at) => box.checked ? [at] : [])")
    return found


def drag(page: Page, first: Locator, last: Locator) -> None:
    """From the middle of one card to the middle of another."""
    first.scroll_into_view_if_needed()
    begin, end = first.bounding_box(), last.bounding_box()
    assert begin
    assert end
    page.mouse.move(begin["x"] + begin["width"] / 2, begin["y"] + begin["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=4)
    page.mouse.up()


def test_the_choice_of_view_and_size_stays(pictured: Product, open_page: Open, script: bool) -> None:
    page = open_page(pictured, script=script)
    page.get_by_role("link", name="Gallery", exact=True).click()
    expect(page.get_by_role("list", name="Tasks")).to_be_visible()
    expect(page.get_by_role("table", name="Tasks")).to_have_count(0)
    width = cards(page).first.bounding_box()
    sizes = page.get_by_role("radiogroup", name="Size")
    if script:
        with page.expect_response(re.compile("/tasks/looks/")):
            sizes.get_by_role("radio", name="L").check()
    else:
        sizes.get_by_role("radio", name="L").check()
        page.get_by_role("button", name="Set size").click()
    larger = cards(page).first.bounding_box()
    assert width
    assert larger
    assert larger["width"] > 1.3 * width["width"]
    page.goto("/tasks/")
    again = cards(page).first.bounding_box()
    assert again
    assert again["width"] == larger["width"]
    expect(sizes.get_by_role("radio", name="L")).to_be_checked()
    sizes.get_by_role("radio", name="M").check()
    if not script:
        page.get_by_role("button", name="Set size").click()
    page.get_by_role("link", name="Table", exact=True).click()
    expect(page.get_by_role("table", name="Tasks")).to_be_visible()


def test_a_card_has_its_box_and_a_link_named_by_the_id(gallery: Page) -> None:
    card = cards(gallery).first
    task_id = str(card.get_by_role("checkbox").get_attribute("aria-label")).removeprefix("Select ")
    link = card.get_by_role("link", name=task_id, exact=True)
    expect(link).to_have_count(1)
    prompt = card.locator(".prompt")
    expect(card.locator(".captions")).to_have_css("opacity", "0")
    link.focus()
    expect(card.locator(".captions")).to_have_css("opacity", "1")
    assert prompt.inner_text()


def test_a_range_is_ticked_with_shift_on_boxes_and_on_pictures(gallery: Page) -> None:
    boxes(gallery).nth(1).click()
    boxes(gallery).nth(4).click(modifiers=["Shift"])
    expect(gallery.get_by_text("4 selected").first).to_be_visible()
    cards(gallery).nth(8).get_by_role("link").click(modifiers=["Shift"])
    expect(gallery.get_by_text("8 selected").first).to_be_visible()
    assert ticked(gallery) == [1, 2, 3, 4, 5, 6, 7, 8]
    expect(gallery.get_by_role("dialog")).to_have_count(0)


def test_a_band_ticks_what_it_touches_and_from_a_ticked_card_unticks(gallery: Page) -> None:
    columns = gallery.locator("#tasks").evaluate("grid => getComputedStyle(grid).gridTemplateColumns.split(' ').length")
    last = columns + 2
    with gallery.expect_response(re.compile("/tasks/selection/")) as sent:
        drag(gallery, cards(gallery).nth(0), cards(gallery).nth(last))
    expected = [0, 1, 2, columns, columns + 1, columns + 2]
    assert ticked(gallery) == expected
    assert sent.value.status == 200
    expect(gallery.get_by_text("6 selected").first).to_be_visible()
    # The click that ended it opened nothing.
    expect(gallery.get_by_role("dialog")).to_have_count(0)
    drag(gallery, cards(gallery).nth(1), cards(gallery).nth(columns + 2))
    expect(gallery.get_by_text("2 selected").first).to_be_visible()
    assert ticked(gallery) == [0, columns]


def test_escape_gives_a_band_up_and_keeps_what_was_selected(gallery: Page) -> None:
    boxes(gallery).nth(0).click()
    expect(gallery.get_by_text("1 selected").first).to_be_visible()
    box = cards(gallery).nth(3).bounding_box()
    assert box
    gallery.mouse.move(box["x"] + 80, box["y"] + 60)
    gallery.mouse.down()
    gallery.mouse.move(box["x"] + 180, box["y"] + 90)
    expect(gallery.locator(".band")).to_have_count(1)
    gallery.keyboard.press("Escape")
    expect(gallery.locator(".band")).to_have_count(0)
    gallery.mouse.up()
    assert ticked(gallery) == [0]
    expect(gallery.get_by_text("1 selected").first).to_be_visible()


def test_arrows_move_x_ticks_and_tab_leaves_the_cards(gallery: Page) -> None:
    links = cards(gallery).get_by_role("link")
    columns = gallery.locator("#tasks").evaluate("grid => getComputedStyle(grid).gridTemplateColumns.split(' ').length")
    links.first.focus()
    for key, at in (
        ("ArrowRight", 1),
        ("ArrowDown", 1 + columns),
        ("ArrowLeft", columns),
        ("ArrowUp", 0),
        ("ArrowLeft", 0),
        ("ArrowUp", 0),
        ("End", links.count() - 1),
        ("ArrowRight", links.count() - 1),
        ("Home", 0),
        ("j", 1),
        ("k", 0),
    ):
        gallery.keyboard.press(key)
        expect(links.nth(at)).to_be_focused()
    gallery.keyboard.press("x")
    gallery.keyboard.press("ArrowRight")
    gallery.keyboard.press("ArrowRight")
    gallery.keyboard.press("x")
    expect(gallery.get_by_text("2 selected").first).to_be_visible()
    assert ticked(gallery) == [0, 2]
    # From box to box as well.
    gallery.keyboard.press("Tab")
    expect(boxes(gallery).nth(2)).to_be_focused()
    gallery.keyboard.press("ArrowRight")
    expect(boxes(gallery).nth(3)).to_be_focused()
    gallery.keyboard.press("Space")
    expect(gallery.get_by_text("3 selected").first).to_be_visible()
    gallery.keyboard.press("Tab")
    expect(gallery.get_by_role("link", name="Older")).to_be_focused()


def test_what_is_selected_there_is_selected_in_the_table(gallery: Page) -> None:
    boxes(gallery).nth(2).click()
    boxes(gallery).nth(5).click()
    expect(gallery.get_by_text("2 selected").first).to_be_visible()
    gallery.get_by_role("link", name="Table", exact=True).click()
    expect(gallery.get_by_role("table", name="Tasks")).to_be_visible()
    expect(gallery.get_by_text("2 selected").first).to_be_visible()
    assert ticked(gallery) == [2, 5]
    gallery.get_by_role("link", name="Gallery", exact=True).click()
    expect(gallery.get_by_role("list", name="Tasks")).to_be_visible()
    assert ticked(gallery) == [2, 5]
    gallery.get_by_role("checkbox", name="Select all on this page").check()
    expect(gallery.get_by_text(f"{cards(gallery).count()} selected").first).to_be_visible()


def test_a_film_is_leafed_through_under_the_pointer(gallery: Page) -> None:
    card = cards(gallery).first
    card.locator(".shot").evaluate("shot => { shot.dataset.strip = '/static/icon.svg?\"'; shot.dataset.frames = '5'; }")
    box = card.bounding_box()
    assert box
    leaves = card.locator(".leaves")
    for share, at in ((0.1, "0%"), (0.5, "50%"), (0.95, "100%")):
        gallery.mouse.move(box["x"] + share * box["width"], box["y"] + 20)
        assert leaves.evaluate("leaves => leaves.style.backgroundPositionX") == at
    gallery.mouse.move(box["x"] + 10, box["y"] - 30)
    expect(leaves).to_have_count(0)


def test_a_deletion_is_seen_on_the_cards(launch: Launch, open_page: Open) -> None:
    with launch(SAMPLE_TASKS="60", DELETION_GRACE_SECONDS="0", DELETION_TYPED_ABOVE="100") as product:
        page = open_page(product, at=f"{DONE}&view=gallery")
        expect(page.locator("#pictures-poll[data-poll]")).to_have_count(0, timeout=60_000)
        page.evaluate("document.querySelectorAll('#tasks .shot').forEach(shot => shot.kept = 'kept')")
        for at in (0, 1, 2):
            boxes(page).nth(at).click()
        page.get_by_role("button", name="Delete 3 tasks…").click()
        page.get_by_label("Reason").fill("Seen in the gallery")
        page.get_by_role("button", name="Delete 3 tasks", exact=True).click()
        gone = cards(page).filter(has=page.locator(".presence.deleted"))
        expect(gone).to_have_count(3, timeout=60_000)
        expect(gone.first.get_by_role("checkbox")).to_be_disabled()
        assert page.evaluate("[...document.querySelectorAll('#tasks .shot')].every(shot => shot.kept)")
