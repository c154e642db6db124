"""What people ask of rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from dashboard.access.permissions import DELETE_TASKS, MANAGE_PEOPLE
from dashboard.audit import chain
from dashboard.deletions.actions.asking import By
from dashboard.pages.foreign import is_blank
from dashboard.register.holding.asking import Invalid, Refused, reason_errors
from dashboard.register.models import SavedView
from dashboard.rules import cadence, jobs, running, standing
from dashboard.rules.models import Rule, Run

MADE, PAUSED, RESUMED, ENDED, ASKED = "rule.made", "rule.paused", "rule.resumed", "rule.ended", "rule.run_asked"
LONGEST_NAME = 80
MOST = 100
"""Rules of one person."""
MOST_A_DAY = 1_000_000
NOT_YOURS = "Only its owner can do that with this rule."
STAYS = "It stays in the history of each of its deletions."


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a person writes into a rule."""

    name: str
    view: SavedView | None
    weekday: int | None
    hour: int | None
    reason: str
    cap: int | None
    by_itself: bool = False

    def errors(self, by: By) -> dict[str, str]:
        found = reason_errors(self.reason, stays=STAYS)
        if is_blank(self.name) or "\0" in self.name or len(self.name) > LONGEST_NAME:
            found["name"] = f"Give the rule a name of at most {LONGEST_NAME} characters."
        if self.hour is None or not 0 <= self.hour <= 23 or self.weekday not in {None, *range(7)}:
            found["hour"] = "Choose an hour from 0 to 23."
        if self.cap is None or not 0 <= self.cap <= MOST_A_DAY:
            found["cap"] = f"Write a number of tasks up to {MOST_A_DAY:,}."
        if self.view is None:
            found["view"] = "Choose a view that you can see."
        elif why := standing.obstacle(Rule(owner=by.user, view=self.view)):
            found["view"] = why
        return found

    def fields(self) -> dict[str, Any]:
        return {
            "name": " ".join(self.name.split()),
            "view": self.view,
            "query": self.view.query if self.view else "",
            "weekday": self.weekday,
            "hour": self.hour,
            "reason": self.reason.strip(),
            "cap": self.cap,
            "by_itself": self.by_itself,
        }


BINDING = ("query", "weekday", "hour", "cap", "by_itself")
"""A change of one of these begins the counting of consents anew."""


def make(*, terms: Terms, by: By, now: datetime) -> Rule:
    """Raises `Invalid`."""
    if errors := terms.errors(by):
        raise Invalid(errors)
    if Rule.objects.kept().filter(owner=by.user).count() >= MOST:
        raise Invalid({"": f"You have {MOST} rules. Delete one that you don't need."})
    rule = Rule(owner=by.user, made_at=now, terms_at=now, **terms.fields())
    rule.next_at = running.next_run(rule, after=now)
    with transaction.atomic():
        rule.save()
        _record(MADE, rule, by, **_told(rule))
    return rule


def change(*, rule: Rule, terms: Terms, by: By, now: datetime) -> None:
    """Raises `Invalid` and `Refused`."""
    if errors := terms.errors(by):
        raise Invalid(errors)
    with transaction.atomic():
        row = _locked(rule, by)
        fields = terms.fields()
        is_other = any(getattr(row, name) != fields[name] for name in BINDING)
        for name, value in fields.items():
            setattr(row, name, value)
        if is_other:
            row.terms_at = now
            if row.next_at is not None:
                running.drop_ahead(row, why="Its terms were changed.")
                row.next_at = running.next_run(row, after=now)
        row.save()
        _record(running.CHANGED, row, by, **_told(row), anew=is_other)


@transaction.atomic
def pause(*, rule: Rule, by: By, now: datetime) -> None:
    """Anybody who may delete can hold a rule up. What it drafted stays, and what it began to send goes on."""
    row = _locked(rule, by, by_others=DELETE_TASKS)
    if row.next_at is None:
        raise Refused("This rule does not run now.")
    running.drop_ahead(row, why="The rule was paused.")
    Rule.objects.filter(pk=row.pk).update(paused_at=now, next_at=None)
    _record(PAUSED, row, by)


@transaction.atomic
def resume(*, rule: Rule, by: By, now: datetime) -> None:
    """A rule that was stopped counts its consents anew."""
    row = _locked(rule, by)
    if row.next_at is not None:
        raise Refused("This rule runs already.")
    if why := standing.obstacle(row):
        raise Refused(why)
    anew = {"terms_at": now} if row.stopped else {}
    following = running.next_run(row, after=now)
    Rule.objects.filter(pk=row.pk).update(paused_at=None, stopped="", next_at=following, **anew)
    _record(RESUMED, row, by)


@transaction.atomic
def end(*, rule: Rule, by: By, now: datetime) -> None:
    """Its runs, and its deletions, stay in the history."""
    row = _locked(rule, by, by_others=MANAGE_PEOPLE)
    running.drop_ahead(row, why="The rule was deleted.")
    running.give_way(row)
    Rule.objects.filter(pk=row.pk).update(ended_at=now, next_at=None)
    _record(ENDED, row, by)


@transaction.atomic
def run_now(*, rule: Rule, by: By, now: datetime) -> Run:
    """A draft of what matches now. It waits for its owner, whatever the rule has earned."""
    row = _locked(rule, by)
    if why := standing.obstacle(row):
        raise Refused(why)
    if Run.objects.filter(rule=row, state=Run.State.DRAFTING).exists():
        raise Refused("This rule is being run at this moment.")
    about = {"state": Run.State.DRAFTING, "asked_for": True, "started_at": now, "moved_at": now, "query": row.query}
    run: Run = Run.objects.create(rule=row, due_at=now, **about)
    jobs.go_on.enqueue(str(run.uuid))
    _record(ASKED, row, by)
    return run


def may(rule: Rule, by: By, *, by_others: str = "") -> bool:
    return rule.owner_id == by.user.pk or bool(by_others and by.user.has_perm(by_others))


def _locked(rule: Rule, by: By, *, by_others: str = "") -> Rule:
    rows = Rule.objects.select_for_update(of=("self",)).select_related("owner", "view")
    row = rows.filter(pk=rule.pk, ended_at=None).first()
    if row is None:
        raise Refused("This rule was deleted.")
    if not may(row, by, by_others=by_others):
        raise Refused(NOT_YOURS)
    return row


def _told(rule: Rule) -> dict[str, object]:
    when = cadence.in_words(rule.weekday, rule.hour)
    return {"filter": rule.query, "when": when, "cap": rule.cap, "by_itself": rule.by_itself, "reason": rule.reason}


def _record(action: str, rule: Rule, by: By, **detail: object) -> None:
    who = {"actor": by.user.get_username(), "address": by.address}
    chain.append(**who, action=action, subject=str(rule.uuid), detail=detail)
