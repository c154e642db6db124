"""One file into one empty register: by the product, twice, or by the barest means."""

from __future__ import annotations

from dataclasses import dataclass

from bench import cases, databases, processes, product


@dataclass(frozen=True, kw_only=True)
class Case:
    database: str
    rows: int
    bare: bool

    @property
    def patience(self) -> float:
        """Seconds after which something must be wrong: many times what it takes."""
        return 120 + self.rows / 1000


@dataclass(frozen=True, kw_only=True)
class Run:
    """One entry a load. The second one is of the same file: every row is known by then, and nothing changes."""

    seconds: list[float]
    memory: list[int]
    """The most bytes that the process held. Of a bare load nobody asks."""


def measure(case: Case, place: product.Place) -> Run:
    with databases.fresh(case.database, place.folder) as url:
        place.configure(url)
        from bench import importing_rows, registers

        file = place.folder / "tasks.csv"
        importing_rows.write(file, case.rows)
        registers.migrate()
        run = Run(seconds=[], memory=[])
        for _ in range(1 if case.bare else 2):
            with product.undisturbed():
                if case.bare:
                    run.seconds.append(importing_rows.bare(file))
                else:
                    command = ["manage.py", "import_tasks", str(file)]
                    seconds, memory = processes.to_its_end(*command, log=place.log, seconds=case.patience)
                    run.seconds.append(seconds)
                    run.memory.append(memory)
            importing_rows.check(case.rows)
    return run


if __name__ == "__main__":
    cases.main(Case, measure)
