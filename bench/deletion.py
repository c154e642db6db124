"""Deleting: how near a deletion comes to what the provider allows, what it costs, and whether memory stays flat."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from subprocess import Popen  # nosec B404 # processes.py starts them
from typing import Any

import requests as http
from django.conf import settings
from django.utils import timezone

from bench import processes, product, registers
from bench.part import Case, Figures, Judged, Part, Run, every
from bench.visitor import Visitor, meanwhile
from dashboard.calls.models import Kind, ProviderCall, Worker
from dashboard.deletions import actions
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, State
from dashboard.register.models import Status, TrackedTask

IDEAL = 1.1
PER_ITEM = 1.2
"""The greatest ratio of time per item of a large deletion to that of a small one."""

BATCH = 100
OTHERS = 20
"""The newest tasks, which are not deleted: they can be witnesses, as in any register."""
FIRST = 20
"""Tasks of the account's first deletion, before the measured one, in which it learns the form of ghosts."""
KNOWN = "(abcd|peer)_0{8}[0-9a-f]{8}"
"""The ids of a measured deletion and of the bare loop; others never existed."""
LOOKS_EVERY = 0.5
"""Seconds between two looks at a running deletion: more often than any of our pages polls."""


def cases(options: dict[str, Any]) -> list[Case]:
    sizes = options.pop("memory")
    timed = every({**options, "watched": False})
    watched = {"items": sizes, "latency": 0.0, "concurrency": 4, "verify": "none", "watched": True}
    repeat: int = options["repeat"]
    return timed * repeat + every({**options, **watched})


def environment(case: Case) -> dict[str, object]:
    return {
        "TENSORSLAB_API_URL": f"http://{product.free_host()}",
        "TENSORSLAB_BATCH_SIZE": BATCH,
        "TENSORSLAB_CONCURRENCY": case.concurrency,
        "DELETION_GRACE_SECONDS": 0,
        "DELETION_VERIFY": case.verify,
    }


def measure(case: Case) -> Figures:
    # A load above 0 means that another process, or the run before, disturbed this one.
    load = os.getloadavg()[0]
    first, deletion = drafts(case.items)
    with ExitStack() as stack:
        provider = stack.enter_context(sandbox(case.latency))
        stack.enter_context(product.undisturbed())
        peer = 0.0 if case.watched else bare_loop(case)
        workers = stack.enter_context(product.workers(case.database))
        web = stack.enter_context(watched(deletion)) if case.watched else None
        product.until(lambda: Worker.objects.count() == len(workers), seconds=60)
        # Now imports and first looks are over: the workers stand by, and the account is in use.
        confirm(first)
        wait_until_finished(first, workers, case)
        time.sleep(1)
        # The provider's own numbers count the calls that reached it.
        http.post(f"{provider}/__control", json={"forget_calls": True}, timeout=10).raise_for_status()
        recorded = ProviderCall.objects.left().count()
        spent = sum(map(processes.cpu_seconds, workers))
        confirming = confirm(deletion)
        wait_until_finished(deletion, workers, case)
        counts = http.get(f"{provider}/__ledger?summary=1", timeout=10).json()
        # A deletion that did not do its work, or was recorded wrongly, must not be measured.
        assert deletion.deleted == deletion.total == case.items
        assert sum(counts["calls"].values()) == ProviderCall.objects.left().count() - recorded
        wall, first_call = seconds_until_its_end_and_first_call(deletion)
        figures: Figures = {
            "worked": {
                "ids / s": case.items / wall,
                "CPU s / 1,000": (sum(map(processes.cpu_seconds, workers)) - spent) / case.items * 1000,
                "worker MB": max(processes.peak_memory(worker.pid) for worker in workers) / 1e6,
                "load": load,
            },
            "waited": {"confirming s": confirming, "first call s": first_call},
        }
        besides = {"watched": {"web MB": web.peak_memory() / 1e6}} if web else ideally(case, counts, wall, peer)
        return figures | besides


def ideally(case: Case, counts: dict[str, Any], wall: float, peer: float) -> Figures:
    """The time of the calls if every slot always has one in flight and nothing else costs time."""
    calls = sum(counts["calls"].values())
    ideal = math.ceil(calls / case.concurrency) * case.latency
    counted = {"look-ups": counts["calls"]["look_up"], "most in flight": counts["max_in_flight"]}
    return {
        "timed": {"÷ ideal": wall / ideal, "bare loop ÷ ideal": peer / ideal, "ideal s": ideal},
        "calls": {"/ 1,000": calls / case.items * 1000, **counted},
    }


