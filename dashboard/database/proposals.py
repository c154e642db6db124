"""Tasks that the index of prompts proposes for some texts, as SQL for their numbers. Docs: `docs/listing.md`.

The texts are folded and come in groups: a prompt must contain at least one text of each group. The index saves reading
the other prompts. It may propose a task that lacks the texts, so the caller must check each proposal.
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
FEW = 500 if connection.vendor == "postgresql" else 1000
"""The number of proposals that are checked and sorted: each takes PostgreSQL several times as long as SQLite."""
FEW_KEYS = 8
"""Most keys for which PostgreSQL's index is asked by slot: a longer range may contain nearly all tasks."""
LAST = chr(0x10FFFF)
_MARK = "[ -/:-@[-`{-~]"
"""Printable ASCII except letters and digits, in a folded text."""
_NUMBER = f"rowid & {(1 << NUMBER_BITS) - 1}"
_SHORT = re.compile("[a-z0-9]{1,2}")
_TRIGRAM = re.compile("[a-z0-9]{3}|[a-z0-9]{2}[^a-z0-9]|[^a-z0-9][a-z0-9]", re.ASCII)
"""`pg_trgm` can look up a text only if it contains one of these."""


def of(wanted: Wanted) -> Numbers | None:
    """The proposals of the index; None if it can't be asked for these texts."""
    return _by_grams(wanted) if connection.vendor == "postgresql" else _by_match(wanted)


def read_through(wanted: Wanted) -> Numbers | None:
    """All prompts that contain the texts, by reading the table, for texts that PostgreSQL's index can't look up.
    Reading all of them in a row is quicker than task by task."""
    if connection.vendor == "sqlite" or not wanted:
        return None
    groups = [" OR ".join(["strpos(folded, %s) > 0"] * len(group)) for group in wanted]
    sql = f"SELECT rowid FROM {TABLE} WHERE ({') AND ('.join(groups)})"  # nosec B608 # pieces from the code, values beside them
    return sql, [text for group in wanted for text in group]


def in_order(wanted: Wanted, slots: tuple[int, int], *, falling: bool, limit: int | None) -> list[tuple[int, int]]:
    """Slot and number of the proposed tasks in some slots, in the order of slots."""
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
    """Whether `in_order` reads no more than its limit, for any number of slots. SQLite's index is in the order of
    slots; PostgreSQL reads all proposals of these slots and sorts them."""
    return connection.vendor == "sqlite"


def at_most(number: int, sql: str) -> str:
    """SQL for at most so many proposals. The index is forced: for a few of many PostgreSQL would read the table."""
    if connection.vendor == "postgresql":
        return f"SELECT * FROM (WITH p AS MATERIALIZED ({sql}) SELECT * FROM p) AS proposals LIMIT {number}"  # nosec B608 # pieces from the code
    return f"SELECT * FROM ({sql}) AS proposals LIMIT {number}"  # nosec B608 # pieces from the code


def among(numbers: str, parameters: Sequence[Any]) -> Q:
    """A condition: the task's number is in the result of some SQL. Each number is looked up by its key."""
    # With a semi-join PostgreSQL may read every task instead.
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
    """A condition: the task's number is one of these. One parameter for all, since SQLite limits their number."""
    if connection.vendor == "postgresql":
        return among("SELECT unnest(%s::bigint[])", [numbers])
    return among("SELECT value FROM json_each(%s)", [json.dumps(numbers)])


def id_begins_with(prefix: str) -> Q:
    """A condition: the id begins with a text, compared by bytes in the index. SQLite's LIKE can't do that, and
    PostgreSQL's comparison follows the database's language."""
    if connection.vendor == "postgresql":
        return Q(task_id__startswith=prefix)
    return Q(task_id__gte=prefix, task_id__lte=prefix + LAST)


def ids_beginning_with(prefix: str) -> Numbers:
    """SQL for the numbers of tasks whose id begins with a text."""
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
    """Conditions that PostgreSQL's index can check for a text; none if it has only marks."""
    found: list[tuple[str, list[Any]]] = []
    for run in text.split():
        if _SHORT.fullmatch(run):
            found.append(_short(run))
        elif _TRIGRAM.search(run):
            found.append(("folded LIKE %s", [f"%{connection.ops.prep_for_like_query(run)}%"]))
    numbers = grams.numbers_looked_up(text)
    return [*found, (f"{NUMBERS} @> %s::integer[]", [numbers])] if numbers else found


def _short(run: str) -> tuple[str, list[Any]]:
    """A condition for one or two letters or digits. `pg_trgm` finds two only with what follows them."""
    if len(run) == 1:
        return f"{NUMBERS} && %s::integer[]", [grams.numbers_of_letter(run)]
    followed = f"(folded ~ %s OR folded ~ %s OR folded LIKE %s OR {NUMBERS} @> %s::integer[])"
    return followed, [f"{run}[0-9a-z]", f"{run}{_MARK}", f"%{run}", [grams.number_followed(run)]]


def _quoted(piece: str) -> str:
    """A string in the syntax of FTS5."""
    doubled = piece.replace('"', '""')
    return f'"{doubled}"'
