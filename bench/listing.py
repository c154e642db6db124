"""Listing: pages of 10,000 and 1,000,000 tasks beside Django admin's changelist of the same rows, from one server."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.db.models import F
from django.utils import timezone

from bench import product, registers
from bench.part import Case, Figures, Judged, Part, Run
from bench.visitor import Visitor
from dashboard.database import prompt_reading, sql, statistics
from dashboard.database.folding import fold
from dashboard.deletions.models import Deletion, State
from dashboard.register import totals
from dashboard.register.models import Status, TaskQuerySet, TrackedTask
from dashboard.register.search.query import read
from dashboard.register.walking import Cursor

FASTER = {"first": 4, "deep": 6, "filter": 4, "last": 4, "search": 50, "id": 50}
"""How many times as fast as the changelist each page must be on the largest register."""
GROWTH = 1.5
DEEP = 1.2
SEARCH = 3
OVERVIEW = 2
"""The greatest ratio of a search, and of the overview, to the first page."""

WARM = 3
MORE = 10
"""Factor for the repeats without the peer: a page takes milliseconds then, and a ratio near 1 needs many of them."""
SIZE = 100
DELETIONS = 1000
DEEP_PAGE = 5000
ELSEWHERE = "http://127.0.0.2:9"
CHANGELIST = "/admin/register/trackedtask/"
OURS, PEERS, IN_TURN = "ours, ms", "Django admin, ms", "ours in turn, ms"
OUR_ROW = re.compile(r'name="task" value="[0-9]+" aria-label="Select ([^" ]+)"')
PEER_ROW = re.compile(r'<th class="field-task_id"><a [^>]*>([^<]+)</a>')

RARE = "quetzalcoatlus"
"""Three prompts contain it."""
ONE_IN = {"one in 10": (10, "aardvark"), "one in 100": (100, "zeppelin"), "one in 1,000": (1000, "platypus")}
CHINESE, RARE_CHINESE = "雪地里的狐狸", "山中老虎"
"""In one of twenty prompts, and in three."""
OLD = "trilobite"
"""In one of ten of the oldest tenth."""
SEARCHES = {
    **{name: word for name, (_, word) in ONE_IN.items()},
    "common 狐狸": "狐狸",
    "rare 老虎": "老虎",
    "phrase": '"full moon"',
    "minus": "moon -violin",
    "three words": "violin moon platypus",
    "old end": OLD,
}
"""Searches of our pages only: the peer would read every prompt."""
FILTER = {"kind": "video", "status": "failed"}


@dataclass(frozen=True, kw_only=True)
class Page:
    ours: str
    peer: str = ""
    shown: list[str]
    """The task ids that our page shows, in its order."""
    same_rows: bool = False
    """Whether the peer shows the same rows. It sorts unknown times otherwise, so only short lists can tell."""


def measure(case: Case) -> Figures:
    registers.make(case.rows)
    pages = planted_pages(deep=min(DEEP_PAGE, math.ceil(case.rows / SIZE)))
    person = registers.person("bench")
    # Pictures of sample tasks are at the account's address. With another address they are remote, and have no
    # thumbnail.
    os.environ["TENSORSLAB_API_URL"] = ELSEWHERE
    with product.web(workers=1) as web, product.undisturbed():
        visitor = Visitor(web.host, person)
        figures: Figures = {name: beside_the_peer(page, visitor, repeat=case.repeat) for name, page in pages.items()}
        # Our pages again, without the peer, which would drive their data out of the caches.
        for turn in range(WARM + MORE * case.repeat):
            for name, page in pages.items():
                took = milliseconds(page, visitor)
                if turn >= WARM:
                    figures[name].setdefault(IN_TURN, []).append(took)
        return figures


def beside_the_peer(page: Page, visitor: Visitor, *, repeat: int) -> dict[str, Any]:
    """The two take turns, so that a disturbance affects both."""
    found: dict[str, Any] = {"shown": len(page.shown)}
    if page.peer:
        turns = [(milliseconds(page, visitor), milliseconds(page, visitor, peer=True)) for _ in range(WARM + repeat)]
        found[OURS], found[PEERS] = map(list, zip(*turns[WARM:], strict=True))
    return found


def milliseconds(page: Page, visitor: Visitor, *, peer: bool = False) -> float:
    """The time of a page; fails if it shows other rows."""
    path, row = (page.peer, PEER_ROW) if peer else (page.ours, OUR_ROW)
    answer = visitor.page(path)
    shown = row.findall(answer.text)
    assert len(shown) == len(page.shown), (path, len(shown), len(page.shown))
    # The peer has its own order for unknown times.
    assert shown == page.shown or peer, path
    assert set(shown) == set(page.shown) or not page.same_rows, path
    return answer.seconds * 1000


def planted_pages(*, deep: int) -> dict[str, Page]:
    every, filtered = TrackedTask.objects.all(), TrackedTask.objects.filter(**FILTER)
    rare = plant_three(f", with a {RARE} far away")
    plant_words()
    even_out(filtered)
    exact = rare[0]
    return {
        "first": listed(every, {}, 1),
        "deep": listed(every, {}, deep),
        "filter": listed(filtered, FILTER, 1),
        "last": listed(filtered, FILTER, max(math.ceil(filtered.count() / SIZE), 1)),
        "search": found(RARE, rare),
        "id": found(exact, [exact]),
        **{name: searched(q) for name, q in SEARCHES.items()},
        "overview": overview(),
    }


def plant_three(words: str) -> list[str]:
    """Adds words to the prompts of three tasks, far from each other. Returns their ids, newest first."""
    newest = TrackedTask.objects.filter(created_at__isnull=False).order_by("-created_at", "-pk")
    number = newest.count()
    chosen = [newest[place] for place in (number // 4, number // 2, number * 3 // 4)]
    for task in chosen:
        TrackedTask.objects.filter(pk=task.pk).update(prompt=task.prompt + words)
    return [task.task_id for task in chosen]


def plant_words() -> None:
    """Adds words of every frequency to prompts of all times, and one word only to the oldest tenth."""
    oldest = TrackedTask.objects.filter(created_at__isnull=False).order_by("created_at")
    wanted = {word: f"id %% {often} = {often // 2}" for often, word in ONE_IN.values()}
    wanted |= {CHINESE: "id %% 20 = 1", OLD: "id %% 10 = 7 AND created_at < %s"}
    added = "".join(f" || CASE WHEN {where} THEN ' {word}' ELSE '' END" for word, where in wanted.items())
    last_old = oldest[oldest.count() // 10].created_at
    sql.change(f"UPDATE {registers.TASKS} SET prompt = prompt{added}", last_old)  # nosec B608 # words from above
    plant_three(f" {RARE_CHINESE}")
    prompt_reading.keep_up()
    statistics.refresh()


def even_out(tasks: TaskQuerySet) -> None:
    """Leaves half a page of them on the last page, for any size of the register, so that sizes can be compared."""
    surplus = (tasks.count() - SIZE // 2) % SIZE
    if tasks.count() > surplus:
        chosen = list(tasks.order_by("pk").values_list("pk", flat=True)[:surplus])
        TrackedTask.objects.filter(pk__in=chosen).update(status=Status.COMPLETED)


def newest_first(tasks: TaskQuerySet) -> TaskQuerySet:
    return tasks.order_by(F("created_at").desc(nulls_last=True), "-pk")


def listed(tasks: TaskQuerySet, filter: dict[str, str], number: int) -> Page:
    """Page `number`, from 1; ours is behind the row before it."""
    ordered, start = newest_first(tasks), (number - 1) * SIZE
    cursor = {"cursor": str(Cursor.beside(ordered[start - 1], onward=True))} if start else {}
    peer = {f"{field}__exact": value for field, value in filter.items()} | ({"p": number} if start else {})
    return Page(
        ours=f"/tasks/?{urlencode(filter | cursor)}",
        peer=f"{CHANGELIST}?{urlencode(peer)}",
        shown=[task.task_id for task in ordered[start : start + SIZE]],
    )


def found(words: str, shown: list[str]) -> Page:
    query = urlencode({"q": words})
    return Page(ours=f"/tasks/?{query}", peer=f"{CHANGELIST}?{query}", shown=shown, same_rows=True)


def searched(q: str) -> Page:
    """The page that plain Python finds."""
    query = read(q)
    prompts = newest_first(TrackedTask.objects.all()).values_list("task_id", "prompt").iterator(chunk_size=10_000)
    shown = list(islice((task_id for task_id, prompt in prompts if query.fits(fold(prompt))), SIZE))
    return Page(ours=f"/tasks/?{urlencode({'q': q})}", shown=shown)


def overview() -> Page:
    """With many deletions to count, and the register counted, as a worker does it."""
    now = timezone.now()
    ended = {"state": State.FINISHED, "host": ELSEWHERE, "total": 100, "deleted": 99, "unknown": 1}
    made = ((now - timedelta(minutes=30 * number), f"person {number % 12}") for number in range(DELETIONS))
    Deletion.objects.bulk_create(
        Deletion(**ended, created_at=at, confirmed_at=at, finished_at=at, actor_name=name) for at, name in made
    )
    totals.keep_up(now=now)
    return Page(ours="/", shown=[])


def judge(run: Run, same: list[Run]) -> Judged:
    smallest, largest = (choose(same, key=lambda other: other.case.rows) for choose in (min, max))
    for name, least in FASTER.items():
        ratio = run.median(name, PEERS) / run.median(name, OURS)
        yield f"{name}: times as fast", ratio, {"at_least": least} if run is largest else {}
    for name, most in {"deep": DEEP, "overview": OVERVIEW, **dict.fromkeys(SEARCHES, SEARCH)}.items():
        yield f"{name} ÷ first", run.median(name, IN_TURN) / run.median("first", IN_TURN), {"at_most": most}
    for name, page in run.figures.items() if run is not smallest else ():
        # A page with more rows takes longer, whatever the register's size.
        if page["shown"] == smallest.figures[name]["shown"]:
            ratio = run.median(name, IN_TURN) / smallest.median(name, IN_TURN)
            yield f"{name} ÷ at {smallest.case.rows:,}", ratio, {"at_most": GROWTH}


PART = Part(
    options={
        "rows": ([10_000, 1_000_000], "sizes of the register"),
        "repeat": (8, "how often each page is loaded, ours and the peer's"),
    },
    environment=lambda case: {"DJANGO_SETTINGS_MODULE": "bench.changelist.settings", "TASKS_PER_PAGE": SIZE},
    measure=measure,
    judge=judge,
)
