"""One register of one size: each page in turn from us and from Django admin, and what it shows is looked at."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench import cases, databases, product

if TYPE_CHECKING:
    from bench.listing_pages import Page
    from bench.visitor import Visitor

WARM = 3
IN_TURN = 10
"""Times as often as beside the peer: without it a page takes milliseconds, and a ratio near 1 needs many of them."""
PER_PAGE = 100
DEEP = 5000
ELSEWHERE = "http://127.0.0.2:9"
OURS = re.compile(r'aria-label="Select ([^" ]+)"')
PEERS = re.compile(r'<th class="field-task_id"><a [^>]*>([^<]+)</a>')


@dataclass(frozen=True, kw_only=True)
class Case:
    database: str
    rows: int
    repeat: int


@dataclass(frozen=True, kw_only=True)
class Timed:
    """Seconds, one entry a load."""

    name: str
    rows: int = 0
    """Shown."""
    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    in_turn: list[float] = field(default_factory=list)
    """Ours once more, each after another of ours: a peer that reads half the register leaves every cache to itself."""


@dataclass(frozen=True, kw_only=True)
class Run:
    case: Case
    pages: list[Timed]


def measure(case: Case, place: product.Place) -> Run:
    with databases.fresh(case.database, place.folder) as url:
        # The pictures of sample tasks are at the account's address. Elsewhere they are remote, and no thumbnail shows.
        place.configure(url, settings="bench.changelist.settings", TASKS_PER_PAGE=PER_PAGE)
        from bench import listing_pages, registers

        registers.make(case.rows)
        pages = listing_pages.pages(deep=min(DEEP, math.ceil(case.rows / PER_PAGE)), size=PER_PAGE)
        person = registers.person("bench")
        from bench.visitor import Visitor

        os.environ["TENSORSLAB_API_URL"] = ELSEWHERE
        with place.web(workers=1) as web, product.undisturbed():
            visitor = Visitor(web.host, person)
            measured = [timed(page, visitor, repeat=case.repeat) for page in pages]
            for turn in range(WARM + IN_TURN * case.repeat):
                for page, found in zip(pages, measured, strict=True):
                    seconds = load(page, visitor)
                    if turn >= WARM:
                        found.in_turn.append(seconds)
            return Run(case=case, pages=measured)


def timed(page: Page, visitor: Visitor, *, repeat: int) -> Timed:
    """Ours and the peer's take turns, so that a disturbance does not strike one of them alone."""
    found = Timed(name=page.name, rows=len(page.shown))
    for turn in range(WARM + repeat):
        for peer, seconds in ((False, found.ours), (True, found.peer))[: 2 if page.peer else 1]:
            took = load(page, visitor, peer=peer)
            if turn >= WARM:
                seconds.append(took)
    return found


def load(page: Page, visitor: Visitor, *, peer: bool = False) -> float:
    """Seconds. What shows something else is not measured."""
    path, row = (page.peer, PEERS) if peer else (page.ours, OURS)
    answer = visitor.get(path)
    shown = row.findall(answer.text)
    assert answer.status == 200, (path, answer.status)
    assert len(shown) == len(page.shown), (path, len(shown), len(page.shown))
    # The peer has its own order for unknown times.
    assert shown == page.shown or peer, path
    assert set(shown) == set(page.shown) or not page.same_rows, path
    return answer.seconds


if __name__ == "__main__":
    cases.main(Case, measure)
