"""Hand-written SQL for code that runs once per call: Django builds a statement slower than a database runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from dashboard.database import dialect

Row = TypeVar("Row", bound=Model)

AT_ONCE = 100
"""Rows of one statement: SQLite takes 32,766 values, and parses longer statements more slowly."""
PLAIN = {str, int, list}
"""Types that databases take as they are."""


class Sql(str):
    """A piece of SQL in the place of a value: `attempts + 1`."""

    __slots__ = ()


def rows(statement: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_plain(value) for value in values])
        return list(cursor.fetchall())


def instances(model: type[Row], statement: str, *values: object) -> list[Row]:
    """Instances from rows with all columns of the model; further columns become attributes, unconverted."""
    return list(model._base_manager.raw(statement, [_plain(value) for value in values]))


def change(statement: str, *values: object) -> int:
    """Runs a statement, and returns how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [_plain(value) for value in values])
        return int(cursor.rowcount)


def insert_all(table: str, new: Sequence[Mapping[str, object]], *, key: str = "id") -> list[int]:
    """Inserts rows that have the same columns, many with one statement, and returns their keys in the same order."""
    keys: list[int] = []
    for start in range(0, len(new), AT_ONCE):
        part = new[start : start + AT_ONCE]
        names = ", ".join(f'"{name}"' for name in part[0])
        holes = ", ".join(f"({', '.join(_hole(value) for value in fields.values())})" for fields in part)
        statement = f"INSERT INTO {table} ({names}) VALUES {holes} RETURNING {key}"  # nosec B608 # the caller names table and columns, values go beside them
        # Keys grow from row to row; the order in which a statement returns them is nowhere promised.
        keys += sorted(pk for (pk,) in rows(statement, *(value for fields in part for value in _given(fields))))
    return keys


def update(table: str, fields: Mapping[str, object], where: str, *values: object) -> int:
    """Updates rows, and returns how many it changed."""
    changes = ", ".join(f'"{name}" = {_hole(value)}' for name, value in fields.items())
    return change(f"UPDATE {table} SET {changes} WHERE {where}", *_given(fields), *values)  # nosec B608 # the caller names table and columns, values go beside them


@contextmanager
def one_moment() -> Iterator[None]:
    """All reads inside see one moment, and block no other process. Nothing may be written."""
    if connection.in_atomic_block:
        yield
        return
    change("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if connection.vendor == "postgresql" else "BEGIN")
    try:
        yield
    finally:
        change("ROLLBACK")


def among(column: str) -> str:
    """A condition: `column` is one of many values, which `array_of` puts into its one placeholder."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)"
    return f"{column} IN (SELECT value FROM json_each(%s))"  # nosec B608 # the caller names the column, the values go beside it


def array_of(values: Sequence[int] | Sequence[UUID] | Sequence[str]) -> list[int | UUID | str] | str:
    """Many values as the one parameter of `among`."""
    return list(values) if connection.vendor == "postgresql" else json.dumps([_plain(value) for value in values])


def for_update(table: str) -> str:
    """Locks the rows that are read of `table`. On SQLite a writing transaction has locked everything already."""
    return f" FOR UPDATE OF {table}" if connection.vendor == "postgresql" else ""


def look_at(table: str) -> None:
    """Updates PostgreSQL's statistics of a table, which it does a minute later; plans would be bad until then."""
    if connection.vendor == "postgresql":
        change(f"ANALYZE (SKIP_LOCKED) {table}")


def from_now(seconds: float) -> Sql | datetime:
    """A value to write: the moment so many seconds from now, by the clock of `calls/clock.py`."""
    if dialect.has_own_clock():
        return Sql(f"STATEMENT_TIMESTAMP() + INTERVAL '{seconds} seconds'")
    return timezone.now() + timedelta(seconds=seconds)


def moment(value: datetime | None) -> datetime | None:
    """A moment that was read from the database, in UTC: SQLite's have no zone."""
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def as_moment(value: datetime | str | None) -> datetime | None:
    """A moment that an aggregate returned: SQLite returns those as text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _hole(value: object) -> str:
    return value if isinstance(value, Sql) else "%s"


def _given(fields: Mapping[str, object]) -> list[object]:
    return [value for value in fields.values() if not isinstance(value, Sql)]


def _plain(value: object) -> Any:
    """A value in the form that the database takes."""
    if value is None or type(value) in PLAIN:
        return value
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value
