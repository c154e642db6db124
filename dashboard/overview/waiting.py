"""What waits for a person: alarms and pauses, approvals, what is unknown or refused. Each leads to where it is dealt
with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Min, Q, Sum
from django.urls import reverse

from dashboard.access.permissions import APPROVE_DELETIONS, DELETE_TASKS
from dashboard.calls import clock
from dashboard.deletions.models import Deletion, Outcome, State
from dashboard.pages.foreign import plain
from dashboard.pages.moments import in_words
from dashboard.rules import showing

MOST = 10
"""So many deletions with trouble are named, the newest first."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    sentence: str
    url: str
    since: datetime | None = None
    bad: bool = False


def waits_for(person: User) -> list[Waiting]:
    """What is worst comes first."""
    found = _numbers(person)
    rows = [_trouble(row) for row in _troubled()]
    if person.has_perm(APPROVE_DELETIONS):
        rows += _counted(found["approvals"], "waits for your approval", "wait for your approval", since=found["oldest"])
    rows += _counted(
        found["requests"], "of yours waits for somebody's approval", "of yours wait for somebody's approval"
    )
    if person.has_perm(DELETE_TASKS):
        words = f"{_tasks(found['unknown'])} may or may not be deleted. Check, or leave them."
        rows += _linked(found["unknown"], words, outcome=Outcome.UNKNOWN)
    words = f"{_tasks(found['refused'])} of yours {'was' if found['refused'] == 1 else 'were'} refused."
    rows += _linked(found["refused"], words, outcome=Outcome.REFUSED, by=person.get_username())
    # Only they can do something about a rule.
    return [*rows, *(_of_rules(person) if person.has_perm(DELETE_TASKS) else ())]


def _of_rules(person: User) -> Iterator[Waiting]:
    """Drafts to confirm, what will go by itself unless they stop it, and rules that can't go on."""
    of_rules = showing.waiting_for(person, now=clock.now())
    for run in of_rules.drafts:
        if run.deletion is not None:
            said = f"The rule “{plain(run.rule.name)}” drafted {_tasks(run.deletion.size)}: delete or keep?"
            yield Waiting(sentence=said, url=run.deletion.get_absolute_url(), since=run.due_at)
    for run in of_rules.announced:
        at, number = in_words(run.due_at), _tasks(run.announced or 0)
        said = f"The rule “{plain(run.rule.name)}” will delete {number} by itself on {at}, unless you pause it."
        yield Waiting(sentence=said, url=run.rule.get_absolute_url(), since=run.announced_at)
    for rule in of_rules.stopped:
        said = f"The rule “{plain(rule.name)}” has stopped. {rule.stopped}"
        yield Waiting(sentence=said, url=rule.get_absolute_url(), bad=True)


def _numbers(person: User) -> dict[str, Any]:
    waits, ended = Q(state=State.AWAITING_APPROVAL), Q(state=State.FINISHED)
    refused = ended & Q(refused__gt=0, actor=person, opened_at=None)
    unknown = ended & Q(unknown__gt=0)
    return Deletion.objects.filter(waits | unknown | refused).aggregate(
        approvals=Count("pk", filter=waits & ~Q(actor=person)),
        oldest=Min("approval_asked_at", filter=waits & ~Q(actor=person)),
        requests=Count("pk", filter=waits & Q(actor=person)),
        unknown=Sum("unknown", filter=unknown, default=0),
        refused=Sum("refused", filter=refused, default=0),
    )


def _troubled() -> Iterator[Deletion]:
    """Of an ended one its requester knows as soon as they have opened it."""
    alarmed = Q(alarms__gt=0) & ~Q(state=State.FINISHED, opened_at__isnull=False)
    yield from Deletion.objects.filter(alarmed | Q(state=State.PAUSED)).order_by("-confirmed_at", "-pk")[:MOST]


def _trouble(row: Deletion) -> Waiting:
    if row.alarms:
        said = f"TensorsLab said Success, but {_tasks(row.alarms)} of deletion {row.code} were found there."
    else:
        said = f"Deletion {row.code} is paused. {row.paused_reason}".strip()
    return Waiting(sentence=said, url=row.get_absolute_url(), since=row.confirmed_at, bad=not row.paused_by_doubt)


def _counted(number: int, one: str, many: str, *, since: datetime | None = None) -> Iterator[Waiting]:
    words = f"1 deletion {one}." if number == 1 else f"{number:,} deletions {many}."
    yield from _linked(number, words, since=since, state=State.AWAITING_APPROVAL)


def _linked(number: int, sentence: str, *, since: datetime | None = None, **filter: str) -> Iterator[Waiting]:
    if number:
        yield Waiting(sentence=sentence, url=reverse("deletion-list", query=filter), since=since)


def _tasks(number: int) -> str:
    return f"{number:,} task{'' if number == 1 else 's'}"
