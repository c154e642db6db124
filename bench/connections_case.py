"""Every way to send calls, in turn with the others, to one server."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass

from bench import cases, connections_server, product
from bench.connections_ways import WAYS, Call

WARM = 5


@dataclass(frozen=True, kw_only=True)
class Case:
    tls: bool
    calls: int
    rounds: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """Seconds a call, one entry a round, by way."""

    wall: dict[str, list[float]]
    cpu: dict[str, list[float]]
    """Of our process alone, all threads; the server is another."""


def measure(case: Case, place: product.Place) -> Run:
    certificate = connections_server.certificate(place.folder, "IP:127.0.0.1") if case.tls else None
    names = [name for name in WAYS if case.tls or "authorities" not in name]
    run = Run(wall={name: [] for name in names}, cpu={name: [] for name in names})
    with connections_server.running(tls=certificate, log=place.log) as address, ExitStack() as stack:
        calls = {name: stack.enter_context(WAYS[name](address, certificate)) for name in names}
        for call in calls.values():
            timed(call, WARM)
        for _ in range(case.rounds):
            with product.undisturbed():
                for name, call in calls.items():
                    wall, cpu = timed(call, case.calls)
                    run.wall[name].append(wall)
                    run.cpu[name].append(cpu)
    return run


def timed(call: Call, number: int) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(number):
        call()
    return (time.perf_counter() - wall) / number, (time.process_time() - cpu) / number


if __name__ == "__main__":
    cases.main(Case, measure)
