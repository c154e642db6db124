from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.inventory.importing import fields


@dataclass(frozen=True, kw_only=True)
class Row:
    """One task as a file gives it. `values` holds only what was given, and only what JSON can hold."""

    line: int
    kind: str
    task_id: str
    values: dict[str, Any] = field(default_factory=dict)
    file: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.task_id


@dataclass(frozen=True, kw_only=True)
class Problem:
    line: int
    sentence: str
    file: str = ""


@dataclass(frozen=True, kw_only=True)
class Note:
    """Worth saying, and nothing was rejected for it."""

    sentence: str


Entry = Row | Problem | Note


def entry(cells: Mapping[str, object], *, line: int) -> Row | Problem:
    """The row that these cells make, or why they make none."""
    try:
        values: dict[str, Any] = {}
        kind = fields.kind(cells.get("kind"))
        task_id = fields.task_id(cells.get("task_id"))
        for column in fields.OPTIONAL:
            values |= fields.optional(column, cells.get(column))
    except fields.Rejected as rejected:
        return Problem(line=line, sentence=str(rejected))
    return Row(line=line, kind=kind, task_id=task_id, values=values)
