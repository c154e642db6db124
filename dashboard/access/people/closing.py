"""Closes an account and opens it again, ends somebody's sessions, and takes second factors that were lost."""

from __future__ import annotations

from django.contrib.auth.models import User

from dashboard.access import lifetimes
from dashboard.access.people.asking import By, Refused, changing
from dashboard.access.signing_in import factors


def disable(*, person: User, by: By, deletions: str = "") -> None:
    """`deletions` says in the log what was asked for what they have under way: that is not known here."""
    with changing(person.pk, by=by) as change:
        if not change.person.is_active:
            raise Refused(f"{change.name} is disabled already.")
        change.require_another_administrator()
        change.person.is_active = False
        change.person.save(update_fields=["is_active"])
        told = {"deletions": deletions} if deletions else {}
        change.record("person.disabled", sessions=lifetimes.end_all(person.pk), **told)


def open_again(*, person: User, by: By) -> None:
    with changing(person.pk, by=by) as change:
        if change.person.is_active:
            raise Refused(f"{change.name} is open already.")
        change.person.is_active = True
        change.person.save(update_fields=["is_active"])
        change.record("person.opened")


def end_sessions(*, person: User, by: By) -> int:
    """Returns how many there were."""
    with changing(person.pk, by=by) as change:
        ended = lifetimes.end_all(person.pk)
        change.record("person.sessions_ended", sessions=ended)
    return ended


def forget_factors(*, person: User, by: By) -> None:
    with changing(person.pk, by=by) as change:
        if not factors.of(change.person):
            raise Refused(f"{change.name} has no second factor.")
        name = by.user.get_username()
        factors.forget(person=change.person, actor=name, address=by.address, how="an administrator")
