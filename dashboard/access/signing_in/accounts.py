"""The account of a person at the issuer. It is known by the issuer and its `sub` alone: names there may pass on."""

from __future__ import annotations

import hashlib

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet


def of(person: User) -> SocialAccount | None:
    return _known().filter(user=person).first()


def find(sub: str) -> SocialAccount | None:
    return _known().filter(uid=_uid(sub)).select_related("user").first()


def link(person: User, sub: str) -> None:
    # Nothing else that the issuer says is kept.
    SocialAccount.objects.create(user=person, provider=_provider(), uid=_uid(sub))


def _known() -> QuerySet[SocialAccount]:
    return SocialAccount.objects.filter(provider=_provider())


def _provider() -> str:
    return hashlib.sha256(settings.OIDC_ISSUER.encode()).hexdigest()


def _uid(sub: str) -> str:
    """Its hash, too: it may be longer than the column, and need not be told by a copy of the database."""
    return hashlib.sha256(sub.encode("utf-8", "surrogatepass")).hexdigest()
