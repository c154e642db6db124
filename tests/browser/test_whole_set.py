"""The set is looked at before it is deleted, tasks are taken out of it, and its end is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import Product

Launch = Callable[..., Product]
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def sample(launch: Launch) -> Iterator[Product]:
    with launch(SAMPLE_TASKS="150", DELETION_GRACE_SECONDS="1", DELETION_TYPED_ABOVE="5") as product:
        yield product


def _delete_all_of(page: Page, model: str, *, script: bool) -> int:
    """Presses Delete for all tasks of a model. How many there are."""
    page.goto(f"/tasks/?model={model}")
    page.get_by_role("button", name=re.compile("^Select all [0-9,]+ matching$")).click()
    name = re.compile("^Delete [0-9,]+ tasks…$") if script else "Delete selected tasks…"
    page.get_by_role("button", name=name).click()
    return _number(page)


def _number(page: Page) -> int:
    heading = page.get_by_role("heading", level=1, name=re.compile("^Delete [0-9,]+ tasks\\?$"))
    return int(re.sub("[^0-9]", "", heading.inner_text()))


def test_every_field_comes_before_the_red_button_in_the_order_of_tab(sample: Product, open_page: Open) -> None:
    page = open_page(sample)
    number = _delete_all_of(page, "seedreamv4", script=True)
    expect(page.get_by_role("button", name="Keep tasks")).to_be_focused()
    review = page.get_by_role("link", name=f"Review all {number}", exact=True)
    while not review.evaluate("link => link === document.activeElement"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=f"Delete {number} tasks", exact=True)).not_to_be_focused()
    for field in (
        page.get_by_label("Reason", exact=True),
        page.get_by_label(f"Type {number} to confirm", exact=True),
        page.get_by_role("button", name=f"Delete {number} tasks", exact=True),
    ):
        page.keyboard.press("Tab")
        expect(field).to_be_focused()
    page.keyboard.press("Escape")


def test_what_is_removed_while_looking_is_not_deleted(sample: Product, open_page: Open, script: bool) -> None:
    page = open_page(sample, script=script)
    before = set(sample.ledger()["deleted"]["image"])
    number = _delete_all_of(page, "seedreamv5" if script else "seedreamv45", script=script)
    if script:
        page.get_by_role("link", name=f"Review all {number}", exact=True).click()
    page.get_by_role("link", name="Gallery", exact=True).click()
    items = page.get_by_role("list", name="Items").get_by_role("listitem")
    removed = []
    if script:
        page.get_by_label("Reason", exact=True).fill("Typed before something was removed")
    for left in (number - 1, number - 2):
        item = items.filter(has=page.get_by_role("button", name="Remove from this deletion")).nth(1)
        removed.append(item.get_by_role("link").inner_text())
        item.get_by_role("button", name="Remove from this deletion").click()
        expect(page.get_by_role("heading", name=f"Delete {left} tasks?")).to_be_visible()
        if script:
            # The one that took its place can be removed at once.
            expect(page.get_by_role("button", name="Remove from this deletion").nth(1)).to_be_focused()
    expect(page.get_by_role("list", name="Items").get_by_text("Removed by admin")).to_have_count(2)
    if script:
        expect(page.get_by_label("Reason", exact=True)).to_have_value("Typed before something was removed")
    page.get_by_label("Reason", exact=True).fill("Spring")
    page.get_by_label(f"Type {number - 2} to confirm").fill(str(number - 2))
    page.get_by_role("button", name=f"Delete {number - 2} tasks", exact=True).click()
    if script:
        expect(page.get_by_text("Finished", exact=True).first).to_be_visible(timeout=60_000)
    else:
        while not page.get_by_text("Finished", exact=True).count():
            page.wait_for_timeout(500)
            page.reload()
    gone = set(sample.ledger()["deleted"]["image"]) - before
    assert (len(gone), gone & set(removed)) == (number - 2, set())


@pytest.mark.parametrize("place", ["dialog", "gallery"])
def test_pictures_come_while_the_set_is_looked_at(launch: Launch, open_page: Open, place: str) -> None:
    # Nothing is fetched that nobody looks at.
    with launch(SAMPLE_TASKS="150") as unseen:
        page = open_page(unseen, at="/tasks/?kind=image&sort=created")
        page.get_by_role("button", name=re.compile("^Select all [0-9,]+ matching$")).click()
        page.get_by_role("button", name=re.compile("^Delete [0-9,]+ tasks…$")).click()
        reason = page.get_by_label("Reason", exact=True)
        expect(reason).to_be_visible()
        if place == "gallery":
            page.get_by_role("link", name=re.compile("^Review all")).click()
            page.get_by_role("link", name="Gallery", exact=True).click()
        box = page.get_by_role("dialog") if place == "dialog" else page.locator("#main")
        reason.press_sequentially("Typed while they come")
        expect(box.get_by_text("Not fetched yet")).to_have_count(0, timeout=60_000)
        assert box.locator(".set-pictures img").count() > 12
        assert place == "dialog" or box.get_by_role("list", name="Items").locator("img").count() > 12
        expect(box.locator('[data-poll="post"]')).to_have_count(0)
        expect(reason).to_be_focused()
        expect(reason).to_have_value("Typed while they come")


def test_rows_of_the_history_follow_and_the_end_is_told(sample: Product, open_page: Open) -> None:
    page = open_page(sample)
    history = page.context.new_page()
    number = _delete_all_of(page, "zimage", script=True)
    page.get_by_label("Reason", exact=True).fill("Spring")
    if number > 5:
        page.get_by_label(f"Type {number} to confirm").fill(str(number))
    sample.control(latency=1.0)
    page.get_by_role("button", name=f"Delete {number} tasks", exact=True).click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    history.goto(f"{sample.url}/deletions/")
    row = history.get_by_role("row").nth(1)
    expect(row).to_contain_text(re.compile("Scheduled|Running"))
    expect(history.locator("#in-flight")).to_contain_text("1")
    expect(page).to_have_title(re.compile("^✓ Deletion [0-9a-f]{8} finished · Tasks"), timeout=60_000)
    told = page.get_by_role("status").filter(has_text="finished")
    expect(told).to_contain_text(re.compile(f"Deletion [0-9a-f]{{8}} finished: {number} deleted"))
    expect(row).to_contain_text(f"{number} deleted")
    expect(row).to_contain_text("Finished")
    expect(history.locator("#in-flight")).to_be_empty()
    assert row.get_attribute("hx-get") is None
    told.get_by_role("button", name="Dismiss").click()
    expect(page).to_have_title(re.compile("^Tasks"))
