from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import chromium
from tests.browser.product import Product

# Not the whole session's: while Playwright runs, its event loop keeps Django's ORM from working in this thread.
ROOM = "package"


@pytest.fixture(scope=ROOM)
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=15_000)
    with chromium.running() as browser:
        yield browser


@pytest.fixture(scope=ROOM)
def launch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Product]]:
    """`launch(SAMPLE_TASKS="0")` starts a product of its own, with these variables; it ends with the package."""
    with ExitStack() as stack:

        def launch(**variables: str) -> Product:
            folder: Path = tmp_path_factory.mktemp("product")
            return stack.enter_context(Product(folder, **variables))

        yield launch


@pytest.fixture(scope=ROOM)
def product(launch: Callable[..., Product]) -> Product:
    """One with a small sample register, for tests that only look."""
    return launch(SAMPLE_TASKS="120")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page(product)` signs the administrator in and stands on Tasks; `script=False` is without JavaScript.

    A script that fails, and whatever breaks the content security policy, fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(product: Product, *, script: bool = True, **options: object) -> Page:
        context = browser.new_context(
            base_url=product.url, java_script_enabled=script, viewport={"width": 1440, "height": 900}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: "Content Security Policy" in said.text and complaints.append(said.text))
        chromium.sign_in(page, product)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def script(request: pytest.FixtureRequest) -> bool:
    """Both ways of using the product."""
    return bool(request.param)
