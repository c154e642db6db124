"""Freezing: what freezing, confirming and undoing 1,000,000 tasks costs, and what a colleague waits meanwhile."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from bench import product, registers, report
from bench.part import Case, Figures, Judged, Part, Run
from bench.visitor import Answer, Visitor, meanwhile
from dashboard.calls import accounts, clock
from dashboard.calls.models import Kind
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion
from dashboard.register import presses
from dashboard.register.filters.filter import Filter
from dashboard.register.models import TrackedTask

BARE = 1.5
DIALOG = 2.0

WEB_PROCESSES = 2
"""As many as the product's supervisor starts."""
QUIET = 5.0
"""Seconds, at most, for which a colleague is watched while nothing else goes on."""
LOOK = 0.05
"""Seconds between two checks while waiting."""
THINKS = 0.02
"""Seconds between two pages of a colleague."""
OWN_TASKS = 2000
DELETES_EVERY = 1.0
"""Seconds between two deletions of one task each."""


def measure(case: Case) -> Figures:
    registers.make(case.rows)
    user = registers.person("operator")
    bare, freezes, dialogs = [], [], []
    for _ in range(case.repeat):
        with product.undisturbed():
            bare.append(seconds_bare(case.rows))
            freezes.append(seconds_to_freeze(case.rows, user))
    written, frozen = map(list, zip(*freezes, strict=True))
    with product.web(workers=WEB_PROCESSES) as web, product.workers(case.database):
        operator = Operator(Visitor(web.host, user), rows=case.rows)
        with product.undisturbed():
            selected = operator.select_all()
        for number in range(case.repeat):
            if number:
                operator.press("keep")
            with product.undisturbed():
                dialogs.append(operator.open_dialog())
        colleague = Colleague(Visitor(web.host, registers.person("colleague")))
        with colleague.at_work("nothing else"):
            time.sleep(min(QUIET, case.rows / 10_000))
        with colleague.at_work("confirming"):
            confirmed, armed = operator.press_until("confirm", "armed_at__isnull", False)
        with colleague.at_work("undoing"):
            undone, kept = operator.press_until("undo", "kept", case.rows)
    seconds = {"bare": bare, "written down": written, "frozen": frozen, "dialog": dialogs, "select all": selected}
    seconds |= {"confirmation answered": confirmed, "all shown as being deleted": armed}
    seconds |= {"Undo answered": undone, "all kept": kept}
    return {name: {"s": values} for name, values in seconds.items()} | colleague.found


def seconds_bare(rows: int) -> float:
    """Inserts the same items without any check: same table, indexes and order, commit included."""
    draft = Deletion.objects.create(actor_name="bench", host=accounts.current_host(), created_at=timezone.now())
    began = time.perf_counter()
    registers.insert_items(draft, outcome="'waiting'", number=rows)
    seconds = time.perf_counter() - began
    forget()
    return seconds


def seconds_to_freeze(rows: int, user: User) -> tuple[float, float]:
    """Until the last item was written down, and until the set was described and signed: as the job does."""
    selection = presses.select_all(user=user, filter=Filter())
    began = time.perf_counter()
    draft = freezing.begin(selection=selection, actor=user, now=clock.now())
    written = 0.0
    while freezing.step(draft, now=clock.now()):
        written = time.perf_counter() - began
    signed = time.perf_counter() - began
    draft.refresh_from_db()
    assert draft.total == draft.size == draft.items.count() == rows
    assert draft.fingerprint
    forget()
    return written, signed


def forget() -> None:
    """Empties the table of items at once, so that the next run starts like this one."""
    with connection.cursor() as cursor:
        cursor.execute(f"{'TRUNCATE' if connection.vendor == 'postgresql' else 'DELETE FROM'} {registers.ITEMS}")
    Deletion.objects.all().delete()
    registers.settle()


