from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from dashboard.audit.models import AuditEvent
from dashboard.pages import foreign
from dashboard.pages.cursors import Cursor, Page, cut

CONFIRMED = "deletion.confirmed"
PAGE_SIZE = 50
SHORT = 30
"""A detail with more characters than this is folded."""


@dataclass(frozen=True, kw_only=True)
class Row:
    event: AuditEvent
    deletion: str
    """The uuid of the deletion that the event is about, or empty."""
    detail: SafeString
    is_long: bool
    confirmed_by: str
    """The person who confirmed the deletion of a call; empty for other events."""


def page_of(events: QuerySet[AuditEvent], cursor: Cursor | None) -> Page[Row]:
    """Newest first. An address has the first number that its page may have, not the last one of the page before."""
    older = cursor is None or cursor.older
    here, behind = events, False
    if cursor:
        here = events.filter(**{"sequence__lte" if older else "sequence__gte": cursor.number})
        behind = events.filter(**{"sequence__gt" if older else "sequence__lt": cursor.number}).exists()
    found = list(here.order_by("-sequence" if older else "sequence")[: PAGE_SIZE + 1])
    rows, has_newer, has_older = cut(found, size=PAGE_SIZE, onward=older, behind=behind)
    people = confirmed_by(event.subject for event in rows if is_call(event))
    return Page(
        rows=[_row(event, people) for event in rows],
        newer=Cursor(older=False, number=rows[0].sequence + 1) if rows and has_newer else None,
        older=Cursor(older=True, number=rows[-1].sequence - 1) if rows and has_older else None,
    )


def confirmed_by(deletions: Iterable[str]) -> dict[str, str]:
    """The people who confirmed these deletions, by uuid, from the entries of the log."""
    entries = AuditEvent.objects.filter(action=CONFIRMED, subject__in={*deletions} - {""})
    return dict(entries.order_by("sequence").values_list("subject", "actor"))


def is_call(event: AuditEvent) -> bool:
    return event.action.startswith("call.")


def _row(event: AuditEvent, people: dict[str, str]) -> Row:
    return Row(
        event=event,
        deletion=_deletion(event),
        detail=_words(event.detail),
        is_long=len(json.dumps(event.detail, ensure_ascii=False)) > SHORT,
        confirmed_by=people.get(event.subject, "") if is_call(event) else "",
    )


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
