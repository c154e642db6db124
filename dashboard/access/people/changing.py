"""Role and limits of a person, and limits of a role."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction

from dashboard.access.limits import Allowed, allowed
from dashboard.access.models import Limits
from dashboard.access.people.asking import By, changing, require_administrator
from dashboard.access.roles import ADMINISTRATOR, give, role_of
from dashboard.audit import chain


def change_role(*, person: User, role: str, by: By) -> None:
    with changing(person.pk, by=by) as change:
        before = role_of(change.person)
        if role != ADMINISTRATOR:
            change.require_another_administrator()
        give(change.person, role)
        change.record("person.role_changed", before=before, after=role)


def change_limits(*, person: User, limits: Allowed | None, by: By) -> None:
    """`None` for those of the role."""
    with changing(person.pk, by=by) as change:
        before, after = _put({"user": change.person}, limits)
        change.record("person.limits_changed", before=before, after=after)


def change_role_limits(*, role: str, limits: Allowed | None, by: By) -> None:
    with transaction.atomic():
        group = Group.objects.select_for_update().get(name=role)
        require_administrator(User.objects.filter(pk=by.user.pk).first())
        before, after = _put({"group": group}, limits)
        told = {"before": before, "after": after}
        actor = by.user.get_username()
        chain.append(actor=actor, address=by.address, action="role.limits_changed", subject=role, detail=told)


def _put(owner: dict[str, Any], limits: Allowed | None) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Returns what there was, and what there is now."""
    row = Limits.objects.filter(**owner).first()
    before = asdict(allowed(row)) if row else None
    if limits is None:
        Limits.objects.filter(**owner).delete()
        return before, None
    told = asdict(limits)
    values = told | {name: list(told[name]) for name in ("only_kinds", "only_models")}
    Limits.objects.update_or_create(**owner, defaults=values)
    return before, told
