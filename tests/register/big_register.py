"""A register large enough for a planner to care, made in a second: some rows, doubled by the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection

from dashboard.database import prompt_reading
from dashboard.register.models import TrackedTask
from tests.factories import TrackedTaskFactory

BEGINNING = datetime(2026, 3, 1, tzinfo=UTC)
SEEDS, DOUBLINGS = 1250, 4
RARE, COMMON = "zeppelin", "lighthouse"


def fill() -> int:
    """Adds 20,000 tasks with rare and common values of everything that the list filters by."""
    TrackedTask.objects.bulk_create([_seed(number) for number in range(SEEDS)])
    copied = [
        field.column
        for field in TrackedTask._meta.concrete_fields
        if not field.generated and field.name not in {"id", "task_id"}
    ]
    names = ", ".join(copied)
    with connection.cursor() as cursor:
        for _ in range(DOUBLINGS):
            cursor.execute(
                f"INSERT INTO register_trackedtask (task_id, {names}) SELECT task_id || '.' || last, {names} "
                "FROM register_trackedtask, (SELECT max(id) AS last FROM register_trackedtask) AS doubling"
            )
    prompt_reading.keep_up()
    return TrackedTask.objects.count()


def _seed(number: int) -> TrackedTask:
    return TrackedTaskFactory.build(
        task_id=f"{number:04x}_{number:06d}",
        kind="video" if number % 10 < 3 else "image",
        status="queued" if number % 200 == 7 else "failed" if number % 8 == 0 else "completed",
        presence={0: "deleted", 1: "missing", 2: "deleting"}.get(number % 25, "present"),
        model=f"model{number % 7}",
        prompt=f"A {RARE}" if number == 77 else f"A {COMMON} at dusk",
        created_at=None if number % 20 == 3 else BEGINNING + timedelta(hours=number),
    )


def analyze() -> None:
    with connection.cursor() as cursor:
        for table in ("register_trackedtask", "register_prompts"):
            if connection.vendor == "postgresql" or table == "register_trackedtask":
                cursor.execute(f"ANALYZE {table}")
