"""Tasks that the index of the prompts proposes for some texts, as SQL for their numbers. Docs: `docs/listing.md`.

What is wanted comes in groups of folded texts: of each group a prompt has at least one. The index only spares reading
the others. It may propose a task that lacks the texts, so what it proposes is still to be decided.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, Q
from django.db.models.expressions import RawSQL

from dashboard.database import grams
from dashboard.database.listed import TASKS
from dashboard.database.prompt_reading import GRAMS, NUMBER_BITS, NUMBERS, TABLE, place

Wanted = Sequence[Sequence[str]]
Numbers = tuple[str, list[Any]]
"""SQL that selects numbers of tasks, some perhaps twice, and its parameters."""
FEW_KEYS = 8
"""Of longer stretches PostgreSQL's index says nothing: nearly all tasks may lie there."""
LAST = chr(0x10FFFF)
_MARK = "[ -/:-@[-`{-~]"
"""Printable ASCII but letters and digits, in a folded text."""
_NUMBER = f"rowid & {(1 << NUMBER_BITS) - 1}"
_SHORT = re.compile("[a-z0-9]{1,2}")
_TRIGRAM = re.compile("[a-z0-9]{3}|[a-z0-9]{2}[^a-z0-9]|[^a-z0-9][a-z0-9]", re.ASCII)
"""Without these `pg_trgm` knows nothing of a longer one."""


def few() -> int:
    """So many proposals are looked at and sorted: each takes PostgreSQL several times as long."""
    return 500 if connection.vendor == "postgresql" else 1000


def of(wanted: Wanted) -> Numbers | None:
    """None when no index knows."""
    return _by_grams(wanted) if connection.vendor == "postgresql" else _by_match(wanted)


def read_through(wanted: Wanted) -> Numbers | None:
    """PostgreSQL knows nothing of one or two letters. To read all prompts in a row is quicker than task by task."""
    if connection.vendor == "sqlite" or not wanted:
        return None
    groups = [" OR ".join(["strpos(folded, %s) > 0"] * len(group)) for group in wanted]
    sql = f"SELECT rowid FROM {TABLE} WHERE ({') AND ('.join(groups)})"  # nosec B608 # pieces from the code, values beside them
    return sql, [text for group in wanted for text in group]


def in_order(wanted: Wanted, slots: tuple[int, int], *, falling: bool, limit: int | None) -> list[tuple[int, int]]:
    """Slot and number of the tasks of some slots that the index proposes, in the order of slots."""
    proposed = of(wanted)
    if proposed is None:
        return []
    sql, parameters = _on(slots, *proposed)
    if connection.vendor == "postgresql":
        sql, order = sql.replace("SELECT rowid", "SELECT slot, rowid", 1), "slot"
    else:
        sql, order = sql.replace("SELECT ", f"SELECT rowid >> {NUMBER_BITS}, ", 1), "rowid"
    with connection.cursor() as cursor:
        end = f"ORDER BY {order} {'DESC' if falling else 'ASC'}" + (f" LIMIT {limit}" if limit else "")
        cursor.execute(f"{sql} {end}", parameters)
        return list(cursor.fetchall())


def stop_at_the_limit() -> bool:
    """Whether `in_order` reads no more than it is asked for, however many slots are named. SQLite's index lies in the
    order of slots; PostgreSQL finds all that is proposed of these slots and sorts it."""
    return connection.vendor == "sqlite"


def at_most(number: int, sql: str) -> str:
    """So many of them, all by the index: only for a few of many PostgreSQL would read the table until it met them."""
    if connection.vendor == "postgresql":
        return f"SELECT * FROM (WITH p AS MATERIALIZED ({sql}) SELECT * FROM p) AS proposals LIMIT {number}"  # nosec B608 # pieces from the code
    return f"SELECT * FROM ({sql}) AS proposals LIMIT {number}"  # nosec B608 # pieces from the code


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


def id_begins_with(prefix: str) -> Q:
    """By bytes, over the index: SQLite's LIKE can't, and PostgreSQL's comparison follows the database's language."""
    if connection.vendor == "postgresql":
        return Q(task_id__startswith=prefix)
    return Q(task_id__gte=prefix, task_id__lte=prefix + LAST)


def ids_beginning_with(prefix: str) -> Numbers:
    """Of those tasks."""
    if connection.vendor == "postgresql":
        return f"SELECT id FROM {TASKS} WHERE task_id LIKE %s", [f"{connection.ops.prep_for_like_query(prefix)}%"]  # nosec B608 # only names from the code
    return f"SELECT id FROM {TASKS} WHERE task_id BETWEEN %s AND %s", [prefix, prefix + LAST]  # nosec B608 # only names from the code


def _on(slots: tuple[int, int], sql: str, parameters: list[Any]) -> Numbers:
    first, last = slots
    if connection.vendor == "sqlite":
        return f"{sql} AND rowid BETWEEN %s AND %s", [*parameters, place(first, 0), place(last + 1, 0) - 1]
    keys = grams.keys_between(first, last)
    if len(keys) <= FEW_KEYS:
        sql, parameters = f"{sql} AND {grams.slot_keys('slot')} && %s::bigint[]", [*parameters, keys]
    return f"{sql} AND slot BETWEEN %s AND %s", [*parameters, first, last]


def _by_match(wanted: Wanted) -> Numbers | None:
    groups = [
        " OR ".join(f"({' AND '.join(map(_quoted, grams.looked_up(text)))})" for text in group) for group in wanted
    ]
    if not groups:
        return None
    match = " AND ".join(f"({group})" for group in groups)
    return f"SELECT {_NUMBER} FROM {GRAMS} WHERE {GRAMS} MATCH %s", [match]  # nosec B608 # only names from the code


def _by_grams(wanted: Wanted) -> Numbers | None:
    groups, parameters = [], list[Any]()
    for group in wanted:
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
