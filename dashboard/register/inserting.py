"""Inserts many tasks by one statement in the database, from any source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from dashboard.register.models import TrackedTask

TABLE: str = TrackedTask._meta.db_table


def insert_select(given: Mapping[str, str], *, source: str, now: datetime, added_by: str = "") -> tuple[str, list[Any]]:
    """`INSERT INTO … SELECT … <source>`, and the parameters that come before those of `source`.

    `given` maps columns to SQL. If that is NULL, and for all other columns, the model's default is used, so that a new
    column needs no change here.
    """
    told: dict[str, object] = {"tracked_at": now, "added_by": added_by}
    columns: list[str] = []
    expressions: list[str] = []
    parameters: list[Any] = []
    for field in TrackedTask._meta.concrete_fields:
        if field.primary_key or not field.column:
            continue
        expression = given.get(field.name)
        if expression is None or not field.null:
            value = told[field.name] if field.name in told else field.get_default()
            parameters.append(field.get_db_prep_save(value, connection))
            expression = "%s" if expression is None else f"COALESCE({expression}, %s)"
        columns.append(field.column)
        expressions.append(expression)
    return f"INSERT INTO {TABLE} ({', '.join(columns)}) SELECT {', '.join(expressions)} {source}", parameters
