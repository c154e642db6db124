"""What one person does with a whole register, and the bare peer of freezing it. Needs Django set up."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from bench import items, registers
from bench.product import until
from bench.visitor import Visitor
from dashboard.calls import accounts, clock
from dashboard.deletions import manifest
from dashboard.deletions.models import Deletion
from dashboard.inventory import selecting
from dashboard.inventory.filters import Filter

LOOK = 0.05
"""Seconds between two looks at something that is awaited."""


def bare(rows: int) -> float:
    """Seconds that the same items take with no look at anything: same table, indexes and order, commit included."""
    draft = Deletion.objects.create(actor_name="bench", host=accounts.current_host(), created_at=timezone.now())
    began = time.perf_counter()
    items.insert(draft, outcome="'waiting'", number=rows)
    seconds = time.perf_counter() - began
    forget()
    return seconds


def forget() -> None:
    """Empties the table of items at once, as it was before, so that the next run finds what this one found."""
    with connection.cursor() as cursor:
        cursor.execute(f"{'TRUNCATE' if connection.vendor == 'postgresql' else 'DELETE FROM'} {items.ITEMS}")
    Deletion.objects.all().delete()
    registers.settle()


class Operator:
    visitor: Visitor
    selection: str
    draft: str
    """The path of the deletion in hand."""

    def __init__(self, user: User, *, patience: float) -> None:
        self.user, self.patience = user, patience

    def freeze(self, rows: int) -> tuple[float, float]:
        """Seconds until the last item was written down, and until the set was described and signed: as the job does."""
        selection = selecting.select_all(user=self.user, filter=Filter())
        began = time.perf_counter()
        draft = manifest.begin(selection=selection, actor=self.user, now=clock.now())
        written = 0.0
        while manifest.step(draft, now=clock.now()):
            written = time.perf_counter() - began
        signed = time.perf_counter() - began
        draft.refresh_from_db()
        assert draft.total == draft.size == draft.items.count() == rows
        assert draft.fingerprint
        forget()
        return written, signed

    def visit(self, host: str) -> None:
        self.visitor = Visitor(host, self.user)

    def select_all(self) -> float:
        answer = self.visitor.post("/tasks/selection/", action="all", selection="", shown="")
        assert answer.status == 303, answer.text
        (self.selection,) = parse_qs(urlsplit(answer.location).query)["selection"]
        return answer.seconds

    def open_dialog(self, rows: int) -> float:
        began = time.perf_counter()
        answer = self.visitor.post(f"/deletions/new/?selection={self.selection}", selection=self.selection, shown="")
        assert answer.status == 303, answer.text
        self.draft = answer.location
        button = re.compile(rf"<button[^>]*>\s*Delete {rows:,} tasks\s*</button>")
        until(lambda: bool(button.search(self._get(self.draft))), seconds=self.patience, pause=LOOK)
        return time.perf_counter() - began

    def keep(self) -> None:
        self._post("keep/")

    def confirm(self, rows: int) -> tuple[float, float]:
        """Seconds until the press was answered, and until all tasks were shown as being deleted."""
        began = time.perf_counter()
        answered = self._post("confirm/", reason="Measuring", typed=rows)
        mine = Deletion.objects.filter(uuid=self.draft.strip("/").rpartition("/")[2])
        until(lambda: mine.filter(armed_at__isnull=False).exists(), seconds=self.patience, pause=LOOK)
        armed = time.perf_counter() - began
        assert mine.get().size == rows
        return answered, armed

    def undo(self, rows: int) -> tuple[float, float]:
        began = time.perf_counter()
        answered = self._post("undo/")
        mine = Deletion.objects.filter(uuid=self.draft.strip("/").rpartition("/")[2])
        until(lambda: mine.filter(kept=rows).exists(), seconds=self.patience, pause=LOOK)
        return answered, time.perf_counter() - began

    def _get(self, path: str) -> str:
        answer = self.visitor.get(path)
        assert answer.status == 200, (path, answer.status)
        return answer.text

    def _post(self, action: str, **fields: object) -> float:
        answer = self.visitor.post(f"{self.draft}{action}", **fields)
        assert answer.status == 303, (action, answer.status, answer.text)
        return answer.seconds
