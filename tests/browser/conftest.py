from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.browser import chromium
from tests.browser.product import ROOT, Product, clean_environ

# Not the whole session's: while Playwright runs, its event loop keeps Django's ORM from working in this thread.
ROOM = "package"
Launch = Callable[..., Product]

MANY = 51_000
"""More than are frozen while somebody waits. One in eight has a prompt: more than a page counts before it is there."""
MANY_TASKS = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
INSERT INTO register_trackedtask (
    kind, task_id, status, model, prompt, urls, error, created_at, created_raw, tracked_at, presence,
    last_outcome, last_message, held_by, held_reason
)
SELECT CASE n % 2 WHEN 0 THEN 'image' ELSE 'video' END, 'large_' || n, 'completed', 'zimage',
    CASE n % 8 WHEN 0 THEN 'a red one' WHEN 1 THEN 'a red one' ELSE '' END, '[]', '', '2026-05-01', '', '2026-05-01',
    'present', '', '', '', ''
FROM numbers
"""


@pytest.fixture(scope=ROOM)
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=45_000)
    with chromium.running() as browser:
        yield browser


FIRST_START = """
from django.core.management import call_command
from dashboard.operations.first_start import ensure_administrator
call_command("migrate", verbosity=0)
ensure_administrator()
call_command("collectstatic", interactive=False, verbosity=0)
"""


@pytest.fixture(scope=ROOM)
def started_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a product that has all but tasks: each begins with a copy, and finds most of a start done."""
    folder = tmp_path_factory.mktemp("started-once")
    environ = clean_environ() | {"VAR_DIR": str(folder), "ADMIN_PASSWORD": Product.password}
    subprocess.run([sys.executable, "manage.py", "shell", "-c", FIRST_START], cwd=ROOT, env=environ, check=True)
    return folder


@pytest.fixture(scope=ROOM)
def launch(started_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Launch:
    """`with launch(SAMPLE_TASKS="0") as product:` runs a product of its own, with these variables. By itself it looks
    nothing up and fetches no pictures, but those that are looked at: a process decodes each, which takes more time than
    many a test."""

    def launch(**variables: str) -> Product:
        folder = tmp_path_factory.mktemp("product")
        shutil.copytree(started_once, folder, dirs_exist_ok=True)
        return Product(folder, **{"MEDIA_CALLS_PER_MINUTE": "0", "REFRESH_CALLS_PER_MINUTE": "0"} | variables)

    return launch


@pytest.fixture(scope=ROOM)
def product(launch: Launch) -> Iterator[Product]:
    """One with a small sample register, for tests that only look."""
    with launch(SAMPLE_TASKS="120") as product:
        yield product


@pytest.fixture(scope=ROOM)
def many(launch: Launch) -> Iterator[Product]:
    """One with `MANY` tasks, for tests that leave all of them."""
    with launch(SAMPLE_TASKS="0") as product:
        with sqlite3.connect(product.folder / "sandbox.sqlite3", timeout=30) as database:
            database.execute(MANY_TASKS, [MANY])
        database.close()
        yield product


@pytest.fixture(scope=ROOM)
def signed_in(browser: Browser) -> Callable[[Product], StorageState]:
    """What a browser keeps of the administrator, who signs in once for all tests."""
    states: dict[Path, StorageState] = {}

    def signed_in(product: Product) -> StorageState:
        # Not by its address: another's may have had the same port.
        if product.folder not in states:
            with browser.new_context() as context:
                chromium.sign_in(context.new_page(), product)
                states[product.folder] = context.storage_state()
        return states[product.folder]

    return signed_in


@pytest.fixture(scope=ROOM)
def pictured(launch: Launch) -> Iterator[Product]:
    """One whose administrator chooses how the list looks: it stays so, and other tests look for the table."""
    with launch(SAMPLE_TASKS="120") as product:
        yield product


@pytest.fixture
def open_page(browser: Browser, signed_in: Callable[[Product], StorageState]) -> Iterator[Callable[..., Page]]:
    """`open_page(product)` is the administrator's, and stands on Tasks or `at` another address; `script=False` is
    without JavaScript.

    A script that fails, and whatever breaks the content security policy, fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(
        product: Product, *, at: str = "/tasks/", script: bool = True, stranger: bool = False, **options: object
    ) -> Page:
        context = browser.new_context(
            base_url=product.url,
            java_script_enabled=script,
            viewport={"width": 1440, "height": 900},
            storage_state=None if stranger else signed_in(product),
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: "Content Security Policy" in said.text and complaints.append(said.text))
        page.goto(at)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def script(request: pytest.FixtureRequest) -> bool:
    """Both ways of using the product."""
    return bool(request.param)