class Operator:
    def __init__(self, visitor: Visitor, *, rows: int) -> None:
        self.visitor, self.rows = visitor, rows
        self.selection = self.draft = ""
        # Many times the usual time: after that it is stuck.
        self.patience = 120 + rows / 500

    def select_all(self) -> float:
        answer = self._post("/tasks/selection/", action="all", selection="", shown="")
        (self.selection,) = parse_qs(urlsplit(answer.location).query)["selection"]
        return answer.seconds

    def open_dialog(self) -> float:
        """Seconds from pressing *Delete…* until the page with its button was there."""
        began = time.perf_counter()
        path = f"/deletions/new/?selection={self.selection}"
        self.draft = self._post(path, selection=self.selection, shown="").location
        button = re.compile(rf"<button[^>]*>\s*Delete {self.rows:,} tasks\s*</button>")
        product.until(
            lambda: bool(button.search(self.visitor.page(self.draft).text)), seconds=self.patience, pause=LOOK
        )
        return time.perf_counter() - began

    def press(self, action: str) -> float:
        return self._post(f"{self.draft}{action}/", reason="Measuring", typed=self.rows).seconds

    def press_until(self, action: str, field: str, reached: object) -> tuple[float, float]:
        """Seconds until the press was answered, and until the deletion's field has this value."""
        began = time.perf_counter()
        answered = self.press(action)
        uuid = self.draft.strip("/").rpartition("/")[2]
        mine = Deletion.objects.filter(uuid=uuid, total=self.rows, **{field: reached})
        product.until(mine.exists, seconds=self.patience, pause=LOOK)
        return answered, time.perf_counter() - began

    def _post(self, path: str, **fields: object) -> Answer:
        answer = self.visitor.post(path, **fields)
        assert answer.status == 303, (path, answer.status, answer.text)
        return answer


class Colleague:
    """Loads the list almost without pause, and deletes a task of their own each second."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.found: Figures = {}
        now = timezone.now()
        # Made after everything was selected, so that the large deletion never has them.
        self.tasks = TrackedTask.objects.bulk_create(
            TrackedTask(kind=Kind.IMAGE, task_id=f"own_{number:016x}", created_at=now, tracked_at=now)
            for number in range(OWN_TASKS)
        )

    @contextmanager
    def at_work(self, phase: str) -> Iterator[None]:
        self.seconds: list[float] = []
        self.deletions = self.refused = 0
        self.due = time.monotonic()
        with product.undisturbed(), meanwhile(self.look, pause=THINKS):
            yield
        counted = {"pages": len(self.seconds), "deletions": self.deletions, "refused": self.refused}
        self.found[f"a colleague's pages, {phase}"] = counted | report.milliseconds(self.seconds)

    def look(self) -> None:
        self._note(self.visitor.get("/tasks/"))
        if time.monotonic() >= self.due and self.tasks:
            self.delete_one(self.tasks.pop().pk)
            self.due = time.monotonic() + DELETES_EVERY

    def delete_one(self, task: int) -> None:
        draft = self._note(self.visitor.post("/deletions/new/", selection="", shown=task, task=task))
        if draft.status == 303:
            self._note(self.visitor.get(draft.location))
            confirmed = self._note(self.visitor.post(f"{draft.location}confirm/", reason="Measuring", typed=""))
            self.deletions += confirmed.status == 303

    def _note(self, answer: Answer) -> Answer:
        self.seconds.append(answer.seconds)
        self.refused += answer.status >= 400
        return answer


def judge(run: Run, same: list[Run]) -> Judged:
    """The bare statement neither describes nor sorts a set, so only the part that it does too has a goal."""
    yield "written down ÷ bare", run.median("written down", "s") / run.median("bare", "s"), {"at_most": BARE}
    yield "frozen ÷ bare", run.median("frozen", "s") / run.median("bare", "s"), {}
    yield "dialog ÷ frozen", run.median("dialog", "s") / run.median("frozen", "s"), {"at_most": DIALOG}


PART = Part(
    options={
        "rows": (1_000_000, "size of the register and of the deletion"),
        "repeat": (3, "how often it is frozen, and its dialog opened"),
    },
    # Nothing is ever sent: everything happens within the time for Undo.
    environment=lambda case: {"DELETION_GRACE_SECONDS": 86_400},
    measure=measure,
    judge=judge,
)
