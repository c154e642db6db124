"""Many rows in one parameter: a JSON text `[[…], …]`, which the database reads as a table."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection


def table(columns: Mapping[str, str], *, name: str) -> str:
    """SQL for the table, with one placeholder for the JSON text. `columns` maps names to PostgreSQL's types.

    A time is written in UTC, as 2026-01-30T12:00:00+00:00. A JSON null becomes NULL.
    """
    postgresql = connection.vendor == "postgresql"
    cell = _cell_on_postgresql if postgresql else _cell_on_sqlite
    cells = ", ".join(f"{cell(index, type)} AS {column}" for index, (column, type) in enumerate(columns.items()))
    each = "jsonb_array_elements(%s::jsonb) AS r(value)" if postgresql else "json_each(%s)"
    return f"(SELECT {cells} FROM {each}) AS {name}"  # nosec B608 # pieces from the code, values beside them


def _cell_on_postgresql(index: int, type: str) -> str:
    if type == "jsonb":
        return f"NULLIF(value->{index}, 'null'::jsonb)"
    return f"(value->>{index})::{type}"


def _cell_on_sqlite(index: int, type: str) -> str:
    """Takes JSON values as they are, except times, which Django stores in SQLite in another format."""
    cell = f"json_extract(value, '$[{index}]')"
    if type == "timestamptz":
        return f"REPLACE(SUBSTR({cell}, 1, LENGTH({cell}) - 6), 'T', ' ')"
    return cell
