from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error
from django_tasks_db.models import DBTaskResult

from dashboard.calls import clock
from dashboard.calls.models import Worker

FRESH = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """Each part is “ok”, or a sentence that says what is wrong."""

    database: str = "ok"
    queue: str = "ok"
    worker: str = "ok"

    @property
    def ready(self) -> bool:
        return self.database == self.queue == self.worker == "ok"


def readiness() -> Readiness:
    try:
        # Workers beat by the database's clock.
        now = clock.now()
        last_beat = Worker.objects.order_by("-beat_at").values_list("beat_at", flat=True).first()
    except Error:
        # The error may name hosts and users, and this page is public: the database's own log has it.
        unasked = "Not asked: the database does not answer."
        return Readiness(database="The database does not answer.", queue=unasked, worker=unasked)
    return Readiness(queue=_queue(), worker=_worker(last_beat, now))


def _worker(last_beat: datetime | None, now: datetime) -> str:
    if last_beat is None:
        return "No worker has reported yet."
    if last_beat < now - FRESH:
        return f"No worker has reported for {FRESH.seconds} s."
    return "ok"


def _queue() -> str:
    try:
        DBTaskResult.objects.ready().exists()
    except Error:
        return "The queue's table does not answer. Run manage.py migrate."
    return "ok"
