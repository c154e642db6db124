"""Stars: the team's mark for tasks to keep. One for a task, with who and when; “all matching” leaves these out."""

from __future__ import annotations

from django.db import transaction

from dashboard.audit import chain
from dashboard.calls import clock
from dashboard.database import prompt_reading, proposals
from dashboard.register import membership, selecting
from dashboard.register.filters.filter import Filter
from dashboard.register.models import Selection, Star, TaskQuerySet, TrackedTask

FEW_STARS = 5000
MOST = 1000
"""Tasks at once: the log has each by its id."""


class TooManyStars(Exception):
    """The text is a sentence for the operator."""


def star(numbers: list[int], *, actor: str, address: str) -> int:
    """Of tasks that have none yet; how many got one."""
    with transaction.atomic():
        tasks = list(TrackedTask.objects.filter(pk__in=numbers).exclude(pk__in=_starred(numbers)).order_by("pk"))
        now = clock.now()
        Star.objects.bulk_create([Star(task=task, by=actor, starred_at=now) for task in tasks], ignore_conflicts=True)
        _record("tasks.starred", tasks, actor=actor, address=address)
    return len(tasks)


def unstar(numbers: list[int], *, actor: str, address: str) -> int:
    with transaction.atomic():
        tasks = list(TrackedTask.objects.filter(pk__in=_starred(numbers)).order_by("pk"))
        Star.objects.filter(task__in=numbers).delete()
        _record("tasks.unstarred", tasks, actor=actor, address=address)
    return len(tasks)


def of_selection(selection: Selection, *, starred: bool) -> list[int]:
    """The tasks of it that have one, or have none. Raises `TooManyStars`."""
    tasks: TaskQuerySet = selecting.selected(selection)
    stars = Star.objects.values("task")
    tasks = tasks.filter(pk__in=stars) if starred else tasks.exclude(pk__in=stars)
    found = list(tasks.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    if len(found) > MOST:
        raise TooManyStars(f"At most {MOST:,} tasks are starred or unstarred at once. Select fewer.")
    return found


def known() -> list[int]:
    """Tasks that have one; of very many only the first."""
    return list(Star.objects.values_list("task_id", flat=True)[: FEW_STARS + 1])


def number_in(selection: Selection, stars: list[int]) -> int:
    """How many of these tasks are in it."""
    return len(membership.among(selection, stars)) if stars else 0


def starred_in(filter: Filter, stars: list[int], *, is_read: bool = False) -> int:
    """How many starred tasks “all matching” leaves out; none where they are asked for. `is_read`: see `outside`."""
    if filter.starred or not stars:
        return 0
    if len(stars) > FEW_STARS:
        return filter.queryset().filter(pk__in=Star.objects.values("task")).count()
    if not filter.prompt_words:
        return filter.narrow(TrackedTask.objects.filter(proposals.one_of(stars))).count()
    if not is_read:
        prompt_reading.keep_up()
    return filter.among(stars).count()


def _starred(numbers: list[int]) -> set[int]:
    return set(Star.objects.filter(task__in=numbers).values_list("task_id", flat=True))


def _record(action: str, tasks: list[TrackedTask], *, actor: str, address: str) -> None:
    """One entry for one press, as the last statement of its transaction."""
    if not tasks:
        return
    subject = f"{tasks[0].kind} {tasks[0].task_id}" if len(tasks) == 1 else f"{len(tasks):,} tasks"
    detail = {"tasks": [[task.kind, task.task_id] for task in tasks]}
    chain.append(actor=actor, address=address, action=action, subject=subject[:200], detail=detail)