def drafts(items: int) -> list[Deletion]:
    """A small and a measured draft, over their own register, of images only, so that every call is full."""
    registers.migrate()
    now = timezone.now()
    made = TrackedTask.objects.bulk_create(
        (
            TrackedTask(
                kind=Kind.IMAGE,
                task_id=f"abcd_{number:016x}",
                status=Status.COMPLETED,
                model="seedreamv4",
                prompt=f"A lighthouse at dusk, number {number}, watercolour on rough paper",
                created_at=now + timedelta(minutes=number - 1_000_000),
                tracked_at=now,
            )
            for number in range(FIRST + items + OTHERS)
        ),
        batch_size=2000,
    )
    keys, actor = [task.pk for task in made], registers.person("bench")
    return [
        freezing.freeze_tasks(tasks=TrackedTask.objects.filter(pk__range=(part[0], part[-1])), actor=actor)
        for part in (keys[:FIRST], keys[FIRST : FIRST + items])
    ]


def confirm(deletion: Deletion) -> float:
    """Confirms it as a person would; returns how many seconds that took."""
    assert deletion.actor
    by = actions.By(user=deletion.actor)
    began = time.perf_counter()
    actions.confirm(deletion=deletion, by=by, reason="Measuring", typed=str(deletion.size), now=timezone.now())
    return time.perf_counter() - began


def wait_until_finished(deletion: Deletion, workers: Sequence[Popen[bytes]], case: Case) -> None:
    def finished() -> bool:
        assert all(worker.poll() is None for worker in workers), "A worker died."
        deletion.refresh_from_db()
        assert deletion.state != State.PAUSED, deletion.paused_reason
        return deletion.state == State.FINISHED

    # Many times the usual time: after that it is stuck.
    product.until(finished, seconds=120 + case.items * (0.02 + case.latency / 10))


def seconds_until_its_end_and_first_call(deletion: Deletion) -> list[float]:
    """Both since its confirmation."""
    first = ProviderCall.objects.filter(deletion=deletion.uuid).earliest("sent_at")
    began = deletion.confirmed_at
    return [(moment - began).total_seconds() for moment in (deletion.finished_at, first.sent_at) if moment and began]


@contextmanager
def watched(deletion: Deletion) -> Iterator[product.Web]:
    """Requests the strip and the deletion's page all the time."""
    assert deletion.actor
    with product.web(workers=1) as web:
        visitor, paths = Visitor(web.host, deletion.actor), ["/deletions/strip/", deletion.get_absolute_url()]
        with meanwhile(lambda: [visitor.page(path) for path in paths], pause=LOOKS_EVERY):
            yield web


@contextmanager
def sandbox(latency: float) -> Iterator[str]:
    """The address of a provider that takes so many seconds for every answer."""
    port = settings.TENSORSLAB_API_URL.rpartition(":")[2]
    command = ["-m", "tensorslab_api.sandbox", "--port", port, "--latency", str(latency), "--known", KNOWN]
    with processes.running(*command, talks=True) as (process,):
        processes.first_line(process)
        yield settings.TENSORSLAB_API_URL


def bare_loop(case: Case) -> float:
    """Seconds that a thread pool with one session per thread takes for as many ids, recording nothing.

    With look-ups it asks about three ids of every batch, about as many as `DELETION_VERIFY=sample` does.
    """
    ids = [f"peer_{number:016x}" for number in range(case.items)]
    threads = threading.local()

    def post(path: str, code: int, **body: object) -> None:
        session = threads.__dict__.setdefault("session", http.Session())
        url, headers = f"{settings.TENSORSLAB_API_URL}/v1/images/{path}", {"Authorization": "Bearer bench"}
        answer = session.post(url, json=body, headers=headers, timeout=30).json()
        assert answer["code"] == code, answer

    def send(start: int) -> None:
        batch = ids[start : start + BATCH]
        post("deleteimagestask", 1000, taskids=batch)
        for task_id in (batch[0], batch[len(batch) // 2], batch[-1]) if case.verify == "sample" else ():
            post("infobytaskid", 9999, taskid=task_id)

    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=case.concurrency) as pool:
        list(pool.map(send, range(0, len(ids), BATCH)))
    return time.perf_counter() - began


def judge(run: Run, same: list[Run]) -> Judged:
    if run.case.watched:
        smallest = min((other for other in same if other.case.watched), key=lambda other: other.case.items)
        growth = smallest.median("worked", "ids / s") / run.median("worked", "ids / s")
        yield f"an id ÷ at {smallest.case.items:,}", growth, {"at_most": PER_ITEM}
    else:
        yield "wall ÷ ideal", run.median("timed", "÷ ideal"), {"at_most": IDEAL}


PART = Part(
    options={
        "items": (10_000, "ids of each timed deletion"),
        "latency": (0.2, "seconds the provider takes for an answer"),
        "concurrency": ([4], "calls in flight"),
        "verify": (["none", "sample"], "what is looked up afterwards"),
        "repeat": (3, "how often each timed deletion is made"),
        "memory": ([1000, 10_000, 100_000], "ids, at a provider of 0 s"),
    },
    cases=cases,
    environment=environment,
    measure=measure,
    judge=judge,
)
