from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from dashboard.audit.models import AuditEvent
from dashboard.pages import foreign

PAGE_SIZE = 50
SHORT = 30
"""Characters of a detail that need no folding."""


@dataclass(frozen=True, kw_only=True)
class Row:
    event: AuditEvent
    deletion: str
    """The uuid of the deletion that the event is about, or empty."""
    detail: SafeString
    is_long: bool


@dataclass(frozen=True, kw_only=True)
class Page:
    rows: list[Row]
    newer: str
    """Cursor of the page before; empty when there is none."""
    older: str


def page_of(events: QuerySet[AuditEvent], cursor: tuple[str, int] | None) -> Page:
    """Newest first. A page is found by key, so the last one costs as little as the first."""
    direction, bound = cursor or ("older", None)
    if direction == "newer":
        found = list(events.filter(sequence__gte=bound).order_by("sequence")[: PAGE_SIZE + 1])
        has_newer, found = len(found) > PAGE_SIZE, found[:PAGE_SIZE][::-1]
        has_older = bool(found) and events.filter(sequence__lt=found[-1].sequence).exists()
    else:
        here = events if bound is None else events.filter(sequence__lte=bound)
        found = list(here.order_by("-sequence")[: PAGE_SIZE + 1])
        has_older, found = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
        has_newer = bool(found) and bound is not None and events.filter(sequence__gt=found[0].sequence).exists()
    return Page(
        rows=[_row(event) for event in found],
        newer=f"newer-{found[0].sequence + 1}" if has_newer else "",
        older=f"older-{found[-1].sequence - 1}" if has_older else "",
    )


def _row(event: AuditEvent) -> Row:
    length = len(json.dumps(event.detail, ensure_ascii=False))
    return Row(event=event, deletion=_deletion(event), detail=_words(event.detail), is_long=length > SHORT)


def _words(detail: Any) -> SafeString:
    if isinstance(detail, dict):
        named = ((foreign.shown(key.replace("_", " ")), _words(value)) for key, value in detail.items())
        return format_html_join(", ", "{}: {}", named)
    return foreign.shown((detail or "—") if isinstance(detail, str) else json.dumps(detail, ensure_ascii=False))


def _deletion(event: AuditEvent) -> str:
    if not event.action.startswith(("deletion.", "call.")):
        return ""
    try:
        return str(UUID(event.subject))
    except ValueError:
        return ""
