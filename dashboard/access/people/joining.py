"""One-time links: somebody new, or who has lost a password, chooses one with it.

    add, reset ──▶ a link for seven days ──▶ join: a password is chosen, and the link is used
                        │    ▲
                        └────┘ reset: a new link replaces it

The database has only a hash of the link. A person who was added can't sign in before they have used it.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from dashboard.access import lifetimes
from dashboard.access.models import Invitation
from dashboard.access.people.asking import By, Refused, changing, require_administrator
from dashboard.access.roles import give
from dashboard.access.tokens import making
from dashboard.audit import chain

LASTS = timedelta(days=7)
UNKNOWN = "This link leads nowhere: it was cut short, or a newer one has replaced it. Ask an administrator for another."
USED = (
    "This link was used already. Sign in with the password that was chosen, or ask an administrator for another link."
)
EXPIRED = "This link has expired: it was good for seven days. Ask an administrator for another."
CLOSED = "This account is closed. An administrator can open it again."


class NoLink(Exception):
    """The text is for the person who followed the link."""


def add(*, username: str, role: str, by: By, now: datetime) -> tuple[User, str]:
    """Returns the person, and the token of their link, which can't be had again."""
    try:
        with transaction.atomic():
            require_administrator(User.objects.filter(pk=by.user.pk).first())
            person = User.objects.create_user(username)
            give(person, role)
            token = _link(person, now=now)
            chain.append(
                actor=by.user.get_username(),
                address=by.address,
                action="person.added",
                subject=person.get_username(),
                detail={"id": person.pk, "role": role},
            )
    except IntegrityError as error:
        raise Refused(f"Somebody has just added “{username}”.") from error
    return person, token


def reset(*, person: User, by: By, now: datetime) -> str:
    """The old password is good until the link is used, but no session goes on, and no token: who had the account may
    have made one."""
    with changing(person.pk, by=by) as change:
        if not change.person.is_active:
            raise Refused(f"{change.name} is disabled. Open the account again first.")
        ended = lifetimes.end_all(person.pk)
        token = _link(change.person, now=now)
        revoked = making.revoke_all(person, now=now)
        change.record("person.reset", sessions=ended, **({"tokens": revoked} if revoked else {}))
    return token


def find(token: str, *, now: datetime) -> Invitation:
    """The link, if it can be used. It is locked if this is asked in a transaction that uses it."""
    return _usable(Invitation.objects.select_related("user").filter(digest=_digest(token)).first(), now=now)


def join(*, token: str, password: str, address: str, now: datetime) -> User:
    """Sets the password, ends what sessions there are, and returns the person, who may be signed in."""
    with transaction.atomic():
        locked = Invitation.objects.select_for_update().filter(digest=_digest(token)).first()
        invitation = _usable(locked, now=now)
        person = invitation.user
        person.set_password(password)
        person.save(update_fields=["password"])
        invitation.used_at = now
        invitation.save(update_fields=["used_at"])
        lifetimes.end_all(person.pk)
        name = person.get_username()
        chain.append(actor=name, address=address, action="person.joined", subject=name)
    return person


def _link(person: User, *, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    values = {"digest": _digest(token), "expires_at": now + LASTS, "used_at": None}
    Invitation.objects.update_or_create(user=person, defaults=values)
    return token


def _usable(invitation: Invitation | None, *, now: datetime) -> Invitation:
    if invitation is None:
        raise NoLink(UNKNOWN)
    if invitation.used_at is not None:
        raise NoLink(USED)
    if invitation.expires_at <= now:
        raise NoLink(EXPIRED)
    if not invitation.user.is_active:
        raise NoLink(CLOSED)
    return invitation


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
