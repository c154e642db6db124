"""What a rule holds: its filter, as the list has it, read anew whenever it is applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from dashboard.pages.filter_forms import BadFilter
from dashboard.register.filters.filter import Filter
from dashboard.register.filters.times import Age
from dashboard.register.models import Hold

AHEAD = timedelta(minutes=2)
"""A rule that holds what is older than some age is applied for a moment that is yet to come, and again before that: so
no task is sent in between that has just become old enough."""
NO_CONDITION = "This rule would hold everything. Say which tasks it is for."
NOT_IN_RULES = "A rule can't ask for {}: that changes without anything coming in."
OTHERS = {
    **{"presence": "a presence", "starred": "stars", "held": "holds"},
    **{"largest": "the largest models", "seen_before": "when a task was seen"},
}


def of(rule: Hold, *, now: datetime) -> Filter:
    """As it is applied now: what is about to be old enough matches already."""
    filter = kept(rule, now=now)
    return (
        filter.given("created_before", at(filter, horizon(filter, now=now)).end) if grows_with_time(filter) else filter
    )


def kept(rule: Hold, *, now: datetime) -> Filter:
    return Filter.stored(rule.filter or "", by_task_id=rule.by_task_id, now=now)


def as_rule(filter: Filter) -> Filter:
    """As it is kept: moments in place of days, and full names of models. Raises `BadFilter`."""
    if other := next((words for name, words in OTHERS.items() if getattr(filter, name)), ""):
        raise BadFilter(NOT_IN_RULES.format(other))
    if not filter.query_string():
        raise BadFilter(NO_CONDITION)
    frozen = filter.frozen()
    for name in ("created_after", "created_before"):
        if isinstance(age := getattr(filter, name), Age):
            frozen = frozen.given(name, age)
    return frozen


def grows_with_time(filter: Filter) -> bool:
    """Whether tasks come to match by growing older."""
    return isinstance(filter.created_before, Age)


def shrinks_with_time(filter: Filter) -> bool:
    return isinstance(filter.created_after, Age)


def horizon(filter: Filter, *, now: datetime) -> datetime:
    """The moment for which it is applied."""
    return now + AHEAD if grows_with_time(filter) else now


def at(filter: Filter, moment: datetime) -> Filter:
    return replace(filter, now=moment)


def note_applied(rule: Hold, *, now: datetime) -> None:
    """All that matches is held. What is in time's hands is looked at again before that moment."""
    filter = kept(rule, now=now)
    until = horizon(filter, now=now)
    Hold.objects.filter(pk=rule.pk).update(
        due_at=until if grows_with_time(filter) else None,
        looked_at=until if grows_with_time(filter) or shrinks_with_time(filter) else None,
    )
