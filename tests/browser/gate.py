from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route


class Gate:
    """Holds the first that is asked for at some address, until it is let through."""

    def __init__(self, page: Page, pattern: re.Pattern[str]) -> None:
        self.page, self.pattern = page, pattern
        self.held: list[Route] = []
        page.route(pattern, self._take)

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
