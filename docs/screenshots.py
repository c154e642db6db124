"""Photographs every page of the running product into docs/screenshots: `make screenshots`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser import chromium
from tests.browser.product import Product

FOLDER = Path(__file__).parent / "screenshots"
SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}
ROWS = """kind,task_id,prompt
image,abcd_1234567890abcdef,A lighthouse at dusk
video,abcd_2234567890abcdef,Waves against a pier
audio,abcd_3234567890abcdef,A foghorn
image,,No id
"""


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="screenshots-") as folder,
        Product(Path(folder), SAMPLE_TASKS="2000", DELETION_GRACE_SECONDS="2") as product,
        chromium.running() as browser,
    ):
        product.control(latency=0.2, refuse={refused(browser, product): "The task is being used by another workflow."})
        for size, viewport in SIZES.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(viewport=viewport, color_scheme=scheme, base_url=product.url)
                page = context.new_page()
                walk(page, product, lambda name, page=page, ending=f"{size}-{scheme}": shoot(page, f"{name}-{ending}"))
                context.close()


def refused(browser: Browser, product: Product) -> str:
    """The id of a task on the first page, for a deletion that does not go smoothly."""
    page = browser.new_page()
    chromium.sign_in(page, product)
    task = page.get_by_role("table", name="Tasks").get_by_role("link").first.inner_text()
    page.close()
    return task.strip()


def shoot(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")
    print(name)


def walk(page: Page, product: Product, shoot: Callable[[str], None]) -> None:
    page.goto("/")
    shoot("login")
    chromium.sign_in(page, product)
    shoot("tasks")
    page.goto("/tasks/?kind=video&status=completed")
    shoot("tasks-filtered")
    page.goto("/tasks/?status=completed&view=gallery")
    shoot("gallery")
    page.get_by_role("list", name="Tasks").get_by_role("link").nth(3).click()
    page.get_by_role("dialog").wait_for()
    shoot("viewer")
    page.goto("/tasks/?view=table")
    page.goto("/tasks/?q=nothing+matches+this")
    shoot("tasks-none-match")
    delete_some(page, shoot)
    page.goto("/tasks/")
    page.get_by_role("table", name="Tasks").get_by_role("link").nth(3).click()
    shoot("task")
    page.goto("/tasks/import/")
    shoot("import")
    page.get_by_label("Or paste rows").fill(ROWS)
    page.get_by_role("button", name="Check").click()
    shoot("import-checked")
    page.goto("/deletions/")
    shoot("deletions")
    page.goto("/audit/")
    shoot("audit")
    page.goto("/tasks/image/no-such-task/")
    shoot("not-found")


def delete_some(page: Page, shoot: Callable[[str], None]) -> None:
    page.goto("/tasks/?kind=image&status=completed")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Delete ", exact=False).first.wait_for()
    shoot("tasks-selected")
    page.get_by_role("button", name="Delete ", exact=False).first.click()
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    shoot("dialog")
    dialog.get_by_label("Reason").fill("Drafts of the spring campaign, approved by Legal")
    typed = dialog.get_by_label("to confirm")
    label = dialog.get_by_text("to confirm").first.inner_text()
    typed.fill("".join(character for character in label if character.isdigit()))
    dialog.get_by_role("button", name="Delete ", exact=False).click()
    page.get_by_role("progressbar").first.wait_for()
    shoot("strip-waiting")
    page.wait_for_timeout(3500)
    shoot("strip-running")
    page.get_by_role("link", name="Details").first.click()
    page.get_by_role("table", name="Items").wait_for()
    shoot("deletion-running")
    page.get_by_text("Finished").first.wait_for(timeout=60_000)
    shoot("deletion-finished")


if __name__ == "__main__":
    main()
