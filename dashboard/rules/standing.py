"""Whether a rule can run at all, and what it would delete."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import cast

from django.contrib.auth.models import User

from dashboard.access.permissions import DELETE_TASKS
from dashboard.access.zones import zone_of
from dashboard.deletions.models import IN_FLIGHT, Deletion, DeletionItem, Outcome, State
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import saved_views
from dashboard.register.command_line import choosing
from dashboard.register.filters.filter import Filter
from dashboard.register.models import Presence, SavedView, Star, TaskQuerySet
from dashboard.rules.models import Rule

ACCOUNT_CLOSED = "Its owner's account is closed."
NO_RIGHT = "Its owner may not delete tasks any more."
NO_VIEW = "Its view was deleted, or is not shared with its owner any more."
EVERYTHING = "Its view shows all tasks. A rule needs a filter."


def obstacle(rule: Rule) -> str:
    """Why it can't run; empty if it can."""
    owner = rule.owner
    if owner is None or not owner.is_active:
        return ACCOUNT_CLOSED
    if not owner.has_perm(DELETE_TASKS):
        return NO_RIGHT
    if (view := view_of(rule)) is None:
        return NO_VIEW
    try:
        filter = saved_views.filter_of(view)
    except BadFilter as bad:
        return f"Its view can't be read: {bad}"[:300]
    return EVERYTHING if choosing.is_everything(filter) else ""


def view_of(rule: Rule) -> SavedView | None:
    """Its view, if its owner can see it: who shared it may have taken it back."""
    view = rule.view
    return view if view is not None and (view.shared or view.owner_id == rule.owner_id) else None


def parts(rule: Rule) -> tuple[User, SavedView]:
    """Its owner and its view: both are there where nothing stands in its way."""
    return cast(User, rule.owner), cast(SavedView, rule.view)


def filter_of(rule: Rule, *, now: datetime) -> Filter:
    """Its view as its owner would see it at that moment. Nothing stands in its way."""
    owner, view = parts(rule)
    return replace(saved_views.filter_of(view), now=now, zone=zone_of(owner))


def deletable_at(rule: Rule, moment: datetime) -> TaskQuerySet:
    """What it would delete then, of the tasks that are there now: not what is starred or held, nor what an earlier
    deletion of it is about to take."""
    tasks = filter_of(rule, now=moment).queryset().filter(presence=Presence.PRESENT, held_by="")
    under_way = Deletion.objects.filter(rule=rule.uuid, state__in=[State.DRAFT, State.AWAITING_APPROVAL, *IN_FLIGHT])
    taken = DeletionItem.objects.filter(deletion__in=under_way, outcome=Outcome.WAITING)
    return tasks.exclude(pk__in=Star.objects.values("task")).exclude(pk__in=taken.values("tracked"))
