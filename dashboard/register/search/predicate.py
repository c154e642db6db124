"""Which tasks `q` finds, decided in one way only: by each task's folded prompt. Docs: `docs/listing.md`.

`found` decides for rows, counts, facets, selections and deletions alike. `proposed` only saves reading other tasks, and
its proposals must be checked. A single word also finds task ids that begin with exactly that word.
"""

from __future__ import annotations

from django.db.models import BooleanField, Case, OuterRef, Q, Subquery, When
from django.db.models.lookups import IsNull

from dashboard.database import proposals
from dashboard.database.folding import contains
from dashboard.database.proposals import Numbers
from dashboard.database.sql import rows
from dashboard.register.models import IndexedPrompt
from dashboard.register.search.query import Query, Term, read

PREFIX = 2
"""The least characters of a word that is also searched among the task ids."""
DEEP = 100
"""The most words in one expression."""


def found(q: str) -> Q:
    """A condition: the search finds the task. It reads the prompt, so use it only on tasks that are read anyway."""
    return Q(tells(q))


def tells(q: str) -> Case:
    """Whether the search finds the task, as an SQL value."""
    query = read(q)
    words = [_any_of(group) for group in query.groups]
    # SQLite takes no expression deeper than 1,000, and each AND is nested in the next.
    some = [Q(*words[place : place + DEEP]) for place in range(0, len(words), DEEP)]
    prompt = IndexedPrompt.objects.filter(*(map(opaque, some) if len(some) > 1 else some), rowid=OuterRef("pk"))
    # No EXISTS: PostgreSQL may answer it by reading every prompt.
    matches = Q(IsNull(Subquery(prompt.values("rowid")), False))
    if _may_be_prefix(query):
        matches |= proposals.id_begins_with(query.prefix)
    return case(matches)


def matching(q: str) -> Q:
    """A condition for the tasks that the search finds, among the proposals of an index if there is one."""
    proposed_for = proposed(q)
    return found(q) if proposed_for is None else proposals.among(*proposed_for) & found(q)


def by_id(q: str) -> Q | None:
    """A condition: the task id begins with `q`; None if no task's does, as for nearly every word."""
    query = read(q)
    if not _may_be_prefix(query):
        return None
    numbers, parameters = proposals.ids_beginning_with(query.prefix)
    return proposals.among(numbers, parameters) if rows(f"{numbers} LIMIT 1", *parameters) else None


def opaque(condition: Q) -> Q:
    """The condition inside a CASE: the planner then neither uses an index for it nor estimates its rows."""
    return Q(case(condition))


def case(condition: Q) -> Case:
    """Whether the condition is true, as an SQL value."""
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


def candidates(q: str, *, limit: int, reading: bool = False) -> list[int] | None:
    """Numbers of all tasks that may be found; None if there are more than `limit`, or no index can be asked.

    With `reading` prompts are read if no index can be asked. New prompts count after `prompt_reading.keep_up`.
    """
    proposed_for = proposed(q, reading=reading) if q else None
    if proposed_for is None:
        return None
    sql, parameters = proposed_for
    numbers = [number for (number,) in rows(proposals.at_most(limit + 1, sql), *parameters)]
    return None if len(numbers) > limit else sorted(set(numbers))


def in_order(q: str, slots: tuple[int, int], *, falling: bool, limit: int | None) -> list[tuple[int, int]]:
    """Slot and number of the tasks in some slots that an index proposes, in the order of slots."""
    return proposals.in_order(read(q).wanted, slots, falling=falling, limit=limit)


def is_indexed(q: str) -> bool:
    return proposals.of(read(q).wanted) is not None


def proposed(q: str, *, reading: bool = False) -> Numbers | None:
    """SQL for the numbers of all tasks that may be found; None if no index can be asked."""
    query = read(q)
    by_prompt = proposals.of(query.wanted)
    if by_prompt is None and reading:
        by_prompt = proposals.read_through(query.wanted)
    if by_prompt is None or not _may_be_prefix(query):
        return by_prompt
    sql, parameters = by_prompt
    ids, bounds = proposals.ids_beginning_with(query.prefix)
    return f"{sql} UNION ALL {ids}", [*parameters, *bounds]


def _any_of(group: tuple[Term, ...]) -> Q:
    return Q(
        *(~Q(contains("folded", term.text)) if term.unwanted else Q(contains("folded", term.text)) for term in group),
        _connector=Q.OR,
    )


def _may_be_prefix(query: Query) -> bool:
    return len(query.prefix) >= PREFIX
