"""Which pages are loaded, and what they must show. Needs Django set up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from django.db.models import F

from dashboard import sql
from dashboard.folding import fold
from dashboard.inventory import prompt_reading, statistics
from dashboard.inventory.models import Status, TaskQuerySet, TrackedTask
from dashboard.inventory.query import read
from dashboard.inventory.walking import Cursor

PEER = "/admin/inventory/trackedtask/"
RARE = "quetzalcoatlus"
ONE_IN = {"one in 10": (10, "aardvark"), "one in 100": (100, "zeppelin"), "one in 1,000": (1000, "platypus")}
CHINESE, RARE_CHINESE = "雪地里的狐狸", "山中老虎"
"""In one prompt of twenty, and in three."""
OLD = "trilobite"
SEARCHES = {
    **{name: word for name, (_, word) in ONE_IN.items()},
    "common 狐狸": "狐狸",
    "rare 老虎": "老虎",
    "phrase": '"full moon"',
    "minus": "moon -violin",
    "three words": "violin moon platypus",
    "old end": OLD,
}
"""What is looked for beside the peer's pages, and what is looked for there: one in ten of the oldest tenth."""
FILTER = {"kind": "video", "status": "failed"}


@dataclass(frozen=True, kw_only=True)
class Page:
    name: str
    ours: str
    peer: str
    """Empty where it is not asked."""
    shown: list[str]
    """The task ids that our page shows, in its order."""
    same_rows: bool = False
    """The peer shows the same ones. It sorts unknown times otherwise, so only short lists can tell."""


def pages(*, deep: int, size: int) -> list[Page]:
    every, filtered = TrackedTask.objects.all(), TrackedTask.objects.filter(**FILTER)
    rare = plant_rare_word()
    plant_words()
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
        *(searched(name, q, size=size) for name, q in SEARCHES.items()),
    ]


def searched(name: str, q: str, *, size: int) -> Page:
    """What plain Python finds, newest first. The peer reads every prompt, and is not asked."""
    query = read(q)
    ordered = TrackedTask.objects.order_by(F("created_at").desc(nulls_last=True), "-pk")
    prompts = ordered.values_list("task_id", "prompt").iterator(chunk_size=10_000)
    shown = list(islice((task_id for task_id, prompt in prompts if query.fits(fold(prompt))), size))
    return Page(name=name, ours=f"/tasks/?{urlencode({'q': q})}", peer="", shown=shown)


def plant_words() -> None:
    """Words of every frequency into the prompts, spread over all times but for one, which only the oldest tenth has."""
    oldest = TrackedTask.objects.filter(created_at__isnull=False).order_by("created_at")
    number = oldest.count()
    wanted = {word: f"id %% {often} = {often // 2}" for often, word in ONE_IN.values()}
    wanted |= {CHINESE: "id %% 20 = 1", OLD: "id %% 10 = 7 AND created_at < %s"}
    added = "".join(f" || CASE WHEN {where} THEN ' {word}' ELSE '' END" for word, where in wanted.items())
    sql.change(f"UPDATE {TrackedTask._meta.db_table} SET prompt = prompt{added}", oldest[number // 10].created_at)  # nosec B608 # words from above
    for place in (number // 4, number // 2, number * 3 // 4):
        task = oldest[place]
        TrackedTask.objects.filter(pk=task.pk).update(prompt=f"{task.prompt} {RARE_CHINESE}")
    prompt_reading.keep_up()
    statistics.refresh()


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
