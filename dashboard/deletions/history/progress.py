"""A deletion's numbers as people see them: derived at each request, never stored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from dashboard.calls import doubts
from dashboard.calls.models import Account
from dashboard.deletions.approvals import decisions
from dashboard.deletions.drafts import freezing
from dashboard.deletions.evidence.sampling import CONFIDENCE, Sample, sample_of
from dashboard.deletions.models import IN_FLIGHT, Deletion, Result, State
from dashboard.pages.moments import in_words

FAST, SLOW = 2, 5
"""Seconds between polls: in the first minute, and after it."""


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
    pace: str
    """How fast it goes, and how long it will take; empty where that is not known."""
    controls: list[Control]
    polling: int
    """Seconds until the page should ask again; 0 if nothing will change by itself."""

    @property
    def troubled(self) -> bool:
        return bool(self.deletion.refused or self.deletion.unknown or self.deletion.alarms)


@dataclass(frozen=True, kw_only=True)
class Freezing:
    tasks: int
    frozen: int
    percent: int
    queued: bool
    """Earlier drafts are being frozen, and this one is not begun."""
    again: bool
    """It was frozen, and is signed anew."""


def progress_of(deletion: Deletion, *, now: datetime, pace: str = "") -> Progress:
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
        pace=pace,
        controls=controls(deletion, now=now),
        polling=polling(deletion, now=now),
    )


def freezing_of(deletion: Deletion) -> Freezing | None:
    """The progress of freezing; None if the deletion is not being frozen."""
    if not deletion.is_being_frozen:
        return None
    tasks = freezing.expected(deletion)
    # Counting and hashing take time after the last task.
    percent = min(99, 100 * deletion.total // max(tasks, 1))
    earlier = Deletion.objects.being_frozen().filter(pk__lt=deletion.pk)
    queued = not deletion.frozen_through and earlier.exists()
    again = deletion.is_being_signed_anew
    return Freezing(tasks=tasks, frozen=deletion.total, percent=percent, queued=queued, again=again)


def polling(deletion: Deletion, *, now: datetime) -> int:
    if deletion.state == State.AWAITING_APPROVAL:
        return SLOW
    if deletion.state not in IN_FLIGHT and not deletion.is_being_undone:
        return 0
    begun = deletion.starts_at or now
    return FAST if (now - begun).total_seconds() < 60 else SLOW


def sentence(deletion: Deletion, *, now: datetime) -> str:
    """What is going on, or why nothing is."""
    if deletion.state == State.SCHEDULED and deletion.starts_at:
        left = math.ceil((deletion.starts_at - now).total_seconds())
        begins = f"Starts in {left} s. Nothing is sent before that." if left > 0 else "Starting."
        return f"{decisions.sentence(deletion)} {begins}".strip()
    if deletion.state in {State.AWAITING_APPROVAL, State.DISCARDED}:
        return decisions.sentence(deletion)
    if deletion.state == State.PAUSED:
        return deletion.paused_reason
    if deletion.state == State.RUNNING:
        if deletion.doubt:
            return f"{deletion.doubt} Until then TensorsLab's word is all there is."
        if deletion.is_alarm_building:
            return (
                "TensorsLab said Success, but a look-up found a task still there. Nothing else is sent before all are "
                "looked up."
            )
        if deletion.is_canary_out:
            return "The first tasks went alone and are looked up, before the others may follow."
        if deletion.waiting and deletion.rule_due and deletion.rule_due <= now:
            return "A rule for holds is being applied. Nothing is sent before that."
        if deletion.rest_until and deletion.rest_until > now:
            left = math.ceil((deletion.rest_until - now).total_seconds())
            return f"{deletion.rest_reason}. Going on in {left} s."
        if not deletion.waiting and not deletion.sent and deletion.unknown:
            return f"{deletion.unknown:,} may or may not be deleted. Checking."
        if deletion.is_stopped:
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
    if not deletion.said:
        parts = [f"{done:,} of {deletion.size:,} gone"]
    else:
        alone = ", by TensorsLab's word alone" if deletion.said == done else ""
        parts = [f"{deletion.deleted:,} of {deletion.size:,} deleted{alone}"]
        parts += [f"{deletion.already_gone:,} already gone"] if deletion.already_gone else []
    if deletion.refused:
        parts.append(refused_part(deletion))
    if deletion.unknown:
        parts.append(f"{deletion.unknown:,} may or may not be deleted")
    if deletion.kept:
        parts.append(f"{deletion.kept:,} kept{' (the rest was stopped)' if deletion.is_stopped else ''}")
    return "; ".join(parts) + "."


def evidence_of(deletion: Deletion, *, now: datetime) -> list[str]:
    """Sentences on what look-ups show of TensorsLab's answers, and on the inspections."""
    sentences = list(filter(None, [_of_successes(deletion)]))
    if deletion.state != State.FINISHED:
        return sentences
    inspections = list(deletion.inspections.all())
    for row in inspections:
        if row.at is not None:
            changed = f"{row.changed:,} turned out otherwise" if row.changed else "nothing turned out otherwise"
            sentences.append(f"Looked at again on {in_words(row.at)}: {row.looked_up:,} looked up, {changed}.")
    to_come = [row.due_at for row in inspections if row.at is None]
    if overdue := [in_words(due_at) for due_at in to_come if due_at <= now]:
        why = ", and waits until look-ups can be trusted" if deletion.doubt else ", and is next"
        sentences.append(f"It was to be looked at again on {overdue[-1]}{why}.")
    if ahead := [in_words(due_at) for due_at in to_come if due_at > now]:
        sentences.append(f"To be looked at again on {' and on '.join(ahead)}.")
    return sentences


