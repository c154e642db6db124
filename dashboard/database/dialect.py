"""What one of the databases can do and the other can't, and small pieces of SQL that they spell differently.

Other rooms ask here for what they want, and never which database it is.
"""

from __future__ import annotations

from pathlib import Path

from django.db import connection


def lets_several_write() -> bool:
    """Whether processes write at the same time. SQLite has one lock for all of them."""
    return connection.vendor == "postgresql"


def has_own_clock() -> bool:
    """Whether it may run on another machine. SQLite has the clock of ours."""
    return connection.vendor == "postgresql"


def address() -> str:
    """Where it is reached: the same for all who reach it there."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(Path(given["NAME"]).absolute())
    return f"{given['HOST']}:{given['PORT']}/{given['NAME']}"


def bytewise() -> str:
    """The collation that compares bytes."""
    return "C" if connection.vendor == "postgresql" else "BINARY"


def differ(one: str, other: str) -> str:
    """That two values differ, where one of them may be NULL."""
    return f"{one} {'IS DISTINCT FROM' if connection.vendor == 'postgresql' else 'IS NOT'} {other}"


def statement_moment() -> str:
    """The moment at which the statement began, by the database's own clock; NULL where it has none."""
    return "STATEMENT_TIMESTAMP()" if has_own_clock() else "NULL"


def as_moment(seconds: str) -> str:
    """The moment so many seconds after 1970."""
    return f"TO_TIMESTAMP({seconds})" if connection.vendor == "postgresql" else f"DATETIME({seconds}, 'unixepoch')"


def as_json(text: str) -> str:
    """JSON that was written as text, as a column takes it."""
    return f"CAST({text} AS jsonb)" if connection.vendor == "postgresql" else text


def as_hex(number: str) -> str:
    """A number of 32 bits in eight characters. A statement with parameters doubles the `%` in it."""
    if connection.vendor == "postgresql":
        return f"LPAD(TO_HEX({number}), 8, '0')"
    return f"PRINTF('%08x', {number})"
