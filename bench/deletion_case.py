"""One measured deletion, in a process of its own because settings are read once: prints its figures as JSON.

`python -m bench.deletion_case '{"database": "sqlite", …}'`
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass

from bench import cases, databases, processes, product, provider


@dataclass(frozen=True, kw_only=True)
class Case:
    database: str
    items: int
    batch: int = 100
    latency: float
    concurrency: int
    verify: str
    peer: bool = True
    """The bare loop runs too; without it, a web server whose pages are looked at meanwhile."""

    @property
    def patience(self) -> float:
        """Seconds after which something must be wrong: many times what it takes."""
        return 120 + self.items * (0.02 + self.latency / 10)


@dataclass(frozen=True, kw_only=True)
class Run:
    """Times in seconds, memory in bytes, one entry a worker where it is a list."""

    wall: float
    """From `confirmed_at` to `finished_at`."""
    confirming: float
    """What the person who confirmed waited for."""
    first_call: float
    """From `confirmed_at` until the first call left."""
    deletes: int
    look_ups: int
    most_in_flight: int
    peer: float | None
    """What the bare loop took for as many calls, straight before."""
    cpu: list[float]
    peak_memory: list[int]
    web_memory: int | None
    """Of the web process that showed strip and deletion all the time."""
    load: float
    """The machine's load average before the run: above 0 somebody else worked here, or the run before did."""


def measure(case: Case, place: product.Place) -> Run:
    load = os.getloadavg()[0]
    with ExitStack() as stack:
        address = stack.enter_context(provider.running(latency=case.latency, log=place.log))
        configure(case, place, address, stack.enter_context(databases.fresh(case.database, place.folder)))
        # Django's rows can be imported only now.
        from bench import deletion_rows
        from bench.deletion_watch import Watch

        first, deletion = deletion_rows.drafts(case.items)
        peer = bare_loop(case, address) if case.peer else None
        workers = stack.enter_context(place.workers(product.WORKERS[case.database]))
        watch = None if case.peer else stack.enter_context(Watch.over(deletion, place))
        deletion_rows.wait_for_workers(len(workers))
        # Imports and first looks are over then: measured are workers that stand by, of an account in use.
        deletion_rows.confirm(first)
        deletion_rows.wait_until_finished(first, alive=lambda: True, seconds=case.patience)
        time.sleep(1)
        provider.forget_calls(address)
        recorded = deletion_rows.calls()
        spent = [processes.cpu_seconds(worker) for worker in workers]
        confirming = deletion_rows.confirm(deletion)
        deletion_rows.wait_until_finished(
            deletion, alive=lambda: all(worker.poll() is None for worker in workers), seconds=case.patience
        )
        ledger = provider.ledger(address)
        # A deletion that did not do its work, or whose books are wrong, is not measured.
        assert deletion.deleted == deletion.total == case.items
        assert sum(ledger["calls"].values()) == deletion_rows.calls() - recorded
        return Run(
            wall=deletion_rows.seconds_to_finish(deletion),
            confirming=confirming,
            first_call=deletion_rows.seconds_to_first_call(deletion),
            deletes=ledger["calls"]["delete"],
            look_ups=ledger["calls"]["look_up"],
            most_in_flight=ledger["max_in_flight"],
            peer=peer,
            cpu=[processes.cpu_seconds(worker) - before for worker, before in zip(workers, spent, strict=True)],
            peak_memory=[processes.peak_memory(worker.pid) for worker in workers],
            web_memory=watch.peak_memory() if watch else None,
            load=load,
        )


def configure(case: Case, place: product.Place, address: str, database_url: str) -> None:
    place.configure(
        database_url,
        TENSORSLAB_API_URL=address,
        TENSORSLAB_BATCH_SIZE=case.batch,
        TENSORSLAB_CONCURRENCY=case.concurrency,
        DELETION_GRACE_SECONDS=0,
        DELETION_VERIFY=case.verify,
    )


def bare_loop(case: Case, address: str) -> float:
    ids = [f"peer_{number:016x}" for number in range(case.items)]
    batches = [ids[start : start + case.batch] for start in range(0, len(ids), case.batch)]
    return provider.bare_loop(address, batches, concurrency=case.concurrency, look_up=case.verify == "sample")


if __name__ == "__main__":
    cases.main(Case, measure)
