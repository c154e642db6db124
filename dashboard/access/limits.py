"""What a person may delete without asking somebody, and what they may delete at all."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User

from dashboard.access.models import Limits
from dashboard.access.roles import ROLES


@dataclass(frozen=True, kw_only=True)
class Allowed:
    most_tasks: int | None = None
    """Tasks in one deletion; None for no limit."""
    most_daily: int | None = None
    """Tasks in 24 hours; None for no limit."""
    only_kinds: tuple[str, ...] = ()
    """The only kinds, and models, that they may delete; empty for all."""
    only_models: tuple[str, ...] = ()


def limits_of(person: User) -> Allowed:
    """A person's own limits, or else those of their highest role that has some: one row counts, whole."""
    row = Limits.objects.filter(user=person).first() or _of_role(person)
    if row is None:
        return Allowed()
    return Allowed(
        most_tasks=row.most_tasks,
        most_daily=row.most_daily,
        only_kinds=tuple(row.only_kinds),
        only_models=tuple(row.only_models),
    )


def _of_role(person: User) -> Limits | None:
    names = list(ROLES)
    rows = Limits.objects.filter(group__user=person, group__name__in=names).select_related("group")
    return max(rows, key=lambda row: names.index(row.group.name if row.group else ""), default=None)
