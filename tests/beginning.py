"""What the migrations left in the database, and a way back to it after a test that committed.

In place of Django's flush, which empties each table whether or not a row is in it, on PostgreSQL file by file, and then
makes all content types, permissions and roles anew: most of what such a test took.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from dashboard.database import append_only

LARGE, SMALL = 500_000, 65_536
"""Bytes: some thousand tasks, and a hundred."""
Rows = list[tuple[Any, ...]]


class Beginning:
    """Taken before the first test: `restore()` makes every table hold what it held then."""

    def __init__(self) -> None:
        # What the prompt index holds follows the tasks.
        self.tables = sorted(connection.introspection.django_table_names(only_existing=True, include_views=False))
        self.held = {table: _rows(table) for table in self._filled()}

    def restore(self) -> None:
        changed = [table for table in self._filled() | self.held.keys() if self._is_changed(table)]
        large = _larger(changed, LARGE)
        with transaction.atomic(), connection.cursor() as cursor:
            # They refuse to let anything go, and a test may have taken them away.
            append_only.drop(connection)
            for table in large:
                cursor.execute(f"TRUNCATE {_quoted(table)} CASCADE")
            # Foreign keys are looked at when all of it is done.
            for table in changed:
                cursor.execute(f"DELETE FROM {_quoted(table)}")
            for table in changed:
                _fill(table, self.held.get(table, []))
            append_only.create(connection)
        if in_the_way := _larger(changed, SMALL):
            # Rows that are gone would be read over, and plans count on them.
            with connection.cursor() as cursor:
                cursor.execute(f"VACUUM {', '.join(map(_quoted, in_the_way))}")

    def _filled(self) -> set[str]:
        """Those with a row in them."""
        asked = [f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {_quoted(table)})" for table in self.tables]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(asked))
            return {table for (table,) in cursor.fetchall()}

    def _is_changed(self, table: str) -> bool:
        return table not in self.held or _rows(table) != self.held[table]


def _larger(tables: list[str], size: int) -> list[str]:
    """Those whose indexes would stay large without their rows. To make their files anew takes PostgreSQL long."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        # By their names: looking for them in `pg_class` it would measure every file there is, for 50 ms.
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE pg_relation_size(name::regclass) > %s", [tables, size]
        )
        return [table for (table,) in cursor.fetchall()]


def _rows(table: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {_quoted(table)} ORDER BY 1")
        return cursor.fetchall()


def _fill(table: str, rows: Rows) -> None:
    if rows:
        places = ", ".join(["%s"] * len(rows[0]))
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {_quoted(table)} VALUES ({places})", rows)


def _quoted(table: str) -> str:
    return connection.ops.quote_name(table)
