"""Somebody else who works on while a whole register is frozen, confirmed or undone. Needs Django set up."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.utils import timezone

from bench.product import Web
from bench.visitor import Answer, Visitor
from bench.waits import summary
from dashboard.calls.models import Kind
from dashboard.inventory.models import TrackedTask

THINKS = 0.02
"""Seconds between two pages."""
OWN_TASKS = 2000
DELETES_EVERY = 1.0
"""Seconds between two deletions of one task each."""


class Colleague:
    def __init__(self, web: Web, user: User) -> None:
        self.visitor, self.tasks = Visitor(web.host, user), own_tasks()
        self.waits: dict[str, list[float]] = defaultdict(list)
        self.deletions: dict[str, int] = defaultdict(int)
        self.refused: dict[str, int] = defaultdict(int)

    @contextmanager
    def at_work(self, phase: str) -> Iterator[None]:
        """Loads pages as long as the block lasts, at least one, and until the last one has come."""
        over_now = threading.Event()
        working = threading.Thread(target=self.work, args=(phase, over_now))
        working.start()
        try:
            yield
        finally:
            over_now.set()
            working.join()

    def work(self, phase: str, over_now: threading.Event) -> None:
        due = time.monotonic()
        over = False
        while not over:
            self.note(phase, self.visitor.get("/tasks/"))
            if time.monotonic() >= due and self.tasks:
                self.delete_one(phase)
                due = time.monotonic() + DELETES_EVERY
            over = over_now.wait(THINKS)

    def delete_one(self, phase: str) -> None:
        task = self.tasks.pop()
        draft = self.note(phase, self.visitor.post("/deletions/new/", selection="", shown=task, task=task))
        if draft.status == 303:
            self.note(phase, self.visitor.get(draft.location))
            confirmed = self.note(phase, self.visitor.post(f"{draft.location}confirm/", reason="Measuring", typed=""))
            self.deletions[phase] += confirmed.status == 303

    def note(self, phase: str, answer: Answer) -> Answer:
        self.waits[phase].append(answer.seconds)
        self.refused[phase] += answer.status >= 400
        return answer

    def summaries(self) -> dict[str, dict[str, float]]:
        return {
            phase: {**summary(waits), "deletions": self.deletions[phase], "refused": self.refused[phase]}
            for phase, waits in self.waits.items()
        }


def own_tasks() -> list[int]:
    """Tasks that came after everything was selected, so that the large deletion never holds them."""
    now = timezone.now()
    made = TrackedTask.objects.bulk_create(
        TrackedTask(kind=Kind.IMAGE, task_id=f"own_{number:016x}", created_at=now, tracked_at=now)
        for number in range(OWN_TASKS)
    )
    return [task.pk for task in made]
