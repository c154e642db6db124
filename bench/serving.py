"""Serving: the product's web server beside gunicorn's own threads and granian, with and without slow clients."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from functools import partial
from itertools import product

from bench import processes, registers, report
from bench.part import Case, Figures, Judged, Part, Run, every
from bench.product import served_by, undisturbed
from bench.visitor import Visitor
from dashboard.operations import supervision

OURS = "ours (waitress)"
PROCESSES, THREADS = 2, 8
"""For each server: what the product starts."""
PEOPLE = 8
PAGE = "/tasks/"
PROBED = ("/healthz", PAGE)
PAUSE = 0.02
PATIENCE = 10.0
"""Seconds after which a probe gives up, and which then count as its time."""

PAGES = "pages / s"


def measure(case: Case) -> Figures:
    """All servers run at once and are asked in turn: first by people alone, then beside slow clients."""
    registers.make(case.rows)
    person = registers.person("bench")
    with ExitStack() as stack:
        hosts = {name: stack.enter_context(served_by(command)).host for name, command in SERVERS.items()}
        people = {name: [Visitor(host, person) for _ in range(PEOPLE)] for name, host in hosts.items()}
        figures: Figures = {name: {PAGES: []} for name in hosts}
        stack.enter_context(undisturbed())
        for _ in range(case.repeat):
            for name in hosts:
                figures[name][PAGES].append(pages_per_second(people[name], seconds=case.load))
        for name, host in hosts.items():
            headers = people[name][0].headers
            for path, found in probed(host, headers, seconds=case.load).items():
                figures[f"{name}, {path}, quiet"] = found
            with processes.running("-m", "bench.slow_clients", host, str(case.slow), talks=True) as (clients,):
                processes.first_line(clients)
                for path, found in probed(host, headers, seconds=case.seconds).items():
                    figures[f"{name}, {path}, beset"] = found
    return figures


def gthread(host: str) -> list[str]:
    where = ["--bind", host, "--workers", str(PROCESSES), "--no-control-socket"]
    # Connections are kept as long as ours. The default is two seconds, or less when it is busy.
    threads = ["--worker-class", "gthread", "--threads", str(THREADS), "--keep-alive", "75"]
    return ["-m", "gunicorn", "dashboard.wsgi", *where, *threads, "--graceful-timeout", "1"]


def granian(host: str) -> list[str]:
    name, port = host.split(":")
    where = ["--host", name, "--port", port, "--workers", str(PROCESSES), "--blocking-threads", str(THREADS)]
    return ["-m", "granian", "dashboard.wsgi:application", "--interface", "wsgi", *where]


SERVERS: dict[str, Callable[[str], list[str]]] = {
    OURS: partial(supervision.web_server, processes=PROCESSES),
    "gunicorn gthread": gthread,
    "granian": granian,
}
"""Each at one address, with as many processes and threads as the others; the rest are defaults."""


def pages_per_second(people: list[Visitor], *, seconds: float) -> float:
    """Pages per second for all people together, each over a connection that stays open."""
    for visitor in people:
        # The server may have closed it during the turns of the others.
        visitor.connection.close()
        visitor.page(PAGE)
    began = time.monotonic()

    def visit(visitor: Visitor) -> int:
        number = 0
        while time.monotonic() < began + seconds:
            visitor.page(PAGE)
            number += 1
        return number

    with ThreadPoolExecutor(max_workers=len(people)) as pool:
        shown = sum(pool.map(visit, people))
    return shown / (time.monotonic() - began)


def probed(host: str, headers: dict[str, str], *, seconds: float) -> Figures:
    """Probes both paths at once, each again and again over new connections, as a load balancer and a person do.

    Without an answer the time is `PATIENCE`.
    """
    end = time.monotonic() + seconds

    def probe(path: str) -> dict[str, float]:
        took: list[float] = []
        unanswered = 0
        while time.monotonic() < end:
            began = time.perf_counter()
            answered = is_answered(host, path, headers)
            took.append(time.perf_counter() - began if answered else PATIENCE)
            unanswered += not answered
            time.sleep(PAUSE)
        return {"asked": len(took), "unanswered": unanswered, **report.milliseconds(took)}

    with ThreadPoolExecutor(max_workers=len(PROBED)) as pool:
        return dict(zip(PROBED, pool.map(probe, PROBED), strict=True))


def is_answered(host: str, path: str, headers: dict[str, str]) -> bool:
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)
        return True
    return False


def judge(run: Run, same: list[Run]) -> Judged:
    for name in SERVERS:
        yield f"{name} ÷ ours: pages", run.median(name, PAGES) / run.median(OURS, PAGES), {}
    for name, path in product(SERVERS, PROBED):
        quiet, beset = (run.median(f"{name}, {path}, {kind}", "p99, ms") for kind in ("quiet", "beset"))
        ours = run.median(f"{OURS}, {path}, beset", "p99, ms")
        yield f"{name}, {path}: beset ÷ quiet", beset / quiet, {}
        yield f"{name}, {path}: beset ÷ ours", beset / ours, {}


PART = Part(
    options={
        "rows": (10_000, "size of the register whose first page is shown"),
        "slow": (200, "slow clients, a fourth of each kind"),
        "seconds": (60.0, "of each server beside slow clients"),
        "load": (10.0, "seconds of each turn without them"),
        "repeat": (3, "how often the servers take turns without them"),
    },
    # On SQLite, because this measures the server and not the database.
    cases=lambda options: every({**options, "database": "sqlite"}),
    measure=measure,
    judge=judge,
)
