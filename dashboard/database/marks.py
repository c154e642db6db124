"""Sets of numbers, kept as bits: sixty numbers to a row `(selection_id, block, bits, pressed)`.

So a set of any size is changed by one statement that writes few rows, whether a number is in it is told by one of them,
and two who change it at once only have to agree on whose turn it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection

from dashboard.database import sql

TABLE = "register_selectionblock"
WIDTH = 60
"""A number of 64 bits with a sign holds so many, and their sum."""
_EACH = ", ".join(f"({bit})" for bit in range(WIDTH))
Numbers = tuple[str, list[Any]]
"""SQL that selects numbers as `id`, each once, and its values."""


def blocks(numbers: Iterable[int]) -> dict[int, int]:
    """The bits of some numbers, by block."""
    found: defaultdict[int, int] = defaultdict(int)
    for number in numbers:
        found[number // WIDTH] |= 1 << number % WIDTH
    return dict(found)


def spread(block: int, bits: int) -> Iterator[int]:
    """The numbers of one block."""
    return (block * WIDTH + bit for bit in range(WIDTH) if bits >> bit & 1)


def of(selection: int, *, between: tuple[int, int] | None = None) -> Numbers:
    """The numbers of a set; of those that lie between two, where that is asked for."""
    some, parameters = "", list[Any]([selection])
    if between:
        some = "AND marked.block BETWEEN %s AND %s"
        parameters += [number // WIDTH for number in between]
    statement = f"""SELECT marked.block * {WIDTH} + bit.column1 FROM {TABLE} AS marked
        JOIN (VALUES {_EACH}) AS bit ON (marked.bits >> bit.column1) & 1 = 1
        WHERE marked.selection_id = %s {some}"""  # nosec B608 # only names and numbers from the code
    return statement, parameters


def walk(selection: int, *, of: str, between: tuple[int, int]) -> tuple[str, list[Any]]:
    """A condition for rows of a table `of`, beside this one: their `id` is in the set, and between two.

    Each block leads to a short run of rows, so that nothing is looked up for a row alone: of many this takes a third as
    long as `of`. Its rows have to be ordered by block and `id`: else SQLite may look through all blocks for every row.
    """
    first, last = between
    begin = f"{TABLE}.block * {WIDTH}"
    condition = f"""{TABLE}.selection_id = %s AND {TABLE}.block BETWEEN %s AND %s
        AND {of}.id BETWEEN {begin} AND {begin} + {WIDTH - 1} AND {of}.id BETWEEN %s AND %s
        AND ({TABLE}.bits >> CAST({of}.id - {begin} AS integer)) & 1 = 1"""
    return condition, [selection, first // WIDTH, last // WIDTH, first, last]


def mark(selection: int, numbers: Numbers) -> None:
    """Adds them."""
    found, parameters = _grouped(numbers)
    sql.change(
        f"""INSERT INTO {TABLE} (selection_id, block, bits, pressed)
        SELECT %s, chosen.block, chosen.bits, chosen.bits FROM {found} AS chosen WHERE TRUE
        ON CONFLICT (selection_id, block) DO UPDATE
        SET bits = {TABLE}.bits | excluded.bits, pressed = {TABLE}.pressed | excluded.bits""",  # nosec B608 # only names from the code, values beside them
        selection,
        *parameters,
    )


def unmark(selection: int, numbers: Numbers) -> None:
    """Takes them away."""
    found, parameters = _grouped(numbers)
    sql.change(
        f"""UPDATE {TABLE} SET bits = {TABLE}.bits & ~gone.bits, pressed = pressed & ~gone.bits FROM {found} AS gone
        WHERE {TABLE}.selection_id = %s AND {TABLE}.block = gone.block""",  # nosec B608 # only names from the code, values beside them
        *parameters,
        selection,
    )


def copy(selection: int, to: int) -> None:
    sql.change(
        f"""INSERT INTO {TABLE} (selection_id, block, bits, pressed)
        SELECT %s, block, bits, pressed FROM {TABLE} WHERE selection_id = %s""",  # nosec B608 # only names from the code, values beside them
        to,
        selection,
    )


def counted(selection: int) -> tuple[int, int]:
    """How many numbers it has, and how many came by a press and are not in it any more."""
    found = sql.rows(f"SELECT bits, pressed FROM {TABLE} WHERE selection_id = %s", selection)  # nosec B608 # only names from the code, values beside them
    return sum(bits.bit_count() for bits, _ in found), sum((pressed & ~bits).bit_count() for bits, pressed in found)


def beside(selection: int, numbers: Numbers) -> list[tuple[int, int]]:
    """What of the set is not among these numbers: blocks with bits, in their order."""
    found, parameters = _grouped(numbers)
    # Put together here: SQLite joins the two without an index, which takes a minute.
    others = dict(sql.rows(f"SELECT block, bits FROM {found} AS found", *parameters))  # nosec B608 # pieces from the code, values beside them
    held = sql.rows(f"SELECT block, bits FROM {TABLE} WHERE selection_id = %s ORDER BY block", selection)  # nosec B608 # only names from the code, values beside them
    return [(block, left) for block, bits in held if (left := bits & ~others.get(block, 0))]


def first(selection: int, *, limit: int) -> list[int]:
    return _some(selection, "bits", limit=limit)


def ticked(selection: int, *, limit: int) -> list[int]:
    """Those that came by no press."""
    return _some(selection, "bits & ~pressed", limit=limit)


def excluded(selection: int, *, limit: int) -> list[int]:
    """The first numbers that came by a press and are not in it any more."""
    return _some(selection, "pressed & ~bits", limit=limit)


def _some(selection: int, which: str, *, limit: int) -> list[int]:
    """The first numbers whose bits are set in an expression of both columns."""
    found = sql.rows(
        f"SELECT block, {which} FROM {TABLE} WHERE selection_id = %s AND {which} <> 0 ORDER BY block LIMIT %s",  # nosec B608 # pieces from the code, values beside them
        selection,
        limit,
    )
    return [number for block, bits in found for number in spread(block, bits)][:limit]


def pressed_among(selection: int, numbers: Iterable[int]) -> list[int]:
    """Those of some numbers that came by a press."""
    wanted = blocks(numbers)
    statement = f"SELECT block, pressed FROM {TABLE} WHERE selection_id = %s AND {sql.among('block')}"  # nosec B608 # only names from the code, values beside them
    some = sql.rows(statement, selection, sql.array_of(list(wanted)))
    return [number for block, pressed in some for number in spread(block, pressed & wanted[block])]


def _grouped(numbers: Numbers) -> Numbers:
    statement, parameters = numbers
    postgresql = connection.vendor == "postgresql"
    bits = f"BIT_OR(1::bigint << (id %% {WIDTH})::integer)" if postgresql else f"SUM(1 << (id %% {WIDTH}))"
    grouped = f"(SELECT id / {WIDTH} AS block, {bits} AS bits FROM ({statement}) AS found GROUP BY id / {WIDTH})"  # nosec B608 # pieces from the code, values beside them
    return grouped, parameters
