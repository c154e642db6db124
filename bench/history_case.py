"""One history of one size: each of its pages in turn, then the report of its largest deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench import cases, databases, product

if TYPE_CHECKING:
    from bench.visitor import Visitor

WARM = 2


@dataclass(frozen=True, kw_only=True)
class Case:
    database: str
    items: int
    deletions: int
    repeat: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """Times in seconds, one entry a load; memory and sizes in bytes."""

    case: Case
    pages: dict[str, list[float]]
    report_items: int
    report_seconds: float
    report_size: int
    memory_before: int
    """Of the web process, after all pages."""
    memory_after: int


def measure(case: Case, place: product.Place) -> Run:
    with databases.fresh(case.database, place.folder) as url:
        place.configure(url)
        from bench import history_rows, registers
        from bench.visitor import Visitor

        largest = history_rows.make(size=case.items, deletions=case.deletions)
        paths = history_rows.paths(largest)
        report = f"{largest.get_absolute_url()}report.csv"
        with place.web(workers=1) as web, product.undisturbed():
            visitor = Visitor(web.host, registers.person("bench"))
            pages = loaded(paths, visitor, repeat=case.repeat)
            memory_before = web.peak_memory()
            size, seconds = visitor.download(report)
            memory_after = web.peak_memory()
    return Run(
        case=case,
        pages=pages,
        report_items=largest.total,
        report_seconds=seconds,
        report_size=size,
        memory_before=memory_before,
        memory_after=memory_after,
    )


def loaded(paths: dict[str, tuple[str, str]], visitor: Visitor, *, repeat: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in paths}
    for turn in range(WARM + repeat):
        for name, (path, shown) in paths.items():
            answer = visitor.get(path)
            # What shows something else is not measured.
            assert answer.status == 200, (path, answer.status)
            assert shown in answer.text, path
            if turn >= WARM:
                found[name].append(answer.seconds)
    return found


if __name__ == "__main__":
    cases.main(Case, measure)
