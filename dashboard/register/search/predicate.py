"""Which tasks `q` finds, told in one way: by the folded prompt of each. Docs: `docs/listing.md`.

`found` decides, for rows, counts, facets, selections and deletions alike. `proposed` only spares reading the others:
what an index proposes is still to be decided. A single word also finds the task ids that begin with it, to the letter.
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
"""Characters from which on a word is also looked for among the task ids."""
DEEP = 100
"""Words that are asked for in one expression."""


def found(q: str) -> Q:
    """Whether a task is found. To be asked of those that are looked at anyway: it reads the prompt of each."""
    return Q(tells(q))


def tells(q: str) -> Case:
    """That, as a value."""
    query = read(q)
    words = [_any_of(group) for group in query.groups]
    # SQLite takes no expression deeper than 1,000, and each AND lies in the next.
    some = [Q(*words[place : place + DEEP]) for place in range(0, len(words), DEEP)]
    prompt = IndexedPrompt.objects.filter(*(map(opaque, some) if len(some) > 1 else some), rowid=OuterRef("pk"))
    # No EXISTS: PostgreSQL may answer it by reading every prompt.
    matches = Q(IsNull(Subquery(prompt.values("rowid")), False))
    if _may_be_prefix(query):
        matches |= proposals.id_begins_with(query.prefix)
    return case(matches)


def matching(q: str) -> Q:
    """Those that are found, in any order: of what an index proposes, where it can."""
    proposed_for = proposed(q)
    return found(q) if proposed_for is None else proposals.among(*proposed_for) & found(q)


def by_id(q: str) -> Q | None:
    """Those whose task id begins with it; None where there are none, as for nearly every word."""
    query = read(q)
    if not _may_be_prefix(query):
        return None
    numbers, parameters = proposals.ids_beginning_with(query.prefix)
    return proposals.among(numbers, parameters) if rows(f"{numbers} LIMIT 1", *parameters) else None


def opaque(condition: Q) -> Q:
    """In a CASE: no planner chooses an index for it, or guesses how many rows it leaves."""
    return Q(case(condition))


def case(condition: Q) -> Case:
    """Whether it contains, as a value."""
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


def candidates(q: str, *, limit: int, reading: bool = False) -> list[int] | None:
    """Numbers of all tasks that may be found; None when there are more, or no index knows and no prompts are read.

    Of what is new an index knows nothing before `prompt_reading.keep_up`.
    """
    proposed_for = proposed(q, reading=reading) if q else None
    if proposed_for is None:
        return None
    sql, parameters = proposed_for
    numbers = [number for (number,) in rows(proposals.at_most(limit + 1, sql), *parameters)]
    return None if len(numbers) > limit else sorted(set(numbers))


def in_order(q: str, slots: tuple[int, int], *, falling: bool, limit: int | None) -> list[tuple[int, int]]:
    """Slot and number of the tasks of some slots whose prompts an index proposes, in the order of slots."""
    return proposals.in_order(read(q).wanted, slots, falling=falling, limit=limit)


def is_indexed(q: str) -> bool:
    return proposals.of(read(q).wanted) is not None


def proposed(q: str, *, reading: bool = False) -> Numbers | None:
    """Of all tasks that may be found; None when no index knows."""
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
