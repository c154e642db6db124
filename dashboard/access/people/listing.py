"""The table of people, and that of roles. The number of queries does not depend on how many people there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count

from dashboard.access import lifetimes, limits
from dashboard.access.models import Invitation, Limits
from dashboard.access.roles import ROLES, role_of
from dashboard.access.signing_in import factors

CAN_APPROVE = {role for role, rights in ROLES.items() if "approve_deletions" in rights}
DELETES = {role for role, rights in ROLES.items() if "delete_tasks" in rights}
MAY = {
    "viewer": "looks at tasks, deletions and the audit log",
    "operator": "also deletes, imports and holds tasks",
    "approver": "also approves what others ask to delete, and releases holds",
    "administrator": "also adds people, changes roles and limits, and erases for good",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    person: User
    role: str
    """Empty without any."""
    limits: str
    of_role: bool
    """The limits are those of the role."""
    seen_at: datetime | None
    sessions: int
    factors: str
    """Their second factors in words; empty without any."""
    invited_until: datetime | None
    """The end of a link that was not used; in the past if it has expired."""


@dataclass(frozen=True, kw_only=True)
class RoleEntry:
    name: str
    may: str
    people: int
    limits: str
    deletes: bool


def people(*, now: datetime) -> list[Entry]:
    everybody = User.objects.select_related("profile", "limits", "invitation").prefetch_related("groups")
    open_now = lifetimes.open_now(now=now).order_by().values_list("user").annotate(number=Count("pk"))
    sessions, of_roles, second = dict(open_now), role_limits(), factors.in_words()
    return [
        _entry(person, sessions.get(person.pk, 0), second.get(person.pk, ""), of_roles)
        for person in everybody.order_by("-is_active", "username")
    ]


def roles(entries: list[Entry]) -> list[RoleEntry]:
    number, of_roles = Counter(entry.role for entry in entries if entry.person.is_active), role_limits()
    return [
        RoleEntry(name=name, may=may, people=number[name], limits=of_roles.get(name, ""), deletes=name in DELETES)
        for name, may in MAY.items()
    ]


def able_to_approve(entries: list[Entry]) -> int:
    return sum(entry.person.is_active and entry.role in CAN_APPROVE for entry in entries)


def role_limits() -> dict[str, str]:
    """In words, by role."""
    rows = Limits.objects.filter(group__name__in=ROLES).select_related("group")
    return {row.group.name: limits.in_words(limits.allowed(row)) for row in rows if row.group}


def _entry(person: User, sessions: int, second: str, of_roles: dict[str, str]) -> Entry:
    role, own = role_of(person), getattr(person, "limits", None)
    profile, invitation = getattr(person, "profile", None), getattr(person, "invitation", None)
    return Entry(
        person=person,
        role=role,
        limits=limits.in_words(limits.allowed(own)) if own else of_roles.get(role, ""),
        of_role=own is None,
        # Who was here last before this was kept has the moment of their last sign-in.
        seen_at=(profile and profile.seen_at) or person.last_login,
        sessions=sessions,
        factors=second,
        invited_until=_waiting(invitation),
    )


def _waiting(invitation: Invitation | None) -> datetime | None:
    return invitation.expires_at if invitation and invitation.used_at is None else None
