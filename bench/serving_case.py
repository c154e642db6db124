"""The web servers, all of them up at once and asked in turn: first by people alone, then beside slow clients."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench import cases, databases, processes, product, waits

if TYPE_CHECKING:
    from bench.visitor import Visitor

PROCESSES, THREADS = 2, 8
"""Of each server: what the product starts."""
PEOPLE = 8
PAGE = "/tasks/"
PROBED = ("/healthz", PAGE)
PAUSE = 0.02
PATIENCE = 10.0
"""Seconds after which a probe gives up; it then counts as having taken so long."""


@dataclass(frozen=True, kw_only=True)
class Case:
    rows: int
    slow: int
    seconds: float
    """Beside slow clients, each server."""
    load: float
    """Of people alone, each time."""
    repeat: int


@dataclass(kw_only=True)
class Served:
    per_second: list[float] = field(default_factory=list)
    """Pages, one entry a turn."""
    quiet: dict[str, dict[str, float]] = field(default_factory=dict)
    beset: dict[str, dict[str, float]] = field(default_factory=dict)
    """Seconds, by path; `unanswered` of them ended with our patience."""


@dataclass(frozen=True, kw_only=True)
class Run:
    servers: dict[str, Served]


def measure(case: Case, place: product.Place) -> Run:
    with databases.fresh("sqlite", place.folder) as url, ExitStack() as stack:
        place.configure(url)
        from bench import registers
        from bench.visitor import Visitor

        registers.make(case.rows)
        person = registers.person("bench")
        place.collect_static()
        hosts = {name: stack.enter_context(place.served_by(command)).host for name, command in commands().items()}
        people = {name: [Visitor(host, person) for _ in range(PEOPLE)] for name, host in hosts.items()}
        run = Run(servers={name: Served() for name in hosts})
        with product.undisturbed():
            for _ in range(case.repeat):
                for name, served in run.servers.items():
                    served.per_second.append(pages_per_second(people[name], seconds=case.load))
            for name, served in run.servers.items():
                headers = people[name][0].headers
                served.quiet = probed(hosts[name], headers, seconds=case.load)
                slow = ("-m", "bench.serving_slow", hosts[name], str(case.slow))
                with processes.running(*slow, log=place.log) as (clients,):
                    assert clients.stdout is not None
                    assert clients.stdout.readline()
                    served.beset = probed(hosts[name], headers, seconds=case.seconds)
        return run


def commands() -> dict[str, Callable[[str], list[str]]]:
    """Each server, at one address, with as many processes and threads as the others; else as it comes."""
    from dashboard.monitoring import supervision

    def gthread(host: str) -> list[str]:
        where = ["--bind", host, "--workers", str(PROCESSES), "--no-control-socket"]
        # Connections are kept as long as ours are. By default that is two seconds, or less when it is busy.
        threads = ["--worker-class", "gthread", "--threads", str(THREADS), "--keep-alive", "75"]
        return ["-m", "gunicorn", "dashboard.wsgi", *where, *threads, "--graceful-timeout", "1"]

    def granian(host: str) -> list[str]:
        name, port = host.split(":")
        where = ["--host", name, "--port", port, "--workers", str(PROCESSES), "--blocking-threads", str(THREADS)]
        return ["-m", "granian", "dashboard.wsgi:application", "--interface", "wsgi", *where]

    return {
        "ours (waitress)": lambda host: supervision.web_server(host, processes=PROCESSES),
        "gunicorn gthread": gthread,
        "granian": granian,
    }


def pages_per_second(people: list[Visitor], *, seconds: float) -> float:
    """How many of the page all of them are shown, each over a connection that stays open."""
    shown: list[int] = []

    def visit(visitor: Visitor, end: float) -> None:
        number = 0
        while time.monotonic() < end:
            answer = visitor.get(PAGE)
            assert answer.status == 200, answer.status
            number += 1
        shown.append(number)

    for visitor in people:
        # Its server may have closed it while the others had their turns.
        visitor.connection.close()
        visitor.get(PAGE)
    began = time.monotonic()
    at_once([lambda visitor=visitor: visit(visitor, began + seconds) for visitor in people])  # type: ignore[misc]
    took = time.monotonic() - began
    assert len(shown) == len(people), "Somebody was shown no page."
    return sum(shown) / took


def probed(host: str, headers: dict[str, str], *, seconds: float) -> dict[str, dict[str, float]]:
    """Both paths at once, each asked again and again, as a load balancer and a person do who come anew each time."""
    found: dict[str, dict[str, float]] = {}

    def probe(path: str) -> None:
        end = time.monotonic() + seconds
        took: list[float] = []
        unanswered = 0
        while time.monotonic() < end:
            began = time.perf_counter()
            answered = is_answered(host, path, headers)
            took.append(time.perf_counter() - began if answered else PATIENCE)
            unanswered += not answered
            time.sleep(PAUSE)
        found[path] = {**waits.summary(took), "unanswered": unanswered}

    at_once([lambda path=path: probe(path) for path in PROBED])  # type: ignore[misc]
    return found


def is_answered(host: str, path: str, headers: dict[str, str]) -> bool:
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    assert answer.status == 200, (path, answer.status)
    return True


def at_once(acts: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    cases.main(Case, measure)
