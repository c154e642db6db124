"""From the invitation to the first deletion, and out again: as an administrator and a new person do it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.product import Product

Open = Callable[..., Page]
PASSWORD = "a lamp post at noon"


@pytest.fixture(scope="module")
def peopled(launch: Callable[..., Product]) -> Iterator[Product]:
    with launch(SAMPLE_TASKS="60", DELETION_GRACE_SECONDS="300") as product:
        yield product


def invite(page: Page, name: str) -> str:
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Username").fill(name)
    page.get_by_label("Role").select_option(label="Operator")
    page.get_by_role("button", name="Add a person").click()
    return page.get_by_label("One-time link").input_value()


def join(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Choose and sign in").click()
    expect(page.get_by_role("heading", name="Tasks", exact=True)).to_be_visible()


def delete_one(page: Page, number: int) -> None:
    page.get_by_role("table", name="Tasks").get_by_role("checkbox", disabled=False).nth(number).check()
    page.get_by_role("button", name="Delete", exact=False).last.click()
    page.get_by_label("Reason").fill("Trying it")
    page.get_by_role("button", name="Delete 1 task", exact=True).last.click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


@pytest.mark.timeout(300)
def test_a_new_person_comes_deletes_and_is_let_go(peopled: Product, open_page: Open, script: bool) -> None:
    name = "li.wei" if script else "maria"
    administrator = open_page(peopled, script=script)
    link = invite(administrator, name)
    person = open_page(peopled, script=script, stranger=True)
    join(person, link)
    delete_one(person, 5 if script else 9)

    administrator.goto("/access/")
    row = administrator.get_by_role("table", name="People").get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("1 open")
    row.get_by_role("link", name=f"Change {name}").click()
    # In a sentence a link is told by more than its colour.
    theirs = administrator.get_by_role("link", name=re.compile("^Deletion [0-9a-f]{8}$"))
    expect(theirs).to_have_css("text-decoration-line", "underline")
    administrator.get_by_role("button", name="Disable").click()
    expect(administrator.get_by_text("Say what happens to it first")).to_be_visible()
    administrator.get_by_label("Stop it").check()
    administrator.get_by_role("button", name="Disable").click()
    expect(administrator.get_by_text("What they had under way is stopped.")).to_be_visible()
    expect(administrator.get_by_role("button", name="Open again")).to_be_visible()

    # A page that follows a deletion finds out by itself. Two ways to one place at once: Chromium may take neither.
    if not script:
        person.goto("/deletions/")
    expect(person.get_by_role("button", name="Sign in")).to_be_visible()
    person.goto(link)
    expect(person.get_by_text("This link was used already.")).to_be_visible()


def test_a_password_and_the_other_sessions(peopled: Product, open_page: Open, script: bool) -> None:
    name = "anna" if script else "boris"
    first = open_page(peopled, script=script, stranger=True)
    join(first, invite(open_page(peopled, script=script), name))
    second = open_page(peopled, script=script, stranger=True)
    second.get_by_label("Username").fill(name)
    second.get_by_label("Password").fill(PASSWORD)
    second.get_by_role("button", name="Sign in").click()
    first.get_by_role("link", name=name).click()
    expect(first.get_by_role("table", name="Sessions").get_by_role("row")).to_have_count(3)
    first.get_by_role("button", name="End all others").click()
    expect(first.get_by_text("1 session ended.")).to_be_visible()
    second.goto("/tasks/")
    expect(second.get_by_role("button", name="Sign in")).to_be_visible()
    first.get_by_label("Current password").fill(PASSWORD)
    first.get_by_label("New password", exact=True).fill("another lamp post")
    first.get_by_label("New password again").fill("another lamp post")
    first.get_by_role("button", name="Change password").click()
    expect(first.get_by_text("The password is changed.")).to_be_visible()


@pytest.mark.parametrize("path", ["/access/", "/access/add/", "/access/roles/operator/", "/access/1/", "/account/"])
def test_nothing_scrolls_sideways(peopled: Product, open_page: Open, path: str) -> None:
    page = open_page(peopled, at=path)
    for width in (320, 390, 768, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
