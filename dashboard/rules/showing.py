"""Rules as pages show them, and what of them waits for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet

from dashboard.access.zones import zone_of
from dashboard.deletions.models import State
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import saved_views
from dashboard.register.models import SavedView, TrackedTask
from dashboard.rules import consents, standing
from dashboard.rules.consents import NEEDED
from dashboard.rules.models import Rule, Run

MOST = 200
RUNS_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class Shown:
    rule: Rule
    view: SavedView | None
    words: str
    """What it deletes."""
    zone: str
    consents: int
    obstacle: str
    """Why it can't run, also where no worker has found that yet."""
    ahead: Run | None
    """What was announced."""

    @classmethod
    def of(cls, rule: Rule, *, now: datetime) -> Self:
        announced = Run.objects.filter(rule=rule, state=Run.State.ANNOUNCED, due_at__gt=now).order_by("due_at")
        return cls(
            rule=rule,
            view=(view := standing.view_of(rule)),
            words=_words(rule, view),
            zone=zone_of(rule.owner or AnonymousUser()).key,
            consents=consents.number(rule) if rule.by_itself else 0,
            obstacle="" if rule.ended_at else rule.stopped or standing.obstacle(rule),
            ahead=announced.first() if rule.by_itself else None,
        )

    @property
    def consent_words(self) -> str:
        if not self.rule.by_itself:
            return "Only drafts"
        if self.consents >= NEEDED:
            return "By itself"
        return f"Confirmed {self.consents} of {NEEDED} times"

    @property
    def view_is_changed(self) -> bool:
        """Since its terms were looked at: the next run will notice."""
        return self.view is not None and self.view.query != self.rule.query


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What of rules waits for one person."""

    drafts: list[Run]
    """To be confirmed, or not."""
    announced: list[Run]
    """What will be deleted by itself unless they pause it."""
    stopped: list[Rule]

    @property
    def number(self) -> int:
        return len(self.drafts) + len(self.announced) + len(self.stopped)


def rules(*, now: datetime) -> list[Shown]:
    # One object for each owner, which remembers what that person may do.
    rows = Rule.objects.kept().prefetch_related("owner", "view").order_by("next_at", "pk")[:MOST]
    return [Shown.of(rule, now=now) for rule in rows]


def waiting_for(person: User, *, now: datetime) -> Waiting:
    """Two queries, however much there is."""
    drafts = Q(state=Run.State.DRAFTED, deletion__state=State.DRAFT, deletion__draft_until__gte=now)
    announced = Q(state=Run.State.ANNOUNCED, due_at__gt=now)
    mine = Run.objects.filter(drafts | announced, rule__owner=person, rule__ended_at=None)
    runs = list(mine.select_related("rule", "deletion").order_by("due_at", "pk")[:MOST])
    stopped = Rule.objects.kept().filter(owner=person).exclude(stopped="")
    return Waiting(
        drafts=[run for run in runs if run.state == Run.State.DRAFTED],
        announced=[run for run in runs if run.state == Run.State.ANNOUNCED],
        stopped=list(stopped.order_by("pk")[:MOST]),
    )


def runs_of(rule: Rule) -> QuerySet[Run]:
    return Run.objects.filter(rule=rule).select_related("deletion").order_by("-due_at", "-pk")[:RUNS_SHOWN]


def pictures_of(run: Run) -> list[TrackedTask]:
    """Some tasks of what was announced, in their order."""
    tasks = TrackedTask.objects.in_rows().in_bulk(run.pictures)
    return [tasks[pk] for pk in run.pictures if pk in tasks]


def _words(rule: Rule, view: SavedView | None) -> str:
    if view is None:
        return rule.query
    try:
        return saved_views.filter_of(view).words
    except BadFilter:
        return view.query
