"""How the databases find what the list shows: never by reading or sorting the whole register."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.database import proposals
from dashboard.register import counting, listing, membership, presses, walking
from dashboard.register.counting import count
from dashboard.register.facets import facets, models
from dashboard.register.filters.filter import Filter
from dashboard.register.listing import Address
from dashboard.register.models import TrackedTask
from dashboard.register.walking import Cursor
from tests.factories import UserFactory
from tests.register import big_register

pytestmark = pytest.mark.django_db

FILTERS = {
    "nothing": Filter(),
    "kind": Filter(kind="video"),
    "status": Filter(status="failed"),
    "rare status": Filter(status="queued"),
    "kind and status": Filter(kind="video", status="failed"),
    "model": Filter(model="model3"),
    "model and kind": Filter(model="model3", kind="video"),
    "model and status": Filter(model="model3", status="queued"),
    "several models": Filter(model="model3, MODEL5"),
    "no model": Filter(model='""'),
    "a model that no task has": Filter(model="nothing"),
    "present": Filter(presence="present"),
    "deleting": Filter(presence="deleting"),
    "deleted": Filter(presence="deleted"),
    "missing": Filter(presence="missing"),
    "deleted and kind": Filter(presence="deleted", kind="video"),
    "dates": Filter(created_after=date(2026, 3, 20), created_before=date(2026, 3, 25)),
    "dates and kind": Filter(created_after=date(2026, 3, 20), kind="video"),
    "rare word": Filter(q=big_register.RARE),
    "rare word and status": Filter(q=big_register.RARE, status="completed"),
    "common word": Filter(q=big_register.COMMON),
    "common word and kind": Filter(q=big_register.COMMON, kind="video"),
    "short word": Filter(q="at"),
    "two rare letters": Filter(q="ze"),
    "a rare letter": Filter(q="z"),
    "task id": Filter(q="0309_000777", by_task_id=True),
    "beginning of a task id": Filter(q="0309_0007"),
    "held": Filter(held="yes"),
    "not held": Filter(held="no"),
    "not finished": Filter(status="unfinished"),
    "not finished, and kind": Filter(status="unfinished", kind="video"),
    "largest models": Filter(largest="3"),
    "not seen since": Filter(seen_before=date(2099, 1, 1)),
}
SORTS = ["-created", "created"]
ANY_STAR = 'SELECT 1 AS "a" FROM "register_star" LIMIT 1'
"""One row is all that is read."""


def readings(filter: Filter) -> Iterator[tuple[str, Callable[[], object]]]:
    """Everything that the list asks about a filter."""
    middle = TrackedTask.objects.filter(created_at__isnull=False).order_by("created_at")[10_000]
    for sort in SORTS:
        address = Address(filter=filter, sort=sort)
        places = {
            "first": None,
            "deep onward": Cursor.beside(middle, onward=True),
            "deep back": Cursor.beside(middle, onward=False),
            "among unknown times": Cursor(onward=True, created_at=None, pk=middle.pk),
            "last": Cursor(onward=False, created_at=None, pk=1 if sort == "-created" else 10**9),
        }
        for place, cursor in places.items():
            at = address.with_cursor(cursor)
            yield f"{place} by {sort}", lambda at=at: listing.page(at)
        yield f"day by {sort}", lambda address=address: listing.cursor_at(address, date(2026, 3, 22))
    yield "count", lambda: count(filter)
    yield "facets", lambda: facets(filter)
    yield "models", lambda: models(filter)


def plan(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", None)
            return [row[-1] for row in cursor.fetchall()]
        cursor.execute(f"EXPLAIN (COSTS OFF) {sql}", None)
        return [row[0] for row in cursor.fetchall()]


def complaint(line: str, *, may_sort: bool = False) -> bool:
    """It reads all tasks or all prompts, or sorts what it found."""
    if "register_unread" in line:
        # As good as empty, and asked for one row.
        return False
    if connection.vendor == "sqlite":
        scan = re.match(r"SCAN (register_\w+|[U-Z]\d+)", line) and not re.search(r"VIRTUAL TABLE INDEX \d+:M", line)
        return bool(scan) or ("TEMP B-TREE" in line and not may_sort)
    return "Seq Scan on register_" in line or (bool(re.search(r"\bSort\b", line)) and not may_sort)


def complaints(filter: Filter) -> list[str]:
    """Two tasks at most have the same id, one of each kind: those may be sorted."""
    found = []
    for name, read in readings(filter):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            read()
        for query in captured.captured_queries:
            lines = plan(query["sql"]) if query["sql"] != ANY_STAR else []
            # The row that sums hang on: the first by its number.
            if "AS tally" in query["sql"] and lines[0] == "SCAN register_trackedtask":
                lines = lines[1:]
            found += [
                f"{name}: {line} ← {query['sql']}" for line in lines if complaint(line, may_sort=filter.by_task_id)
            ]
    return found


@pytest.fixture
def register(monkeypatch) -> None:
    """Caps as small against its 20,000 rows as the real ones are against a million."""
    monkeypatch.setattr(counting, "COUNT_CAP", 400)
    monkeypatch.setattr(counting, "READ_AT_MOST", 500)
    monkeypatch.setattr(walking, "SMALL", 1000)
    monkeypatch.setattr(proposals, "FEW", 100)
    assert big_register.fill() == 20_000
    if connection.vendor == "postgresql":
        # A few megabytes it would rather read whole, if only it may: what is left to see is what no index serves.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")


def all_complaints() -> dict[str, list[str]]:
    return {name: found for name, filter in FILTERS.items() if (found := complaints(filter))}


def test_no_query_of_the_list_reads_or_sorts_the_register(register: None) -> None:
    if connection.vendor == "sqlite":
        # Nobody gathers statistics there by himself.
        assert all_complaints() == {}
    big_register.analyze()
    assert all_complaints() == {}


def test_what_is_selected_is_walked_by_its_blocks(register: None) -> None:
    """The other way around all blocks would be looked through for every task."""
    selection = presses.select_all(user=UserFactory(), filter=Filter(status="failed"))
    walked = membership.walked(selection, between=(1, 10**9))
    assert walked.count() == selection.count
    with CaptureQueriesContext(connection) as asked:
        list(walked.values_list("pk", "task_id"))
    blocks = "selection_block_once|register_selectionblock USING INDEX"
    searches = f"{blocks}|register_trackedtask_pkey|register_trackedtask USING INTEGER PRIMARY KEY"
    steps = [step for step in plan(asked[0]["sql"]) if re.search(searches, step)]
    assert [bool(re.search(blocks, step)) for step in steps] == [True, False], steps


@pytest.mark.postgres
@pytest.mark.parametrize("q", ["at", big_register.COMMON, f"{big_register.COMMON} at"])
def test_a_capped_count_joins_nothing(register: None, q: str) -> None:
    # PostgreSQL would begin such a join with all tasks that hold the word, and not with the few that are looked at.
    big_register.analyze()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = on")
    with CaptureQueriesContext(connection) as captured:
        assert count(Filter(q=q)).capped
    (query,) = captured.captured_queries
    lines = "\n".join(plan(query["sql"]))
    assert "SubPlan" in lines
    assert "Join" not in lines, lines


@pytest.mark.postgres
@pytest.mark.parametrize("q", ["at", big_register.COMMON])
def test_a_count_looks_tasks_up_by_their_number_in_a_table_that_nobody_has_looked_at(q: str) -> None:
    """As in the first minute of a first import. By any other index each number would read all images."""
    big_register.fill()
    with connection.cursor() as cursor:
        # Another test may have had it looked at.
        cursor.execute("UPDATE pg_class SET reltuples = -1 WHERE relname = 'register_trackedtask'")
        cursor.execute("DELETE FROM pg_statistic WHERE starelid = 'register_trackedtask'::regclass")
    with CaptureQueriesContext(connection) as captured:
        count(Filter(q=q, kind="image", created_after=date(2026, 3, 20)))
    (query,) = captured.captured_queries
    lines = "\n".join(plan(query["sql"]))
    looked_up = re.findall(r"(.*)\n *Index Cond: \(id = ANY \(", lines)
    assert len(looked_up) == 2, lines
    assert all(" register_trackedtask_pkey" in line for line in looked_up), lines


def test_the_complaints_are_real(register: None) -> None:
    big_register.analyze()
    for tasks in (
        TrackedTask.objects.filter(prompt__contains="x"),
        TrackedTask.objects.listed().order_by("-tracked_at"),
    ):
        assert any(map(complaint, plan(str(tasks.query).replace("%x%", "'%x%'"))))
