"""Which tasks `q` finds, told in one way: by the folded prompt of each. Docs: `docs/listing.md`.

`found` decides, for rows, counts, facets, selections and deletions alike. `proposed` only spares reading the others:
what an index proposes is still to be decided. A single word also finds the task ids that begin with it, to the letter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, F, Func, OuterRef, Q, Subquery, When
from django.db.models.expressions import RawSQL
from django.db.models.lookups import IsNull

from dashboard.database.folding import holds
from dashboard.database.sql import rows
from dashboard.register.listed import TASKS
from dashboard.register.models import IndexedPrompt
from dashboard.register.search import grams
from dashboard.register.search.prompt_reading import GRAMS, NUMBER_BITS, NUMBERS, TABLE, place
from dashboard.register.search.query import Query, Term, read

PREFIX = 2
"""Characters from which on a word is also looked for among the task ids."""
FEW = {"sqlite": 1000, "postgresql": 500}
"""So many candidates are looked at and sorted: each takes PostgreSQL several times as long."""
FEW_KEYS = 8
"""Of longer stretches PostgreSQL's index says nothing: nearly all tasks may lie there."""
DEEP = 100
"""Words that are asked for in one expression."""
LAST = chr(0x10FFFF)
_MARK = "[ -/:-@[-`{-~]"
"""Printable ASCII but letters and digits, in a folded text."""
_NUMBER = f"rowid & {(1 << NUMBER_BITS) - 1}"
_SHORT = re.compile("[a-z0-9]{1,2}")
_TRIGRAM = re.compile("[a-z0-9]{3}|[a-z0-9]{2}[^a-z0-9]|[^a-z0-9][a-z0-9]", re.ASCII)
"""Without these `pg_trgm` knows nothing of a longer one."""


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
        matches |= _begins_with(query.prefix)
    return case(matches)


def matching(q: str) -> Q:
    """Those that are found, in any order: of what an index proposes, where it can."""
    proposals = proposed(q)
    return found(q) if proposals is None else among(*proposals) & found(q)


def by_id(q: str) -> Q | None:
    """Those whose task id begins with it; None where there are none, as for nearly every word."""
    query = read(q)
    if not _may_be_prefix(query):
        return None
    numbers, parameters = _ids_beginning_with(query.prefix)
    return among(numbers, parameters) if rows(f"{numbers} LIMIT 1", *parameters) else None


def opaque(condition: Q) -> Q:
    """In a CASE: no planner chooses an index for it, or guesses how many rows it leaves."""
    return Q(case(condition))


def case(condition: Q) -> Case:
    """Whether it holds, as a value."""
    return Case(When(condition, then=True), default=False, output_field=BooleanField())


def among(numbers: str, parameters: Sequence[Any]) -> Q:
    """That a task's number is one of those that some SQL selects: each is looked up by its key."""
    # As a semi-join PostgreSQL may read every task instead.
    postgresql = connection.vendor == "postgresql"
    chosen = RawSQL(f"ARRAY({numbers})" if postgresql else numbers, parameters)  # nosec B611 # our own statements, their values beside them
    is_one = Func(
        F("pk"),
        chosen,
        template="%(expressions)s",
        arg_joiner=" = ANY" if postgresql else " IN ",
        output_field=BooleanField(),
    )
    return Q(is_one)


def one_of(numbers: list[int]) -> Q:
    """By one parameter, however many they are: SQLite takes no more than so many in a statement."""
    if connection.vendor == "postgresql":
        return among("SELECT unnest(%s::bigint[])", [numbers])
    return among("SELECT value FROM json_each(%s)", [json.dumps(numbers)])


def candidates(q: str, *, limit: int, reading: bool = False) -> list[int] | None:
    """Numbers of all tasks that may be found; None when there are more, or no index knows and no prompts are read.

    Of what is new an index knows nothing before `prompt_reading.keep_up`.
    """
    if not q:
        return None
    proposals = proposed(q, reading=reading)
    return None if proposals is None else _numbers(*proposals, limit=limit)


def in_order(q: str, slots: tuple[int, int], *, falling: bool, limit: int | None) -> list[tuple[int, int]]:
    """Slot and number of the tasks of some slots whose prompts an index proposes, in the order of slots."""
    indexed = _indexed(read(q))
    if indexed is None:
        return []
    sql, parameters = _on(slots, *indexed)
    if connection.vendor == "postgresql":
        sql, order = sql.replace("SELECT rowid", "SELECT slot, rowid", 1), "slot"
    else:
        sql, order = sql.replace("SELECT ", f"SELECT rowid >> {NUMBER_BITS}, ", 1), "rowid"
    with connection.cursor() as cursor:
        end = f"ORDER BY {order} {'DESC' if falling else 'ASC'}" + (f" LIMIT {limit}" if limit else "")
        cursor.execute(f"{sql} {end}", parameters)
        return list(cursor.fetchall())


def is_indexed(q: str) -> bool:
    return _indexed(read(q)) is not None


def proposed(q: str, *, reading: bool = False) -> tuple[str, list[Any]] | None:
    """SQL for the numbers of all tasks that may be found, some perhaps twice; None when no index knows."""
    query = read(q)
    indexed = _indexed(query)
    if indexed is None and reading:
        indexed = _read_through(query)
    if indexed is None:
        return None
    sql, parameters = indexed
    if _may_be_prefix(query):
        ids, bounds = _ids_beginning_with(query.prefix)
        sql, parameters = f"{sql} UNION ALL {ids}", [*parameters, *bounds]
    return sql, parameters


