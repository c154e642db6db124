from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route

PROBE = "/is-it-caught"


def catch(page: Page, pattern: re.Pattern[str], answer: Callable[[Route], object]) -> None:
    """Gives what is asked for at some address to `answer`, and returns when it does so.

    Chromium tells the page's own process a moment after it has said so here: until then a request would pass by.
    """
    page.route(f"**{PROBE}", lambda route: route.fulfill(status=204))
    page.route(pattern, answer)
    while page.evaluate("address => fetch(address).then(({ status }) => status)", PROBE) != 204:
        continue


class Gate:
    """Holds the first that is asked for at some address, until it is let through."""

    def __init__(self, page: Page, pattern: re.Pattern[str]) -> None:
        self.page, self.pattern = page, pattern
        self.held: list[Route] = []
        catch(page, pattern, self._take)

    def _take(self, route: Route) -> None:
        if self.held:
            route.continue_()
        else:
            self.held.append(route)

    def caught(self, press: Callable[[], object]) -> None:
        """Returns when that press has something held here."""
        with self.page.expect_request(self.pattern):
            press()

    def open(self) -> None:
        self.held[0].continue_()


def several_answers(page: Page) -> None:
    """Time enough for what was sent, if it was, to be answered."""
    for _ in range(10):
        page.evaluate("fetch('/healthz')")
