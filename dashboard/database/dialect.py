"""Abilities of one database that the other lacks, and small pieces of SQL that they spell differently.

Other rooms ask here for an ability, and never which database it is.
"""

from __future__ import annotations

from pathlib import Path

from django.db import connection


def lets_several_write() -> bool:
    """Whether processes can write at the same time. SQLite has one lock for all writers."""
    return connection.vendor == "postgresql"


def has_own_clock() -> bool:
    """Whether the database may run on another machine, with a clock of its own. SQLite runs on ours."""
    return connection.vendor == "postgresql"


def address() -> str:
    """Where the database is reached: the same text in all processes that reach it there."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(Path(given["NAME"]).absolute())
    return f"{given['HOST']}:{given['PORT']}/{given['NAME']}"


def bytewise() -> str:
    return "C" if connection.vendor == "postgresql" else "BINARY"


def differ(one: str, other: str) -> str:
    """SQL: two values differ. NULL is a value too."""
    return f"{one} {'IS DISTINCT FROM' if connection.vendor == 'postgresql' else 'IS NOT'} {other}"


def statement_moment() -> str:
    """SQL: when the statement began, by the database's own clock; NULL if it has none."""
    return "STATEMENT_TIMESTAMP()" if has_own_clock() else "NULL"


def as_moment(seconds: str) -> str:
    """SQL: the moment so many seconds after 1970."""
    return f"TO_TIMESTAMP({seconds})" if connection.vendor == "postgresql" else f"DATETIME({seconds}, 'unixepoch')"


def to_the_second(moment: str) -> str:
    """SQL: a moment in UTC as text, such as 2026-01-30 12:00:00; NULL stays NULL."""
    if connection.vendor == "postgresql":
        return f"TO_CHAR({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
    return f"SUBSTR({moment}, 1, 19)"


def as_json(text: str) -> str:
    """SQL: JSON text in the type of a JSON column."""
    return f"CAST({text} AS jsonb)" if connection.vendor == "postgresql" else text


def as_hex(number: str) -> str:
    """SQL: a number of 32 bits as eight hexadecimal digits. In a statement with parameters its `%` must be doubled."""
    if connection.vendor == "postgresql":
        return f"LPAD(TO_HEX({number}), 8, '0')"
    return f"PRINTF('%08x', {number})"
