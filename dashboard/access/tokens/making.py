"""Tokens are made by their person, and revoked by them or by an administrator."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from dashboard.access.models import Token
from dashboard.access.people.asking import By, Refused, changing
from dashboard.audit import chain
from dashboard.pages import bodies, foreign

PREFIX = "tlt_"
"""By which programs that search for secrets know one; `bodies.TOKEN` has the whole form."""
MOST = 50
"""Tokens of one person that are not revoked."""
USUAL_DAYS, MOST_DAYS = 90, 365
TOLD_FOR = timedelta(days=30)
"""How long a program is told that its token was revoked or has expired; then it is unknown."""
NAMED_ALREADY = "You have a token of this name. Revoke that one, or choose another name."
TOO_MANY = f"You have {MOST} tokens. Revoke one first."
NONE_THERE = "This token was revoked already, or is none of this account."


def make(*, by: By, name: str, scopes: Collection[str], days: int, now: datetime) -> tuple[Token, str]:
    """Returns the token's row, and the token itself, which can't be had again."""
    name = name.strip()
    with transaction.atomic():
        # Of two requests at once one waits here.
        User.objects.select_for_update().get(pk=by.user.pk)
        _forget(by.user, now=now)
        theirs = kept(by.user)
        if theirs.filter(name=name).exists():
            raise Refused(NAMED_ALREADY)
        if theirs.count() >= MOST:
            raise Refused(TOO_MANY)
        text = PREFIX + secrets.token_urlsafe(32)
        text += bodies.mark(text)
        token = Token.objects.create(
            user=by.user,
            name=name,
            digest=digest(text),
            beginning=text[: len(PREFIX) + 4],
            scopes=sorted(scopes),
            made_at=now,
            expires_at=now + timedelta(days=days),
        )
        told = {"scopes": token.scopes, "expires_at": token.expires_at.isoformat()}
        _append(by, "user.token_made", token, **told)
    return token, text


def revoke(*, by: By, pk: int, now: datetime) -> Token:
    """One of the person's own."""
    with transaction.atomic():
        token = kept(by.user).select_for_update().filter(pk=pk).first()
        if token is None:
            raise Refused(NONE_THERE)
        _revoke(Token.objects.filter(pk=token.pk), now=now)
        _append(by, "user.token_revoked", token)
    return token


def revoke_of(*, person: User, by: By, pk: int | None, now: datetime) -> int:
    """An administrator revokes one of somebody's tokens, or all. Returns how many."""
    with changing(person.pk, by=by) as change:
        theirs = kept(person) if pk is None else kept(person).filter(pk=pk)
        # Not their names, which this person typed: they would stay in the log when the person is erased.
        told = sorted(theirs.values_list("beginning", flat=True))
        if not told:
            raise Refused(NONE_THERE if pk is not None else f"{change.name} has no token.")
        revoke_all(person, now=now, theirs=theirs)
        change.record("person.tokens_revoked", tokens=told)
    return len(told)


def revoke_all(person: User, *, now: datetime, theirs: QuerySet[Token] | None = None) -> int:
    """For who writes to the log why. Returns how many there were."""
    return _revoke(kept(person) if theirs is None else theirs, now=now)


def kept(person: User) -> QuerySet[Token]:
    """Those that were not revoked; some may have expired."""
    return Token.objects.filter(user=person, revoked_at=None).order_by("made_at", "pk")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def in_words(name: str) -> str:
    return foreign.quoted(name)


def _revoke(tokens: QuerySet[Token], *, now: datetime) -> int:
    return tokens.order_by().update(revoked_at=now)


def _forget(person: User, *, now: datetime) -> None:
    gone = Q(revoked_at__lt=now - TOLD_FOR) | Q(expires_at__lt=now - TOLD_FOR)
    Token.objects.filter(gone, user=person).delete()


def _append(by: By, action: str, token: Token, **told: object) -> None:
    name = by.user.get_username()
    detail = {"token": token.name, "beginning": token.beginning, **told}
    chain.append(actor=name, address=by.address, action=action, subject=name, detail=detail)
