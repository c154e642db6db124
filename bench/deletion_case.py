"""One measured deletion, in a process of its own because settings are read once: prints its figures as JSON.

`python -m bench.deletion_case '{"database": "sqlite", …}'`
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import django

from bench import databases, processes, provider

WORKERS = {"sqlite": 1, "postgresql": 3}
"""As many as the product's supervisor starts."""


@dataclass(frozen=True, kw_only=True)
class Case:
    database: str
    items: int
    batch: int = 100
    latency: float
    concurrency: int
    verify: str
    peer: bool = True

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
    load: float
    """The machine's load average before the run: above 0 somebody else worked here, or the run before did."""


def main() -> None:
    processes.leave_at_sigterm()
    case = Case(**json.loads(sys.argv[1]))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        log = stack.enter_context((folder / "log").open("wb"))
        try:
            run = measure(case, folder, log, stack)
        except Exception:
            sys.stderr.write((folder / "log").read_text(errors="replace")[-4000:])
            raise
    sys.stdout.write(json.dumps(asdict(run)))


def measure(case: Case, folder: Path, log: IO[bytes], stack: ExitStack) -> Run:
    load = os.getloadavg()[0]
    address = stack.enter_context(provider.running(latency=case.latency, log=log))
    configure(case, folder, address, stack.enter_context(databases.fresh(case.database, folder)))
    # Django's rows can be imported only now.
    from bench import deletion_rows

    deletion = deletion_rows.draft(case.items)
    peer = bare_loop(case, address) if case.peer else None
    provider.forget_calls(address)
    command = ["manage.py", "worker"]
    workers = stack.enter_context(processes.running(*command, number=WORKERS[case.database], log=log))
    deletion_rows.wait_for_workers(len(workers))
    # Their imports and first looks are over then: what is measured is a worker that stands by, as in a running product.
    time.sleep(1)
    spent = [processes.cpu_seconds(worker) for worker in workers]
    confirming = deletion_rows.confirm(deletion)
    deletion_rows.wait_until_finished(
        deletion, alive=lambda: all(worker.poll() is None for worker in workers), seconds=case.patience
    )
    ledger = provider.ledger(address)
    # A deletion that did not do its work, or whose books are wrong, is not measured.
    assert deletion.deleted == deletion.total == case.items
    assert sum(ledger["calls"].values()) == deletion_rows.calls(deletion)
    return Run(
        wall=deletion_rows.seconds_to_finish(deletion),
        confirming=confirming,
        first_call=deletion_rows.seconds_to_first_call(deletion),
        deletes=ledger["calls"]["delete"],
        look_ups=ledger["calls"]["look_up"],
        most_in_flight=ledger["max_in_flight"],
        peer=peer,
        cpu=[processes.cpu_seconds(worker) - before for worker, before in zip(workers, spent, strict=True)],
        peak_memory=[processes.peak_memory(worker) for worker in workers],
        load=load,
    )


def configure(case: Case, folder: Path, address: str, database_url: str) -> None:
    """Our environment from here on, and that of the workers: the product's defaults but for what a case names."""
    product = ("TENSORSLAB_", "DELETION_", "SECRET_", "DEBUG", "DJANGO_")
    for name in [name for name in os.environ if name.startswith(product)]:
        del os.environ[name]
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "ENV_FILE": os.devnull,
        "VAR_DIR": str(folder),
        "DATABASE_URL": database_url,
        "TENSORSLAB_API_URL": address,
        "TENSORSLAB_API_KEY": "bench",
        "TENSORSLAB_BATCH_SIZE": str(case.batch),
        "TENSORSLAB_CONCURRENCY": str(case.concurrency),
        "DELETION_GRACE_SECONDS": "0",
        "DELETION_VERIFY": case.verify,
    }
    django.setup()


def bare_loop(case: Case, address: str) -> float:
    ids = [f"peer_{number:016x}" for number in range(case.items)]
    batches = [ids[start : start + case.batch] for start in range(0, len(ids), case.batch)]
    return provider.bare_loop(address, batches, concurrency=case.concurrency, look_up=case.verify == "sample")


if __name__ == "__main__":
    main()
