"""Why a run waits for its owner. Only where nothing is said here does a rule confirm by itself: `docs/rules.md`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F, Sum

from dashboard.deletions import actions
from dashboard.deletions.approvals.needs import habit
from dashboard.deletions.approvals.usual import FEW, LAST, unusual
from dashboard.deletions.models import AT_WORK, Deletion, State
from dashboard.rules import consents
from dashboard.rules.consents import NEEDED
from dashboard.rules.models import Rule, Run

A_DAY_BEFORE = timedelta(hours=22)
"""Clocks that are put forward make a day of 23 hours, and a worker may be late."""
LATE = timedelta(hours=1)
TIMES = 2
"""How far from what was announced: so many times as many, or so many times fewer."""
DAY = timedelta(hours=24)


def reasons(rule: Rule, run: Run, draft: Deletion, *, now: datetime) -> list[str]:
    """Sentences. Where the rule was never going to confirm by itself, only what its owner should know of this draft."""
    if not rule.by_itself:
        return ["This rule only drafts.", *_cap(rule, draft, now=now)]
    if run.asked_for:
        return ["Its owner asked for this run, and is there to confirm it.", *_cap(rule, draft, now=now)]
    return [
        *_terms(rule, run, now=now),
        *_cap(rule, draft, now=now),
        *_announcement(run, draft),
        *_past(rule, draft, now=now),
        *_person(draft),
    ]


def _terms(rule: Rule, run: Run, *, now: datetime) -> Iterator[str]:
    if rule.next_at is None:
        yield "The rule was paused or stopped meanwhile."
    if run.query != rule.query or (run.started_at and run.started_at < rule.terms_at):
        yield "Its terms changed meanwhile."
    if (number := consents.number(rule)) < NEEDED:
        yield f"It was confirmed by hand {number} of {NEEDED} times under its present terms."
    if now > run.due_at + LATE:
        yield "It is over an hour late: no worker ran, or it was interrupted."


def _cap(rule: Rule, draft: Deletion, *, now: datetime) -> Iterator[str]:
    lately = Deletion.objects.filter(rule=rule.uuid, by_itself=True, confirmed_at__gt=now - DAY)
    lately = lately.filter(state__in=[*AT_WORK, State.AWAITING_APPROVAL])
    spent = lately.aggregate(tasks=Sum(F("total") - F("skipped") - F("kept")))["tasks"] or 0
    if spent + draft.size > rule.cap:
        before = f", and {spent:,} went by itself in the 24 hours before" if spent else ""
        yield f"It has {_tasks(draft.size)}{before}. By itself it may delete {rule.cap:,} a day."


def _announcement(run: Run, draft: Deletion) -> Iterator[str]:
    if run.announced_at is None or run.announced is None or run.announced_at > run.due_at - A_DAY_BEFORE:
        yield "It was not announced a day before."
    elif is_far(draft.size, run.announced):
        yield f"It has {_tasks(draft.size)}, far from the {run.announced:,} that were announced."


def is_far(size: int, announced: int) -> bool:
    least, most = sorted((size, announced))
    return most > TIMES * least and most - least > FEW


def _past(rule: Rule, draft: Deletion, *, now: datetime) -> list[str]:
    """How far it is from what the rule deleted before, as the approvals judge a person's deletions."""
    if draft.actor is None:
        return []
    before = Deletion.objects.filter(rule=rule.uuid, state__in=AT_WORK, confirmed_at__gte=rule.terms_at)
    rows = before.order_by("-confirmed_at").values_list("total", "skipped", "facts")[:LAST]
    # At the same hour: when its owner confirmed those says nothing of the rule.
    past = [habit(total - skipped, facts, now, draft.actor) for total, skipped, facts in rows]
    this = habit(draft.size, draft.facts, now, draft.actor)
    return unusual(this, past, least=NEEDED, of="this rule")


def _person(draft: Deletion) -> Iterator[str]:
    if actions.is_person_asked(draft):
        yield "For so many its owner has to show that it is them."


def _tasks(number: int) -> str:
    return f"{number:,} task{'' if number == 1 else 's'}"