def _of_successes(deletion: Deletion) -> str:
    sample = sample_of(deletion)
    besides = deletion.deleted - deletion.said - deletion.sample_gone
    if sample is None or not sample.looked_up:
        alone = f"{deletion.said:,} by TensorsLab's word alone. " if deletion.said else ""
        return f"{alone}{besides:,} seen gone." if besides and alone else alone.strip()
    return sample_sentence(sample) + (f" {besides:,} more were seen gone." if besides else "")


def sample_sentence(sample: Sample) -> str:
    of = f"{sample.looked_up:,} of {sample.of:,} looked up at random, "
    if sample.there and sample.looked_up == sample.of:
        return f"All {sample.of:,} looked up, {sample.there:,} of them still there."
    if sample.there:
        return f"{of}{sample.there:,} of them still there."
    if not sample.at_most_there:
        return f"{sample.looked_up:,} looked up, all gone." if sample.of > 1 else "Looked up, and gone."
    silent = f", {sample.open:,} more brought no answer" if sample.open else ""
    return f"{of}all gone{silent}: with {CONFIDENCE:.0%} confidence at most {sample.at_most_there:,} are not.".replace(
        "%", " %"
    )


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

    if deletion.state == State.AWAITING_APPROVAL:
        return [control("Withdraw", "withdraw")]
    if deletion.state == State.SCHEDULED:
        due = deletion.is_due(now=now)
        return [control("Stop the rest", "stop", "danger")] if due else [control("Undo", "undo")]
    stop = control("Stop the rest", "stop", "danger")
    left = deletion.kept > deletion.kept_retried
    kept = [control(f"Delete the kept {deletion.kept:,} after all", "delete-kept")] if left else []
    if deletion.state == State.RUNNING:
        return [control("Pause", "pause"), stop] if deletion.is_sending else []
    if deletion.state == State.PAUSED:
        accept = [control("Accept these answers", "accept")] if _may_accept(deletion, now=now) else []
        return [control("Resume", "resume"), *accept, stop]
    if deletion.state == State.FINISHED:
        to_retry = deletion.refused > deletion.retried
        retry = [control(f"Retry {deletion.refused:,} refused", "retry")] if to_retry else []
        check = [control(f"Check {deletion.unknown:,} unknown", "check")] if deletion.unknown else []
        return [*retry, *check, *kept]
    if deletion.state == State.CANCELLED and not deletion.is_being_undone:
        return kept
    return []


def _may_accept(deletion: Deletion, *, now: datetime) -> bool:
    if not deletion.doubt or not deletion.paused_by_account:
        return False
    return doubts.may_accept(Account.objects.get(host=deletion.host), now=now)
