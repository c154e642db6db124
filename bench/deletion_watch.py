"""Somebody who looks at a deletion while it runs. Needs Django set up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from bench.product import Place, Web
from bench.visitor import Visitor
from dashboard.deletions.models import Deletion

PAUSE = 0.5
"""Seconds between two looks: more often than any page of ours asks."""


class Watch:
    def __init__(self, web: Web, visitor: Visitor, paths: list[str]) -> None:
        self.web, self.visitor, self.paths = web, visitor, paths
        self.over_now = threading.Event()
        self.refused: list[tuple[str, int]] = []

    @classmethod
    @contextmanager
    def over(cls, deletion: Deletion, place: Place) -> Iterator[Self]:
        assert deletion.actor
        with place.web(workers=1) as web:
            paths = ["/deletions/strip/", deletion.get_absolute_url()]
            watch = cls(web, Visitor(web.host, deletion.actor), paths)
            looking = threading.Thread(target=watch.look)
            looking.start()
            try:
                yield watch
            finally:
                watch.over_now.set()
                looking.join()

    def look(self) -> None:
        while not self.over_now.wait(PAUSE):
            for path in self.paths:
                answer = self.visitor.get(path)
                if answer.status >= 400:
                    self.refused.append((path, answer.status))

    def peak_memory(self) -> int:
        assert not self.refused, self.refused[:3]
        return self.web.peak_memory()
