"""Every change of a person: by an administrator, on locked rows, with its entry in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from dashboard.access.roles import ADMINISTRATOR, role_of
from dashboard.audit import chain
from dashboard.pages import foreign

NOT_AN_ADMINISTRATOR = "Only an administrator gives rights, or takes them."
LAST = "{} is the last administrator who can sign in. Make somebody else an administrator first."


class Refused(Exception):
    """The text is for the person who asked."""


@dataclass(frozen=True, kw_only=True)
class By:
    user: User
    address: str = ""


@dataclass(kw_only=True)
class Change:
    person: User
    by: By
    other_administrators: int
    """Who can sign in, and are not this person."""
    entry: dict[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """For sentences."""
        return foreign.quoted(self.person.get_username(), limit=150)

    def record(self, action: str, **detail: object) -> None:
        self.entry = {"action": action, "subject": self.person.get_username(), "detail": detail}

    def require_another_administrator(self) -> None:
        if self.person.is_superuser and self.person.is_active and not self.other_administrators:
            raise Refused(LAST.format(self.name))


@contextmanager
def changing(pk: int, *, by: By) -> Iterator[Change]:
    """Locks the person, who asks, and all administrators, so that of two who demote each other one remains.

    The entry is written last: see `chain.append`.
    """
    with transaction.atomic():
        wanted = Q(is_superuser=True) | Q(pk__in=[pk, by.user.pk])
        rows = {row.pk: row for row in User.objects.select_for_update().filter(wanted).order_by("pk")}
        require_administrator(rows.get(by.user.pk))
        if pk not in rows:
            raise Refused("This person was removed meanwhile.")
        others = [row for row in rows.values() if row.pk != pk and row.is_superuser and _can_sign_in(row)]
        change = Change(person=rows[pk], by=by, other_administrators=len(others))
        yield change
        if change.entry:
            chain.append(actor=by.user.get_username(), address=by.address, **change.entry)  # type: ignore[arg-type]


def require_administrator(person: User | None) -> None:
    if person is None or not person.is_active or role_of(person) != ADMINISTRATOR:
        raise PermissionDenied(NOT_AN_ADMINISTRATOR)


def _can_sign_in(person: User) -> bool:
    """Who was added and has not chosen a password yet can't, nor can who was disabled."""
    return person.is_active and (person.has_usable_password() or person.last_login is not None)
