"""A whole register frozen, asked about, confirmed and undone, in one process that drives web server and workers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench import cases, databases, product

if TYPE_CHECKING:
    from bench.freezing_steps import Operator

WEB_PROCESSES = 2
"""As many as the product's supervisor starts."""
QUIET = 5.0
"""Seconds, at most, that a colleague is watched while nothing else goes on."""


@dataclass(frozen=True, kw_only=True)
class Case:
    database: str
    rows: int
    repeat: int

    @property
    def patience(self) -> float:
        """Seconds after which something must be wrong: many times what it takes."""
        return 120 + self.rows / 500


@dataclass(frozen=True, kw_only=True)
class Run:
    """Times in seconds, one entry a run where it is a list."""

    case: Case
    written: list[float]
    """Until the last item was written down."""
    freeze: list[float]
    """Until the set was described and signed, too."""
    bare: list[float]
    """The same rows by the plainest `INSERT … SELECT`, in turn with ours."""
    select_all: float
    dialog: list[float]
    """From pressing *Delete…* until the page with its button was there."""
    confirm: float
    armed: float
    """From the press until every task was shown as being deleted."""
    undo: float
    undone: float
    waits: dict[str, dict[str, float]]
    """What a colleague's pages took, by what went on meanwhile."""


def measure(case: Case, place: product.Place) -> Run:
    with databases.fresh(case.database, place.folder) as url:
        # Nothing is ever sent: everything here happens within the time for Undo.
        place.configure(url, DELETION_GRACE_SECONDS=86_400)
        from bench import freezing_steps, registers

        registers.make(case.rows)
        operator = freezing_steps.Operator(registers.person("operator"), patience=case.patience)
        freeze: list[tuple[float, float]] = []
        bare: list[float] = []
        for _ in range(case.repeat):
            with product.undisturbed():
                bare.append(freezing_steps.bare(case.rows))
                freeze.append(operator.freeze(case.rows))
        with place.web(workers=WEB_PROCESSES) as web, place.workers(product.WORKERS[case.database]):
            operator.visit(web.host)
            return pressed(case, operator, web, freeze=freeze, bare=bare)


def pressed(
    case: Case, operator: Operator, web: product.Web, *, freeze: list[tuple[float, float]], bare: list[float]
) -> Run:
    from bench import registers
    from bench.freezing_colleague import Colleague

    with product.undisturbed():
        select_all = operator.select_all()
    dialog = []
    for number in range(case.repeat):
        if number:
            operator.keep()
        with product.undisturbed():
            dialog.append(operator.open_dialog(case.rows))
    colleague = Colleague(web, registers.person("colleague"))
    with product.undisturbed(), colleague.at_work("nothing else"):
        time.sleep(min(QUIET, case.rows / 10_000))
    with product.undisturbed(), colleague.at_work("confirming"):
        confirm, armed = operator.confirm(case.rows)
    with product.undisturbed(), colleague.at_work("undoing"):
        undo, undone = operator.undo(case.rows)
    return Run(
        case=case,
        written=[written for written, _ in freeze],
        freeze=[signed for _, signed in freeze],
        bare=bare,
        select_all=select_all,
        dialog=dialog,
        confirm=confirm,
        armed=armed,
        undo=undo,
        undone=undone,
        waits=colleague.summaries(),
    )


if __name__ == "__main__":
    cases.main(Case, measure)
