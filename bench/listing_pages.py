"""Which pages are loaded, and what they must show. Needs Django set up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import F

from dashboard.inventory.models import Status, TaskQuerySet, TrackedTask
from dashboard.inventory.walking import Cursor

PEER = "/admin/inventory/trackedtask/"
RARE = "quetzalcoatlus"
FILTER = {"kind": "video", "status": "failed"}


@dataclass(frozen=True, kw_only=True)
class Page:
    name: str
    ours: str
    peer: str
    shown: list[str]
    """The task ids that our page shows, in its order."""
    same_rows: bool = False
    """The peer shows the same ones. It sorts unknown times otherwise, so only short lists can tell."""


def pages(*, deep: int, size: int) -> list[Page]:
    every, filtered = TrackedTask.objects.all(), TrackedTask.objects.filter(**FILTER)
    rare = plant_rare_word()
    even_out(filtered, size=size)
    last = max(math.ceil(filtered.count() / size), 1)
    exact = rare[0].task_id
    return [
        listed("first", every, {}, 1, size=size),
        listed("deep", every, {}, deep, size=size),
        listed("filter", filtered, FILTER, 1, size=size),
        listed("last", filtered, FILTER, last, size=size),
        found("search", RARE, [task.task_id for task in rare]),
        found("id", exact, [exact]),
    ]


def listed(name: str, tasks: TaskQuerySet, filter: dict[str, str], number: int, *, size: int) -> Page:
    """Page `number`, from 1; ours lies behind the row before it."""
    ordered = tasks.order_by(F("created_at").desc(nulls_last=True), "-pk")
    start = (number - 1) * size
    cursor = {"cursor": str(Cursor.beside(ordered[start - 1], onward=True))} if start else {}
    peer = {f"{field}__exact": value for field, value in filter.items()} | ({"p": number} if start else {})
    return Page(
        name=name,
        ours=f"/tasks/?{urlencode(filter | cursor)}",
        peer=f"{PEER}?{urlencode(peer)}",
        shown=[task.task_id for task in ordered[start : start + size]],
    )


def found(name: str, words: str, shown: list[str]) -> Page:
    query = urlencode({"q": words})
    return Page(name=name, ours=f"/tasks/?{query}", peer=f"{PEER}?{query}", shown=shown, same_rows=True)


def even_out(tasks: TaskQuerySet, *, size: int) -> None:
    """Leaves half a page of them on the last page, whatever the register's size: then those can be compared."""
    surplus = (tasks.count() - size // 2) % size
    if tasks.count() > surplus:
        chosen = list(tasks.order_by("pk").values_list("pk", flat=True)[:surplus])
        TrackedTask.objects.filter(pk__in=chosen).update(status=Status.COMPLETED)


def plant_rare_word() -> list[TrackedTask]:
    """Three tasks whose prompts hold a word that no other has, newest first."""
    timed = TrackedTask.objects.filter(created_at__isnull=False).order_by("-created_at", "-pk")
    number = timed.count()
    rare = [timed[place] for place in (number // 4, number // 2, number * 3 // 4)]
    for task in rare:
        TrackedTask.objects.filter(pk=task.pk).update(prompt=f"{task.prompt}, with a {RARE} far away")
    return rare
