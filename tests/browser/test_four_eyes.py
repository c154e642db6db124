"""A new person goes from the invitation to their first approved deletion; what somebody holds stays out of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Launch
from tests.browser.product import Product

Open = Callable[..., Page]
PASSWORD = "a lamp post at noon"
TASKS = [f"four_eyes_{number}" for number in range(6)]
HELD, *DELETED = TASKS
REASON = "The campaign is over"


@pytest.fixture
def guarded(launch: Launch) -> Iterator[Product]:
    """One where more than two tasks need a second person."""
    variables = {"DELETION_APPROVAL_ABOVE": "2", "DELETION_GRACE_SECONDS": "2", "TENSORSLAB_TIMEOUT": "5"}
    with launch(SAMPLE_TASKS="0", **variables) as product:
        rows = product.folder / "tasks.csv"
        rows.write_text("kind,task_id\n" + "".join(f"image,{task_id}\n" for task_id in TASKS))
        product.manage("import_tasks", str(rows))
        yield product


def _invited(administrator: Page, name: str, role: str) -> str:
    """The one-time link."""
    administrator.get_by_role("link", name="People", exact=True).click()
    administrator.get_by_role("link", name="Add a person").click()
    administrator.get_by_label("Username").fill(name)
    administrator.get_by_label("Role").select_option(label=role)
    administrator.get_by_role("button", name="Add a person").click()
    return administrator.get_by_label("One-time link").input_value()


def _join(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Choose and sign in").click()
    expect(page.get_by_role("heading", name="Tasks", exact=True)).to_be_visible()


def _hold(page: Page, task_id: str) -> None:
    page.get_by_role("link", name=task_id, exact=True).click()
    page.get_by_role("button", name=re.compile("^Hold…")).click()
    dialog = page.get_by_role("dialog", name="Hold 1 task?")
    dialog.get_by_label("Reason").fill("Legal case 12")
    dialog.get_by_role("button", name="Hold 1 task").click()
    expect(page.get_by_role("heading", name="Holds")).to_be_visible()
    expect(page.get_by_text("In force")).to_be_visible()


def _ask(page: Page) -> None:
    """To delete all that matches: what is held is left out, and the dialog says so."""
    page.get_by_role("link", name="Tasks", exact=True).first.click()
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name=re.compile("^Delete [0-9]+ tasks…$")).click()
    dialog = page.get_by_role("dialog", name=f"Delete {len(DELETED)} tasks?")
    expect(dialog.get_by_text("Somebody else has to agree to this.")).to_be_visible()
    expect(dialog.get_by_text("It can be approved by")).to_contain_text("anna")
    dialog.get_by_label("Reason").fill(REASON)
    dialog.get_by_role("button", name=f"Ask to delete {len(DELETED)} tasks", exact=True).click()
    expect(page.get_by_role("button", name="Withdraw")).to_be_visible()


def _approve(page: Page) -> None:
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Deletions", exact=True).click()
    page.get_by_role("row").filter(has_text=REASON).get_by_role("link").first.click()
    expect(page.get_by_role("region", name="Approval")).to_contain_text("Above 2 somebody else has to agree")
    items = page.get_by_role("table", name="Items")
    for task_id in DELETED:
        expect(items.get_by_role("row").filter(has_text=task_id)).to_be_visible()
    expect(items.get_by_role("row").filter(has_text=HELD)).to_have_count(0)
    page.get_by_role("button", name=f"Approve {len(DELETED)} tasks", exact=True).click()


@pytest.mark.timeout(300)
def test_from_the_invitation_to_the_first_approved_deletion(guarded: Product, open_page: Open) -> None:
    administrator = open_page(guarded)
    _join(open_page(guarded, stranger=True), _invited(administrator, "anna", "Approver"))
    person = open_page(guarded, stranger=True)
    _join(person, _invited(administrator, "li.wei", "Operator"))
    _hold(person, HELD)
    _ask(person)
    assert [call for call in guarded.ledger()["calls"] if call["operation"] == "delete"] == []

    approver = open_page(guarded, stranger=True)
    _approve(approver)
    expect(approver.get_by_role("link", name="Certificate")).to_be_visible(timeout=60_000)
    expect(approver.get_by_text("Asked by li.wei")).to_be_visible()
    expect(approver.get_by_text("Approved by anna on")).to_be_visible()
    assert set(guarded.ledger()["deleted"]["image"]) == set(DELETED)

    approver.get_by_role("link", name="Certificate").click()
    certificate = approver.get_by_role("article", name=re.compile("^Certificate "))
    expect(certificate).to_contain_text("5 tasks: 5 deleted")
    expect(certificate).to_contain_text(re.compile(r"Requested by\s+li\.wei"))
    expect(certificate).to_contain_text(re.compile(r"Approved by\s+anna"))

    person.goto("/tasks/")
    expect(person.get_by_role("link", name=HELD, exact=True)).to_be_visible()
