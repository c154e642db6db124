"""Importing: 1,000,000 CSV rows by `manage.py import_tasks`, beside the barest load of the same file."""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from bench import processes, product, registers
from bench.part import Case, Figures, Judged, Part, Run, every
from dashboard.register.models import TrackedTask

MEMORY = 200.0
"""The most megabytes of memory for an import of any length."""
COLUMNS = ["kind", "task_id", "status", "model", "prompt", "created_at", "width", "height", "duration"]
NEWEST = datetime(2026, 1, 1, tzinfo=UTC)


def measure(case: Case) -> Figures:
    file = Path(settings.VAR_DIR, "tasks.csv")
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(row(number) for number in range(case.rows))
    registers.migrate()
    figures: Figures = {}
    # The second time every row is known, and nothing changes.
    for name in ["bare load"] if case.bare else ["import", "the same file again"]:
        with product.undisturbed():
            # A whole process, with its start. After many times the usual time it is stuck.
            command, patience = ["manage.py", "import_tasks", str(file)], 120 + case.rows / 1000
            seconds, peak = (bare(file), 0) if case.bare else processes.to_its_end(*command, seconds=patience)
        figures[name] = {"s": seconds, "rows / s": case.rows / seconds} | ({"peak MB": peak / 1e6} if peak else {})
        # A load that did not do its work must not be measured.
        assert TrackedTask.objects.count() == case.rows
        last = TrackedTask.objects.get(task_id=row(case.rows - 1)[1])
        assert last.created_at == NEWEST - timedelta(seconds=15 * (case.rows - 1))
    return figures


def row(number: int) -> list[object]:
    # Ids are in random order, like a provider's, so that their index is filled everywhere.
    code = hashlib.blake2b(str(number).encode(), digest_size=10).hexdigest()
    kind = "video" if number % 3 == 0 else "image"
    prompt = f"A lighthouse at dusk, number {number}, watercolour on rough paper, wide angle"
    created_at = (NEWEST - timedelta(seconds=15 * number)).isoformat()
    details = [1280, 720, 5.0] if kind == "video" else [2048, 2048, ""]
    return [kind, f"{code[:4]}_{code[4:]}", "completed", "seedreamv4", prompt, created_at, *details]


def bare(file: Path) -> float:
    """Seconds for the whole file in one transaction, without look-ups, checks or output."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # The file lacks these columns, and the product's table has no defaults for them.
            for name, value in besides().items():
                cursor.execute(f'ALTER TABLE {registers.TASKS} ALTER COLUMN "{name}" SET DEFAULT %s', [value])
    began = time.perf_counter()
    with transaction.atomic():
        _copy(file) if connection.vendor == "postgresql" else _execute_many(file)
    return time.perf_counter() - began


def besides() -> dict[str, Any]:
    """The values of a new row for every required column that the file lacks."""
    found = registers.values_of_a_new_row(TrackedTask) | {"urls": json.dumps([]), "tracked_at": timezone.now()}
    return {name: value for name, value in found.items() if name not in COLUMNS}


def _copy(file: Path) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {registers.TASKS} ({', '.join(COLUMNS)}) FROM STDIN WITH (FORMAT csv, HEADER)") as copy,
        file.open("rb") as stream,
    ):
        while part := stream.read(1 << 16):
            copy.write(part)


def _execute_many(file: Path) -> None:
    constants = besides()
    names = ", ".join(f'"{name}"' for name in [*COLUMNS, *constants])
    holes = ", ".join(["?"] * (len(COLUMNS) + len(constants)))
    connection.ensure_connection()
    connection.connection.executemany(
        f"INSERT INTO {registers.TASKS} ({names}) VALUES ({holes})",  # nosec B608 # pieces from the code, values beside them
        _cells(file, [str(value) for value in constants.values()]),
    )


def _cells(file: Path, constants: list[str]) -> Iterator[list[str | None]]:
    with file.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        for cells in rows:
            yield [cell or None for cell in cells] + list(constants)


def judge(run: Run, same: list[Run]) -> Judged:
    (bare,) = (other for other in same if other.case.bare)
    for name, figures in run.figures.items() if run is not bare else ():
        yield f"{name} ÷ bare load", run.median(name, "s") / bare.median("bare load", "s"), {}
        yield f"{name}: peak MB", max(figures["peak MB"]), {"at_most": MEMORY}


PART = Part(
    options={"rows": (1_000_000, "rows of the file"), "repeat": (1, "how often it is loaded into an empty register")},
    cases=lambda options: every({**options, "bare": [True, False]}) * options["repeat"],
    measure=measure,
    judge=judge,
)
