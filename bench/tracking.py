"""Tracking: a generator of 10,000 tasks reports them while the dashboard is killed and started again."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from statistics import median, quantiles
from subprocess import Popen  # nosec B404 # processes.py starts them

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from bench import processes, product, registers
from bench.part import Case, Figures, Judged, Part, Run
from dashboard.access.people.asking import By
from dashboard.access.tokens import making
from dashboard.access.tokens.scopes import Scope
from dashboard.operations import supervision
from dashboard.register.models import TrackedTask

UP, DOWN = 6.0, 3.0
"""Seconds until it is killed, its start among them, and until it is started again."""
PATIENCE = 600.0


def measure(case: Case) -> Figures:
    registers.migrate()
    call_command("collectstatic", interactive=False, verbosity=0)
    person = registers.person("bench")
    _, token = making.make(by=By(user=person), name="bench", scopes=[Scope.INGEST], days=1, now=timezone.now())
    host, folder = product.free_host(), Path(settings.VAR_DIR)
    made, told = folder / "made", folder / "told.json"
    options = {"dashboard": f"http://{host}", "token": token, "spool": str(folder / "spool"), "made": str(made)}
    with processes.running("-m", "bench.generating", "provider", talks=True) as (provider,):
        options |= {"api_url": processes.first_line(provider).strip(), "tasks": case.tasks}
        command = ["-m", "bench.generating", "generator", json.dumps(options), str(told)]
        with product.undisturbed(), processes.running(*command) as (generator,):
            kills = _beset(generator, host, made=made)
    found = json.loads(told.read_text(encoding="utf-8"))
    registered = TrackedTask.objects.count()
    figures: Figures = {name: _spread(values) for name, values in found["seconds"].items()}
    assert registered <= case.tasks
    missing = case.tasks - registered
    return figures | {"tasks": {"kills": kills, **found["counts"], "in the register": registered, "missing": missing}}


def _beset(generator: Popen[bytes], host: str, *, made: Path) -> int:
    """Kills the dashboard again and again until all calls are made. How often that was."""
    kills, end = 0, time.monotonic() + PATIENCE
    while generator.poll() is None and time.monotonic() < end:
        with processes.running(*supervision.web_server(host, processes=2)) as (server,):
            until = time.monotonic() + UP
            while generator.poll() is None and time.monotonic() < (end if made.exists() else until):
                time.sleep(0.05)
            if generator.poll() is None:
                for pid in [*processes.children(server.pid), server.pid]:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                kills += 1
                time.sleep(DOWN)
    return kills


def _spread(seconds: list[float]) -> dict[str, float]:
    hundredths = quantiles(seconds, n=100)
    return {
        "median ms": 1000 * median(seconds),
        "p95 ms": 1000 * hundredths[94],
        "p99 ms": 1000 * hundredths[98],
        "max ms": 1000 * max(seconds),
    }


def judge(run: Run, same: list[Run]) -> Judged:
    yield "added, p99 ms", run.median("added", "p99 ms"), {"at_most": 2.0}
    yield "missing tasks", run.median("tasks", "missing"), {"at_most": 0.0}


PART = Part(
    options={"tasks": (10_000, "tasks that the generator makes, and as many without a tracker")},
    measure=measure,
    judge=judge,
)
