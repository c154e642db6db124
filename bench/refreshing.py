"""Looking up: how near a refresh comes to what the provider allows, and whether a deletion notices it."""

from __future__ import annotations

import io
import math
import os
import time
from datetime import timedelta
from typing import Any

import requests as http
from django.core.management import call_command
from django.utils import timezone

from bench import deletion, processes, product, registers
from bench.part import Case, Figures, Judged, Part, Run, every
from dashboard.calls.models import Kind, ProviderCall, Worker
from dashboard.deletions.models import Deletion
from dashboard.register.models import Status, TrackedTask

IDEAL = 1.1
UNDISTURBED = 1.05
FAST = 100_000
"""Calls a minute of a refresh that never waits."""
DELETED = 10_000
"""Tasks of the deletion that is timed alone, and beside a refresh."""


def cases(options: dict[str, Any]) -> list[Case]:
    deleted, repeat = options.pop("deleted"), options.pop("repeat")
    alone = every({**options, "tasks": 0, "deleted": deleted})
    beside = every({**options, "tasks": options["tasks"][-1], "deleted": deleted})
    return every({**options, "deleted": 0}) + [*alone, *beside] * repeat


def environment(case: Case) -> dict[str, object]:
    return {
        "TENSORSLAB_API_URL": f"http://{product.free_host()}",
        "TENSORSLAB_CONCURRENCY": case.concurrency,
        # As it is by default: what is confirmed begins a while later, which gives refreshing its notice.
        "DELETION_GRACE_SECONDS": 3 if case.deleted else 0,
        "REFRESH_CALLS_PER_MINUTE": FAST if case.deleted and case.tasks else 0,
    }


def measure(case: Case) -> Figures:
    return deletion_beside(case) if case.deleted else alone(case)


def alone(case: Case) -> Figures:
    """By `manage.py refresh_tasks`."""
    told = io.StringIO()
    load = os.getloadavg()[0]
    registers.migrate()
    put(case.tasks)
    with deletion.sandbox(case.latency) as provider, product.undisturbed():
        spent, began = time.process_time(), time.perf_counter()
        call_command("refresh_tasks", stdout=told)
        wall = time.perf_counter() - began
        counts = http.get(f"{provider}/__ledger?summary=1", timeout=10).json()
    calls = sum(counts["calls"].values())
    # What did not do its work, or was recorded wrongly, must not be measured.
    assert told.getvalue() == f"{case.tasks:,} looked up, 0 of them missing, 0 without an answer\n", told.getvalue()
    assert calls == ProviderCall.objects.filter(state="answered").count() == ProviderCall.objects.count()
    assert TrackedTask.objects.filter(checked_at=None).count() == 0
    ideal = math.ceil(calls / case.concurrency) * case.latency
    return {
        "looked up": {"÷ ideal": wall / ideal, "ideal s": ideal, "tasks / s": case.tasks / wall, "load": load},
        "calls": {"controls": calls - case.tasks, "most in flight": counts["max_in_flight"]},
        "cost": {"CPU s / 1,000": (time.process_time() - spent) / case.tasks * 1000},
    }


def deletion_beside(case: Case) -> Figures:
    """Seconds from its beginning to its end, of a deletion beside workers that refresh as fast as they may."""
    first, measured = deletion.drafts(case.deleted)
    put(case.tasks)
    with deletion.sandbox(case.latency), product.undisturbed(), product.workers(case.database) as workers:
        product.until(lambda: Worker.objects.count() == len(workers), seconds=60)
        deletion.confirm(first)
        deletion.wait_until_finished(first, workers, case_of(case))
        if case.tasks:
            product.until(lambda: TrackedTask.objects.filter(checked_at__isnull=False).count() > 500, seconds=60)
        else:
            time.sleep(2)
        deletion.confirm(measured)
        before = looked_up()
        deletion.wait_until_finished(measured, workers, case_of(case))
        assert measured.deleted == measured.total == case.deleted
        ended = looked_up()
        if case.tasks:
            # It was there all the time, and goes on by itself.
            assert before
            product.until(lambda: looked_up() > ended, seconds=60)
        peak = max(processes.peak_memory(worker.pid) for worker in workers) / 1e6
    return {"deletion": {"seconds": seconds(measured), "worker MB": peak}}


def looked_up() -> int:
    return ProviderCall.objects.filter(deletion=None, purpose="").count()


def seconds(row: Deletion) -> float:
    assert row.starts_at
    assert row.finished_at
    return (row.finished_at - row.starts_at).total_seconds()


def case_of(case: Case) -> Case:
    return Case(items=case.deleted, latency=case.latency)


def put(tasks: int) -> None:
    """Tasks of which the register knows only the ids, so that every answer fills something in."""
    now = timezone.now()
    TrackedTask.objects.bulk_create(
        (
            TrackedTask(
                kind=Kind.IMAGE,
                task_id=f"abcd_{10_000_000 + number:016x}",
                status=Status.UNKNOWN,
                created_at=now - timedelta(days=30, seconds=number),
                tracked_at=now,
            )
            for number in range(tasks)
        ),
        batch_size=2000,
    )


def judge(run: Run, same: list[Run]) -> Judged:
    if not run.case.deleted:
        yield "wall ÷ ideal", run.median("looked up", "÷ ideal"), {"at_most": IDEAL}
    elif run.case.tasks:
        alone = next(other for other in same if other.case.deleted and not other.case.tasks)
        ratio = run.median("deletion", "seconds") / alone.median("deletion", "seconds")
        yield "a deletion beside it ÷ alone", ratio, {"at_most": UNDISTURBED}


PART = Part(
    options={
        "tasks": ([20_000, 100_000], "tasks to look up"),
        "latency": (0.05, "seconds the provider takes for an answer"),
        "concurrency": (4, "calls in flight"),
        "deleted": (DELETED, "tasks of the deletion that runs alone and beside a refresh"),
        "repeat": (3, "how often that deletion is made"),
    },
    cases=cases,
    environment=environment,
    measure=measure,
    judge=judge,
)
