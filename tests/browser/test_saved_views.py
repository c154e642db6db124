"""A filter gets a name, stands beside the pages with its number, and a rule drafts what it shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Launch
from tests.browser.product import Product

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def shop(launch: Launch) -> Iterator[Product]:
    with launch(SAMPLE_TASKS="150", DELETION_GRACE_SECONDS="0") as product:
        yield product


def save(page: Page, name: str) -> None:
    page.get_by_role("link", name="Save view").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Share with everybody").check()
    page.get_by_role("button", name="Save view").click()
    page.wait_for_url(re.compile("saved="))


def test_a_view_is_saved_edited_and_saved_again(shop: Product, open_page: Open, script: bool) -> None:
    page = open_page(shop, script=script)
    name = f"Films {script}"
    page.goto("/tasks/?kind=video")
    save(page, name)
    bar = page.locator("#saved")
    expect(bar).to_have_text(name)
    page.get_by_label("Status").select_option("completed")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.wait_for_url(re.compile("status=completed"))
    expect(bar).to_contain_text("changed")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text(f"“{name}” is saved.")).to_be_visible()
    expect(bar).to_have_text(name)
    expect(page.get_by_label("Status")).to_have_value("completed")


def test_the_rail_has_its_number(shop: Product, open_page: Open) -> None:
    page = open_page(shop, at="/tasks/?kind=image")
    save(page, "All images")
    said = page.locator("#total").text_content() or ""
    number = said.split()[0]
    view = page.get_by_role("navigation", name="Saved views").get_by_role("link", name="All images")
    expect(view).to_contain_text(number)
    expect(view).to_have_attribute("aria-current", "page")
    page.goto("/holds/")
    expect(view).to_contain_text(number)
    view.click()
    expect(page.locator("#saved")).to_have_text("All images")


def test_a_rule_drafts_and_its_owner_confirms(shop: Product, open_page: Open) -> None:
    page = open_page(shop, at="/tasks/views/")
    page.get_by_role("table").get_by_role("link", name="Change… Failed, older than 30 days").click()
    page.get_by_role("link", name="New rule").click()
    page.get_by_label("Reason").fill("Failed anyway")
    page.get_by_role("button", name="Make the rule").click()
    page.get_by_role("button", name="Run now").click()
    draft = page.get_by_role("link", name=re.compile("^A draft of"))
    for _ in range(40):
        if draft.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    draft.click()
    typed = page.get_by_label("to confirm")
    button = page.get_by_role("button", name=re.compile("^Delete [0-9]+ task"))
    if typed.count():
        typed.fill(re.findall("[0-9]+", button.text_content() or "")[0])
    button.click()
    expect(page.get_by_text("by rule “Failed, older than 30 days”")).to_be_visible()
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=60_000)
