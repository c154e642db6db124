"""The file that is imported, and the barest ways to load it. Needs Django set up."""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from bench import registers
from dashboard.inventory.models import TrackedTask

TABLE = TrackedTask._meta.db_table
COLUMNS = ["kind", "task_id", "status", "model", "prompt", "created_at", "width", "height", "duration"]
NEWEST = datetime(2026, 1, 1, tzinfo=UTC)


def write(file: Path, rows: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(row(number) for number in range(rows))


def row(number: int) -> list[object]:
    # Ids come in no order, as a provider's do: their index is filled all over.
    code = hashlib.blake2b(str(number).encode(), digest_size=10).hexdigest()
    kind = "video" if number % 3 == 0 else "image"
    prompt = f"A lighthouse at dusk, number {number}, watercolour on rough paper, wide angle"
    created_at = (NEWEST - timedelta(seconds=15 * number)).isoformat()
    details = [1280, 720, 5.0] if kind == "video" else [2048, 2048, ""]
    return [kind, f"{code[:4]}_{code[4:]}", "completed", "seedreamv4", prompt, created_at, *details]


def check(rows: int) -> None:
    """A load that did not do its work is not measured."""
    assert TrackedTask.objects.count() == rows
    last = TrackedTask.objects.get(task_id=row(rows - 1)[1])
    assert last.created_at == NEWEST - timedelta(seconds=15 * (rows - 1))


def bare(file: Path) -> float:
    """Seconds for the whole file in one transaction; nothing is looked up, checked or told."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # The file has no such columns, and the product's table no defaults for them.
            for name, value in besides().items():
                cursor.execute(f'ALTER TABLE {TABLE} ALTER COLUMN "{name}" SET DEFAULT %s', [value])
    began = time.perf_counter()
    with transaction.atomic():
        _copy(file) if connection.vendor == "postgresql" else _execute_many(file)
    return time.perf_counter() - began


def besides() -> dict[str, Any]:
    """Of every other column that must have a value, the one that it has in a new row."""
    found = registers.values_of_a_new_row(TrackedTask) | {"urls": json.dumps([]), "tracked_at": timezone.now()}
    return {name: value for name, value in found.items() if name not in COLUMNS}


def _copy(file: Path) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {TABLE} ({', '.join(COLUMNS)}) FROM STDIN WITH (FORMAT csv, HEADER)") as copy,
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
        f"INSERT INTO {TABLE} ({names}) VALUES ({holes})",  # nosec B608 # pieces from the code, values beside them
        _cells(file, [str(value) for value in constants.values()]),
    )


def _cells(file: Path, constants: list[str]) -> Iterator[list[str | None]]:
    with file.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        for cells in rows:
            yield [cell or None for cell in cells] + list(constants)
