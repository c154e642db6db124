"""What there is to see of tasks, or why there is nothing: one query for a whole page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.urls import reverse

from dashboard.database import sql
from dashboard.media import hosts
from dashboard.media.models import Reason, State
from dashboard.register.models import LISTED, TrackedTask

COLUMNS = "task_id, number, state, reason, detail, token, width, height, duration, frames, film, original"
STATEMENT = f"""
    SELECT {COLUMNS} FROM media_picture WHERE {{where}}
    UNION ALL
    SELECT -1, 0, '', '', '', name, 0, 0, 0, 0, '', 0 FROM media_allowedhost"""  # nosec B608 # only names from the code
"""The hosts that administrators allowed come along, in place of the token."""
HOST = -1
FIRST = f"number = 0 AND {sql.among('task_id')}"
EVERY = "task_id = %s"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A result file of a task: its pictures, or `reason`, one of the two. Addresses are our own."""

    task: int
    number: int = 0
    reason: Reason | None = None
    host: str = ""
    """The host that an administrator could allow; empty unless that is why there is nothing."""
    is_coming: bool = False
    """It is fetched once somebody asks for it, or is about to be."""
    source: str = ""
    """Where it came from, as a link for people: nothing of ours loads it."""
    tiny: str = ""
    """64 px at most; of a film its poster, as the next two."""
    small: str = ""
    """320 px."""
    large: str = ""
    """1600 px, or as large as it is."""
    film: str = ""
    """The film itself, where it was kept."""
    is_film: bool = False
    strip: str = ""
    """`frames` pictures of a film's first three seconds, side by side."""
    frames: int = 0
    width: int | None = None
    height: int | None = None
    duration: float | None = None

    @property
    def words(self) -> str:
        return self.reason.label if self.reason else ""


@dataclass(frozen=True)
class _Row:
    """As the columns above."""

    task_id: int
    number: int
    state: str
    reason: str
    detail: str
    token: str
    width: int | None
    height: int | None
    duration: float | None
    frames: int | None
    film: str
    original: int | None


def of_tasks(tasks: Iterable[TrackedTask]) -> dict[int, Shown]:
    """The first picture of each, by the number of the task."""
    tasks = list(tasks)
    if not tasks:
        return {}
    clicked, rows = _found(FIRST, sql.array_of([task.pk for task in tasks]))
    return {task.pk: _shown(task, 0, rows.get((task.pk, 0)), clicked) for task in tasks}


def of_task(task: TrackedTask) -> list[Shown]:
    """All that it has, in their order; one that says why where it has none."""
    clicked, rows = _found(EVERY, task.pk)
    numbers = range(max(len(task.web_urls), 1))
    return [_shown(task, number, rows.get((task.pk, number)), clicked) for number in numbers]


def _found(where: str, value: object) -> tuple[set[str], dict[tuple[int, int], _Row]]:
    rows = [_Row(*row) for row in sql.rows(STATEMENT.format(where=where), value)]
    clicked = {row.token for row in rows if row.task_id == HOST}
    return clicked, {(row.task_id, row.number): row for row in rows if row.task_id != HOST}


def _shown(task: TrackedTask, number: int, row: _Row | None, clicked: set[str]) -> Shown:
    source = next(iter(task.web_urls[number : number + 1]), "")
    if row is not None and row.state == State.STORED:
        return _stored(row, source)
    if row is not None and row.state in {State.FORGOTTEN, State.EXPIRED}:
        return Shown(task=task.pk, number=number, reason=Reason(row.reason), source=source)
    if task.presence not in LISTED:
        return Shown(task=task.pk, number=number, reason=Reason.NONE_KEPT, source=source)
    if not source:
        return Shown(task=task.pk, number=number, reason=Reason.NO_FILE)
    name = hosts.name_of(source)
    if not hosts.is_allowed(name, clicked):
        reason = Reason.NOT_ALLOWED if name else Reason.NOT_PUBLIC
        return Shown(task=task.pk, number=number, reason=reason, host=name, source=source)
    if row is None or row.state == State.WAITING:
        return Shown(task=task.pk, number=number, reason=Reason.NOT_YET, is_coming=True, source=source)
    return _failed(row, source, clicked)


def _failed(row: _Row, source: str, clicked: set[str]) -> Shown:
    if row.reason != Reason.NOT_ALLOWED:
        return Shown(task=row.task_id, number=row.number, reason=Reason(row.reason), source=source)
    if hosts.is_allowed(row.detail, clicked):
        # It was not yet, when that was found.
        return Shown(task=row.task_id, number=row.number, reason=Reason.NOT_YET, is_coming=True, source=source)
    return Shown(task=row.task_id, number=row.number, reason=Reason.NOT_ALLOWED, host=row.detail, source=source)


def _stored(row: _Row, source: str) -> Shown:
    base = f"{_base()}{row.token}/"
    return Shown(
        task=row.task_id,
        number=row.number,
        source=source,
        is_film=bool(row.film),
        frames=row.frames or 0,
        width=row.width,
        height=row.height,
        duration=row.duration,
        tiny=f"{base}64.webp",
        small=f"{base}320.webp",
        large=f"{base}large.webp",
        strip=f"{base}strip.webp" if row.film else "",
        film=f"{base}film.{row.film}" if row.film and row.original is not None else "",
    )


@cache
def _base() -> str:
    # Looked up for each of 600 addresses, this would take as long as all the rest.
    return reverse("media-file", args=["0" * 32, "64.webp"]).removesuffix(f"{'0' * 32}/64.webp")