def at_most(number: int, sql: str) -> str:
    """So many of them, all by the index: only for a few of many PostgreSQL would read the table until it met them."""
    if connection.vendor == "postgresql":
        return f"SELECT * FROM (WITH p AS MATERIALIZED ({sql}) SELECT * FROM p) AS proposals LIMIT {number}"  # nosec B608 # pieces from the code
    return f"SELECT * FROM ({sql}) AS proposals LIMIT {number}"  # nosec B608 # pieces from the code


def _numbers(sql: str, parameters: list[Any], *, limit: int | None) -> list[int] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql if limit is None else at_most(limit + 1, sql), parameters)
        numbers = [number for (number,) in cursor.fetchall()]
    return None if limit is not None and len(numbers) > limit else sorted(set(numbers))


def _indexed(query: Query) -> tuple[str, list[Any]] | None:
    return _proposed_by_grams(query) if connection.vendor == "postgresql" else _proposed_by_match(query)


def _read_through(query: Query) -> tuple[str, list[Any]] | None:
    """PostgreSQL knows nothing of one or two letters. To read all prompts in a row is quicker than task by task."""
    if connection.vendor == "sqlite" or not query.wanted:
        return None
    groups = [" OR ".join(["strpos(folded, %s) > 0"] * len(group)) for group in query.wanted]
    sql = f"SELECT rowid FROM {TABLE} WHERE ({') AND ('.join(groups)})"  # nosec B608 # pieces from the code, values beside them
    return sql, [text for group in query.wanted for text in group]


def _on(slots: tuple[int, int], sql: str, parameters: list[Any]) -> tuple[str, list[Any]]:
    first, last = slots
    if connection.vendor == "sqlite":
        return f"{sql} AND rowid BETWEEN %s AND %s", [*parameters, place(first, 0), place(last + 1, 0) - 1]
    keys = grams.keys_between(first, last)
    if len(keys) <= FEW_KEYS:
        sql, parameters = f"{sql} AND {grams.slot_keys('slot')} && %s::bigint[]", [*parameters, keys]
    return f"{sql} AND slot BETWEEN %s AND %s", [*parameters, first, last]


def _proposed_by_match(query: Query) -> tuple[str, list[Any]] | None:
    groups = [
        " OR ".join(f"({' AND '.join(map(_quoted, grams.looked_up(text)))})" for text in group)
        for group in query.wanted
    ]
    if not groups:
        return None
    match = " AND ".join(f"({group})" for group in groups)
    return f"SELECT {_NUMBER} FROM {GRAMS} WHERE {GRAMS} MATCH %s", [match]  # nosec B608 # only names from the code


def _proposed_by_grams(query: Query) -> tuple[str, list[Any]] | None:
    groups, parameters = [], list[Any]()
    for group in query.wanted:
        pieces = [_pieces(text) for text in group]
        if all(pieces):
            groups.append(" OR ".join(f"({' AND '.join(condition for condition, _ in piece)})" for piece in pieces))
            parameters += [value for piece in pieces for _, values in piece for value in values]
    if not groups:
        return None
    return f"SELECT rowid FROM {TABLE} WHERE ({') AND ('.join(groups)})", parameters  # nosec B608 # only names from the code


def _pieces(text: str) -> list[tuple[str, list[Any]]]:
    """What PostgreSQL's index can tell of a text; nothing of one or two marks of ASCII."""
    found: list[tuple[str, list[Any]]] = []
    for run in text.split():
        if _SHORT.fullmatch(run):
            found.append(_short(run))
        elif _TRIGRAM.search(run):
            found.append(("folded LIKE %s", [f"%{connection.ops.prep_for_like_query(run)}%"]))
    numbers = grams.numbers_looked_up(text)
    return [*found, (f"{NUMBERS} @> %s::integer[]", [numbers])] if numbers else found


def _short(run: str) -> tuple[str, list[Any]]:
    """One or two letters or digits. What `pg_trgm` knows of two is what follows: one more, a mark, or the end."""
    if len(run) == 1:
        return f"{NUMBERS} && %s::integer[]", [grams.numbers_of_letter(run)]
    followed = f"(folded ~ %s OR folded ~ %s OR folded LIKE %s OR {NUMBERS} @> %s::integer[])"
    return followed, [f"{run}[0-9a-z]", f"{run}{_MARK}", f"%{run}", [grams.number_followed(run)]]


def _quoted(piece: str) -> str:
    """As FTS5 takes a string."""
    doubled = piece.replace('"', '""')
    return f'"{doubled}"'


def _any_of(group: tuple[Term, ...]) -> Q:
    return Q(
        *(~Q(holds("folded", term.text)) if term.unwanted else Q(holds("folded", term.text)) for term in group),
        _connector=Q.OR,
    )


def _may_be_prefix(query: Query) -> bool:
    return len(query.prefix) >= PREFIX


def _begins_with(prefix: str) -> Q:
    """By bytes, over the index: SQLite's LIKE can't, and PostgreSQL's comparison follows the database's language."""
    if connection.vendor == "postgresql":
        return Q(task_id__startswith=prefix)
    return Q(task_id__gte=prefix, task_id__lte=prefix + LAST)


def _ids_beginning_with(prefix: str) -> tuple[str, list[str]]:
    """SQL for the numbers of those tasks."""
    if connection.vendor == "postgresql":
        return f"SELECT id FROM {TASKS} WHERE task_id LIKE %s", [f"{connection.ops.prep_for_like_query(prefix)}%"]  # nosec B608 # only names from the code
    return f"SELECT id FROM {TASKS} WHERE task_id BETWEEN %s AND %s", [prefix, prefix + LAST]  # nosec B608 # only names from the code
