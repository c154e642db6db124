"""What a search finds, told by everything that may tell it: pages, count, facets, selection and frozen set."""

from __future__ import annotations

from django.http import QueryDict

from dashboard.database.folding import fold
from dashboard.deletions.drafts.freezing import NothingSelected, freeze
from dashboard.register import facets, listing, presses, selecting, walking
from dashboard.register.counting import count
from dashboard.register.filters.filter import Filter
from dashboard.register.listing import Address
from dashboard.register.models import TrackedTask
from dashboard.register.search import predicate
from dashboard.register.search.query import read
from tests.factories import UserFactory


def naive(filter: Filter) -> set[int]:
    """In plain Python, task by task."""
    query = read(filter.q)
    found = set()
    for task in TrackedTask.objects.all():
        begins = len(query.prefix) >= predicate.PREFIX and task.task_id.startswith(query.prefix)
        if filter.q and not begins and not query.fits(fold(task.prompt)):
            continue
        in_time = not filter.by_time or (task.created_at is not None and filter.covers(task.created_at))
        if task.presence == "present" and in_time and filter.kind in {"", task.kind}:
            found.add(task.pk)
    return found


def walked(filter: Filter, sort: str, *, back: bool) -> list[int]:
    """The rows of all pages, from the first on or from the last back."""
    address = Address(filter=filter, sort=sort)
    seen: list[int] = []
    if back:
        rows = walked(filter, sort, back=False)
        if not rows:
            return []
        last = TrackedTask.objects.get(pk=rows[-1])
        address, seen = address.with_cursor(walking.Cursor.beside(last, onward=False)), [last.pk]
    while True:
        page = listing.page(address)
        seen += [row.pk for row in (page.rows[::-1] if back else page.rows)]
        forth, behind = (page.older, page.newer) if sort == walking.NEWEST_FIRST else (page.newer, page.older)
        cursor = behind if back else forth
        if cursor is None:
            return seen
        address = Address.from_query(QueryDict(address.with_cursor(cursor).query_string()))


def listed(filter: Filter) -> set[int]:
    """What all pages show, which is the same in every order and direction."""
    there = walked(filter, walking.NEWEST_FIRST, back=False)
    assert len(set(there)) == len(there)
    assert walked(filter, walking.NEWEST_FIRST, back=True) == there[::-1]
    for back in (False, True):
        assert sorted(walked(filter, walking.OLDEST_FIRST, back=back)) == sorted(there)
    return set(there)


def agreed(filter: Filter) -> set[int]:
    """The one set that all of them tell."""
    found = {task.pk for task in filter.queryset()}
    assert listed(filter) == found
    assert count(filter).number == len(found)
    counted = facets.facets(filter)
    # Of what is filtered by a kind, the other one's number is told too.
    if counted is not None and not filter.kind:
        kinds = [value for facet in counted if facet.label == "Kind" for value in facet.values]
        assert sum(value.number for value in kinds) == len(found)
    selection = presses.select_all(user=UserFactory(), filter=filter)
    assert selecting.summary(selection).count == len(found)
    assert {task.pk for task in selecting.selected(selection)} == found
    try:
        frozen = freeze(selection=selection, actor=UserFactory(), back="")
    except NothingSelected:
        assert not found
    else:
        assert set(frozen.items.values_list("tracked_id", flat=True)) == found
    return found
