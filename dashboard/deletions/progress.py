"""What a deletion's numbers look like to people: derived anew each time, never stored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from dashboard.deletions import manifest
from dashboard.deletions.models import Deletion, Result, State

FAST, SLOW = 2, 5
"""Seconds between polls: at first, and after the first minute."""


@dataclass(frozen=True, kw_only=True)
class Control:
    name: str
    url: str
    style: str = ""


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of the bar, in percent of its width."""

    outcome: str
    x: str
    width: str


@dataclass(frozen=True, kw_only=True)
class Progress:
    deletion: Deletion
    percent: int
    counts: list[Result]
    segments: list[Segment]
    sentence: str
    controls: list[Control]
    polling: int
    """Seconds until the page should ask again; 0 when nothing changes by itself any more."""

    @property
    def troubled(self) -> bool:
        return bool(self.deletion.refused or self.deletion.unknown or self.deletion.alarms)


@dataclass(frozen=True, kw_only=True)
class Freezing:
    tasks: int
    frozen: int
    percent: int
    queued: bool
    """Nothing of it is written down yet, and others came first."""


def progress_of(deletion: Deletion, *, now: datetime) -> Progress:
    segments, x = [], 0.0
    for row in deletion.results():
        width = 100 * row.count / deletion.size
        segments.append(Segment(outcome=row.outcome, x=f"{x:.3f}", width=f"{width:.3f}"))
        x += width
    return Progress(
        deletion=deletion,
        percent=100 * deletion.settled // deletion.size if deletion.size else 100,
        counts=deletion.results(),
        segments=segments,
        sentence=sentence(deletion, now=now),
        controls=controls(deletion, now=now),
        polling=polling(deletion, now=now),
    )


def freezing_of(deletion: Deletion) -> Freezing | None:
    """How far a draft is that is being frozen; None when none is."""
    if deletion.state != State.DRAFT or deletion.freezing_at is None:
        return None
    tasks = manifest.expected(deletion)
    # What takes its time after the last task is counting and signing.
    percent = min(99, 100 * deletion.total // max(tasks, 1))
    earlier = Deletion.objects.filter(state=State.DRAFT, freezing_at__isnull=False, pk__lt=deletion.pk)
    queued = not deletion.frozen_through and earlier.exists()
    return Freezing(tasks=tasks, frozen=deletion.total, percent=percent, queued=queued)


def polling(deletion: Deletion, *, now: datetime) -> int:
    unsettled = deletion.state == State.CANCELLED and deletion.waiting
    if deletion.state not in {State.SCHEDULED, State.RUNNING, State.PAUSED} and not unsettled:
        return 0
    begun = deletion.starts_at or now
    return FAST if (now - begun).total_seconds() < 60 else SLOW


def sentence(deletion: Deletion, *, now: datetime) -> str:
    """What is going on, or why nothing is."""
    if deletion.state == State.SCHEDULED and deletion.starts_at:
        left = math.ceil((deletion.starts_at - now).total_seconds())
        return f"Starts in {left} s. Nothing is sent before that." if left > 0 else "Starting."
    if deletion.state == State.PAUSED:
        return deletion.paused_reason
    if deletion.state == State.RUNNING:
        if deletion.rest_until and deletion.rest_until > now:
            left = math.ceil((deletion.rest_until - now).total_seconds())
            return f"{deletion.rest_reason}. Going on in {left} s."
        if not deletion.waiting and not deletion.sent and deletion.unknown:
            return f"{deletion.unknown:,} may or may not be deleted. Checking."
        if deletion.stopped_at:
            return f"Stopping. {deletion.sent:,} already sent can't be stopped." if deletion.sent else "Stopping."
        if deletion.sent:
            return f"Stop the rest can't stop the {deletion.sent:,} already sent."
        return ""
    if deletion.state == State.CANCELLED:
        still = f"{deletion.waiting:,} are still being given back." if deletion.waiting else "Every task was kept."
        return f"Undone in time. Nothing was sent. {still}"
    if deletion.state == State.FINISHED:
        return finished_sentence(deletion)
    return ""


def finished_sentence(deletion: Deletion) -> str:
    done = deletion.deleted + deletion.already_gone
    parts = [f"{done:,} of {deletion.size:,} gone"]
    if deletion.refused:
        parts.append(refused_part(deletion))
    if deletion.unknown:
        parts.append(f"{deletion.unknown:,} may or may not be deleted")
    if deletion.kept:
        parts.append(f"{deletion.kept:,} kept{' (the rest was stopped)' if deletion.stopped_at else ''}")
    return "; ".join(parts) + "."


def refused_part(deletion: Deletion) -> str:
    was, is_still = ("was", "is still") if deletion.refused == 1 else ("were", "are still")
    since = f"and {is_still} there"
    if deletion.retried:
        all_of_them = deletion.retried >= deletion.refused
        since = (
            "and retried by another deletion" if all_of_them else f"({deletion.retried:,} retried by another deletion)"
        )
    return f"{deletion.refused:,} {was} refused {since}"


def controls(deletion: Deletion, *, now: datetime) -> list[Control]:
    def control(name: str, action: str, style: str = "") -> Control:
        return Control(name=name, url=reverse(f"deletion-{action}", args=[deletion.uuid]), style=style)

    if deletion.state == State.SCHEDULED:
        overdue = deletion.starts_at is not None and deletion.starts_at <= now
        return [control("Stop the rest", "stop", "danger")] if overdue else [control("Undo", "undo")]
    stop = control("Stop the rest", "stop", "danger")
    if deletion.state == State.RUNNING:
        return [] if deletion.stopped_at else [control("Pause", "pause"), stop]
    if deletion.state == State.PAUSED:
        return [control("Resume", "resume"), stop]
    if deletion.state == State.FINISHED:
        to_retry = deletion.refused > deletion.retried
        retry = [control(f"Retry {deletion.refused:,} refused", "retry")] if to_retry else []
        check = [control(f"Check {deletion.unknown:,} unknown", "check")] if deletion.unknown else []
        return [*retry, *check]
    return []
