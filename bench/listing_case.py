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
    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)


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
            return Run(case=case, pages=[timed(page, visitor, repeat=case.repeat) for page in pages])


def timed(page: Page, visitor: Visitor, *, repeat: int) -> Timed:
    """Ours and the peer's take turns, so that a disturbance does not strike one of them alone."""
    found = Timed(name=page.name)
    for turn in range(WARM + repeat):
        for path, row, seconds in ((page.ours, OURS, found.ours), (page.peer, PEERS, found.peer)):
            answer = visitor.get(path)
            shown = row.findall(answer.text)
            # What shows something else is not measured. The peer has its own order for unknown times.
            assert answer.status == 200, (path, answer.status)
            assert len(shown) == len(page.shown), (path, len(shown), len(page.shown))
            assert shown == page.shown or row is PEERS, path
            assert set(shown) == set(page.shown) or not page.same_rows, path
            if turn >= WARM:
                seconds.append(answer.seconds)
    return found


if __name__ == "__main__":
    cases.main(Case, measure)
