"""The main job from end to end, as an operator does it: with JavaScript and without."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Launch
from tests.browser.product import Product

Open = Callable[..., Page]

IMAGES = [f"img_{number:05}" for number in range(200)]
VIDEOS = [f"vid_{number:05}" for number in range(100)]


@pytest.fixture(scope="module")
def empty(launch: Launch) -> Iterator[Product]:
    """A product without sample rows, whose deletions start soon."""
    with launch(SAMPLE_TASKS="0", DELETION_GRACE_SECONDS="6", TENSORSLAB_TIMEOUT="5") as product:
        yield product


def _import(page: Page, rows: str) -> None:
    page.goto("/tasks/import/")
    page.get_by_label("Or paste rows").fill(rows)
    page.get_by_role("button", name="Check").click()
    number = len(rows.splitlines()) - 1
    expect(page.get_by_text(f"{number:,} to add")).to_be_visible()
    page.get_by_role("button", name=f"Import {number:,} tasks").click()
    page.wait_for_url("**/tasks/")


def _csv(**ids: list[str]) -> str:
    return "kind,task_id\n" + "\n".join(f"{kind},{task_id}" for kind, many in ids.items() for task_id in many)


def _open_dialog(page: Page, number: int, *, script: bool) -> None:
    name = f"Delete {number:,} tasks…" if script else "Delete selected tasks…"
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("heading", name=f"Delete {number:,} tasks?")).to_be_visible()
    if script:
        expect(page.get_by_role("dialog", name=f"Delete {number:,} tasks?")).to_be_visible()
        expect(page.get_by_role("button", name="Keep tasks")).to_be_focused()


def _confirm(page: Page, number: int, *, reason: str) -> None:
    page.get_by_label("Reason").fill(reason)
    page.get_by_label(f"Type {number} to confirm").fill(str(number))
    page.get_by_role("button", name=f"Delete {number:,} tasks", exact=True).click()


def _report(page: Page, url: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(page.request.get(f"{url}report.json").text())
    return report


def _finished(page: Page, url: str, *, seconds: float = 120) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while (report := _report(page, url))["state"] != "finished":
        assert time.monotonic() < end, report["counts"]
        time.sleep(0.3)
    return report


def _detail_url(page: Page, *, script: bool) -> str:
    """Where the deletion that was just confirmed is shown."""
    if script:
        details = page.get_by_role("region", name=re.compile("^Deletion ")).first.get_by_role("link", name="Details")
        return str(details.get_attribute("href"))
    page.wait_for_url("**/deletions/*/")
    return page.url


def test_a_double_click_opens_one_dialog(product: Product, open_page: Open) -> None:
    page = open_page(product)
    drafts: list[str] = []
    page.on("request", lambda asked: asked.method == "POST" and "/deletions/" in asked.url and drafts.append(asked.url))
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name=re.compile("^Delete [0-9]+ tasks…$")).dblclick()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert len(drafts) == 1
    page.get_by_role("button", name="Keep tasks").click()


def test_import_filter_select_delete_undo_and_read_who_did_it(empty: Product, open_page: Open, script: bool) -> None:
    suffix = "s" if script else "n"
    images, videos = [one + suffix for one in IMAGES], [one + suffix for one in VIDEOS]
    page = open_page(empty, script=script)
    _import(page, _csv(image=images, video=videos))

    page.get_by_label("Kind").select_option("image")
    page.get_by_label("Search").fill("")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**kind=image**")
    page.goto("/tasks/?kind=image&presence=present")
    page.get_by_role("button", name="Select all 200 matching").click()
    _open_dialog(page, 200, script=script)
    _confirm(page, 200, reason="Spring cleaning")
    undone = _detail_url(page, script=script)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone in time").first).to_be_visible()
    assert _report(page, undone)["counts"]["kept"] == 200
    assert not set(images) & set(empty.ledger()["deleted"]["image"])

    page.goto("/tasks/?kind=image&presence=present")
    page.get_by_role("button", name="Select all 200 matching").click()
    if script:
        page.evaluate("document.querySelectorAll('#tasks input[name=task]').forEach(box => box.kept = 'kept')")
    _open_dialog(page, 200, script=script)
    _confirm(page, 200, reason="Spring cleaning, again")
    url = _detail_url(page, script=script)
    if script:
        page.wait_for_url("**/tasks/?kind=image&presence=present")
        expect(page.locator("#tasks tbody tr").filter(has_text="Deleting").first).to_be_visible()
        expect(page.locator("#tasks tbody tr").filter(has_text="Deleted")).to_have_count(50, timeout=60_000)
        kept = page.evaluate("[...document.querySelectorAll('#tasks input[name=task]')].map(box => box.kept)")
        assert kept == ["kept"] * 50
        bar = page.get_by_role("region", name=re.compile("^Deletion ")).first.get_by_role("progressbar")
        expect(bar).to_have_attribute("aria-valuenow", "100")
        expect(page.get_by_text("0 match · 50 of these rows are no longer in the list")).to_be_visible()
        expect(page.locator("#facets")).not_to_contain_text("Image 200")
        page.get_by_role("link", name="Show current").click()
        expect(page.get_by_text("No task matches")).to_be_visible()
    report = _finished(page, url)

    gone = empty.ledger()["deleted"]
    assert set(images) <= set(gone["image"])
    assert not set(videos) & set(gone["video"])
    assert report["counts"] | {"deleted": 200} == report["counts"]
    assert sum(report["counts"].values()) == report["total"] == 200
    assert report["reason"] == "Spring cleaning, again"
    assert report["requested_by"] == "admin"

    page.goto("/deletions/")
    page.get_by_label("Task id").fill(images[7])
    page.get_by_role("button", name="Filter").click()
    row = page.get_by_role("row").filter(has_text="Spring cleaning, again")
    expect(row).to_contain_text("admin")
    expect(row).to_contain_text("Deleted")


@pytest.fixture(scope="module")
def prompt(launch: Launch) -> Iterator[Product]:
    """One whose deletions start at once."""
    with launch(SAMPLE_TASKS="0", DELETION_GRACE_SECONDS="0", TENSORSLAB_TIMEOUT="5") as product:
        yield product


def _import_file(product: Product, kind: str, ids: list[str]) -> None:
    file = product.folder / "tasks.csv"
    file.write_text(_csv(**{kind: ids}))
    product.manage("import_tasks", str(file))


def test_two_of_2430_are_excluded_on_two_pages(prompt: Product, open_page: Open, script: bool) -> None:
    page = open_page(prompt, script=script)
    bodies: list[int] = []
    page.on("request", lambda request: bodies.append(len(request.post_data or "")))
    kind = "image" if script else "video"
    rows = [f"many_{number:05}" for number in range(2430)]
    _import_file(prompt, kind, rows)
    page.goto(f"/tasks/?kind={kind}&presence=present&q=many_")
    page.get_by_role("button", name="Select all 2,430 matching").click()
    expect(page.get_by_text("All 2,430 matching selected").first).to_be_visible()
    first = _untick(page, 3)
    _next_page(page, script=script)
    _next_page(page, script=script)
    third = _untick(page, 11)
    if script:
        expect(page.get_by_text("2 excluded").first).to_be_visible()
    _open_dialog(page, 2428, script=script)
    _confirm(page, 2428, reason="All but two")
    report = _finished(page, _detail_url(page, script=script))
    assert report["counts"]["deleted"] == 2428
    assert set(prompt.ledger()["deleted"][kind]) & set(rows) == set(rows) - {first, third}
    # As many ids would take several times that.
    assert max(bodies) < 10_000
    page.goto(f"/tasks/?kind={kind}&presence=present&q=many_")
    expect(page.get_by_role("table", name="Tasks").locator("tbody tr")).to_have_count(2)


def _untick(page: Page, row: int) -> str:
    box = page.get_by_role("checkbox", name=re.compile("^Select many_")).nth(row)
    name = str(box.get_attribute("aria-label"))
    box.uncheck()
    return name.removeprefix("Select ")


def _next_page(page: Page, *, script: bool) -> None:
    first = page.get_by_role("checkbox", name=re.compile("^Select many_")).first
    before = str(first.get_attribute("aria-label"))
    page.get_by_role("link" if script else "button", name="Older").click()
    expect(first).not_to_have_attribute("aria-label", before)


def test_pause_holds_the_provider_off_until_resume(prompt: Product, open_page: Open) -> None:
    _import_file(prompt, "image", [f"pause_{number:05}" for number in range(4000)])
    prompt.control(latency=1.0)
    page = open_page(prompt, at="/tasks/?q=pause_")
    page.get_by_role("button", name="Select all 4,000 matching").click()
    _open_dialog(page, 4000, script=True)
    _confirm(page, 4000, reason="Pause me")
    region = page.get_by_role("region", name=re.compile("^Deletion ")).first
    region.get_by_role("button", name="Pause").click()
    expect(region.get_by_role("button", name="Resume")).to_be_visible()
    url = str(region.get_by_role("link", name="Details").get_attribute("href"))
    while _report(page, url)["counts"]["sent"]:
        time.sleep(0.1)
    # From now on it would answer at once, and all the rest would be deleted within a second.
    prompt.control(latency=0.0)
    calls = len(prompt.ledger()["calls"])
    time.sleep(1)
    assert len(prompt.ledger()["calls"]) == calls
    assert page.request.post(f"{url}undo/", headers=_token(page)).status == 409
    prompt.control(latency=0.3)
    region.get_by_role("button", name="Resume").click()
    expect(region.get_by_role("button", name="Pause")).to_be_visible()
    region.get_by_role("button", name="Stop the rest").click()
    report = _finished(page, url)
    assert report["counts"]["kept"] > 0
    gone = [one for one in prompt.ledger()["deleted"]["image"] if one.startswith("pause_")]
    assert report["counts"]["deleted"] == len(gone)
    assert sum(report["counts"].values()) == report["total"]


def _token(page: Page) -> dict[str, str]:
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    return {"X-CSRFToken": cookies["csrftoken"], "Referer": page.url}


def test_a_mistyped_filter_answers_with_a_sentence_and_no_table(empty: Product, open_page: Open, script: bool) -> None:
    page = open_page(empty, script=script)
    answer = page.goto("/tasks/?kind=imag")
    assert answer
    assert answer.status == 400
    expect(page.get_by_text("“imag” is not one of image or video")).to_be_visible()
    expect(page.get_by_role("table")).to_have_count(0)
