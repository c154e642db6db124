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
    return allowed(Limits.objects.filter(user=person).first() or _of_role(person))


def allowed(row: Limits | None) -> Allowed:
    if row is None:
        return Allowed()
    return Allowed(
        most_tasks=row.most_tasks,
        most_daily=row.most_daily,
        only_kinds=tuple(row.only_kinds),
        only_models=tuple(row.only_models),
    )


def in_words(allowed: Allowed) -> str:
    """“20,000 a deletion · 50,000 in 24 h · videos only”; empty without any limit."""
    words = [
        f"{allowed.most_tasks:,} a deletion" if allowed.most_tasks is not None else "",
        f"{allowed.most_daily:,} in 24 h" if allowed.most_daily is not None else "",
        f"{' and '.join(f'{kind}s' for kind in allowed.only_kinds)} only" if allowed.only_kinds else "",
        f"only {', '.join(allowed.only_models)}" if allowed.only_models else "",
    ]
    return " · ".join(filter(None, words))


def _of_role(person: User) -> Limits | None:
    names = list(ROLES)
    rows = Limits.objects.filter(group__user=person, group__name__in=names).select_related("group")
    return max(rows, key=lambda row: names.index(row.group.name if row.group else ""), default=None)
