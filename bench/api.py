"""The API: rows that programs send to `POST /api/tasks/`, beside `manage.py import_tasks` of a file of as many."""

from __future__ import annotations

import csv
import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from bench import processes, product, registers
from bench.importing import COLUMNS, row
from bench.part import Case, Figures, Judged, Part, Run
from dashboard.access.people.asking import By
from dashboard.access.tokens import making
from dashboard.access.tokens.scopes import Scope
from dashboard.register.models import TrackedTask

IMPORT, ONE, MANY, AGAIN = "a file", "one client", "20 clients at once", "one client, the same again"
CLIENTS = 20
AT_ONCE = 1000
PROCESSES = 2
"""Of the web server: what the product starts."""


def measure(case: Case) -> Figures:
    registers.migrate()
    token = _token()
    calls = case.rows // AT_ONCE
    figures: Figures = {}
    with product.web(workers=PROCESSES) as web, product.undisturbed():
        file = _file(case.rows, first=0)
        seconds, _ = processes.to_its_end("manage.py", "import_tasks", str(file), seconds=120 + case.rows / 1000)
        figures[IMPORT] = {"s": seconds, "rows / s": case.rows / seconds}
        # Each sends other rows, so that all are new; the last sends those again that one client sent.
        for number, name, clients in ((1, ONE, 1), (2, MANY, CLIENTS), (1, AGAIN, 1)):
            bodies = [_body(number * case.rows + call * AT_ONCE) for call in range(calls)]
            seconds, longest = _sent(web.host, token, bodies, clients=clients)
            figures[name] = {"s": seconds, "rows / s": case.rows / seconds, "longest call, s": longest}
    # A load that did not do its work must not be measured.
    assert TrackedTask.objects.count() == 3 * case.rows
    return figures


def _token() -> str:
    person = registers.person("bench")
    about: dict[str, Any] = {"name": "bench", "scopes": [Scope.INGEST], "days": 1, "now": timezone.now()}
    return making.make(by=By(user=person), **about)[1]


def _file(rows: int, *, first: int) -> Path:
    file = Path(settings.VAR_DIR, "tasks.csv")
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(row(number) for number in range(first, first + rows))
    return file


def _body(first: int) -> bytes:
    tasks = [dict(zip(COLUMNS, row(number), strict=True)) for number in range(first, first + AT_ONCE)]
    return json.dumps({"tasks": tasks}).encode()


def _sent(host: str, token: str, bodies: list[bytes], *, clients: int) -> tuple[float, float]:
    """Seconds for all, and for the longest call."""
    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        longest = max(pool.map(lambda mine: _send(host, token, bodies[mine::clients]), range(clients)))
        return time.perf_counter() - began, longest


def _send(host: str, token: str, bodies: list[bytes]) -> float:
    connection, longest = http.client.HTTPConnection(host, timeout=120), 0.0
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for body in bodies:
        began = time.perf_counter()
        connection.request("POST", "/api/tasks/", body, headers)
        answer = connection.getresponse()
        told: dict[str, Any] = json.loads(answer.read())
        assert (answer.status, told.get("problems")) == (200, []), told
        longest = max(longest, time.perf_counter() - began)
    connection.close()
    return longest


def judge(run: Run, same: list[Run]) -> Judged:
    for name in (ONE, MANY, AGAIN):
        yield f"{name} ÷ {IMPORT}, rows a second", run.median(name, "rows / s") / run.median(IMPORT, "rows / s"), {}


PART = Part(
    options={"rows": (50_000, "rows of the file, and of each way to send them")},
    measure=measure,
    judge=judge,
    environment=lambda case: {"API_CALLS_PER_MINUTE": 1_000_000},
)
