"""The first rows of a file, as **Check** shows them: the values that will be stored."""

from __future__ import annotations

from datetime import datetime, tzinfo

from dashboard.calls.texts import cut
from dashboard.pages.moments import in_words
from dashboard.register.importing.cells.entries import Row

ROWS = 10
LONGEST = 160


def sampled(row: Row, *, zone: tzinfo) -> dict[str, str]:
    values = row.values
    return {
        "kind": row.kind,
        "task_id": row.task_id,
        "status": values.get("status", ""),
        "model": values.get("model", ""),
        "prompt": cut(values.get("prompt", ""), LONGEST),
        "created": _created(values.get("created_at", ""), values.get("created_raw", ""), zone),
        "details": " · ".join(_details(row)),
    }


def _created(moment: str, raw: str, zone: tzinfo) -> str:
    """The moment in the importing person's zone, and the file's own text if it has no offset."""
    known = in_words(datetime.fromisoformat(moment), "second", zone=zone) if moment else ""
    shown = known or ("unknown" if raw else "")
    return f"{shown} (written as {raw})" if raw else shown


def _details(row: Row) -> list[str]:
    values = row.values
    details = []
    if "width" in values or "height" in values:
        details.append(f"{values.get('width', '?')} × {values.get('height', '?')}")
    if "duration" in values:
        details.append(f"{values['duration']:g} s")
    if urls := values.get("urls"):
        details.append(f"{len(urls)} address{'' if len(urls) == 1 else 'es'}")
    if error := values.get("error"):
        details.append(f"Error: {cut(error, LONGEST)}")
    return details
