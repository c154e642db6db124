"""Which person of ours somebody is whom the issuer knows, and which role their groups give them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction

from dashboard.access import lifetimes
from dashboard.access.permissions import READ_ONLY
from dashboard.access.roles import ROLES, role_of
from dashboard.access.signing_in import accounts
from dashboard.access.signing_in.issuer import Answer
from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.pages import foreign
from dashboard.sign_in_variables import EVERYBODY

NO_GROUP = "None of your groups has a role here. An administrator can give one of them a role in OIDC_ROLES."
NO_NAME = "The OpenID provider gives you no name that an account here can have."
TAKEN = (
    "An account here has the name {} already, and it was not made by the OpenID provider. If it is yours, sign in with "
    "its password and connect it on your page Account."
)
LINKED = "This account at the OpenID provider belongs to another account here."

PERMIT_LASTS = timedelta(hours=1)
_signer = TimestampSigner(salt="dashboard.access.openid")


class NotLetIn(Exception):
    """The text is for the person who signs in."""


def person_of(answer: Answer, *, address: str) -> User:
    """The person who has this `sub`, with the role of their groups; somebody unknown is added."""
    role = _role(answer)
    account = accounts.find(answer.sub)
    if account is None and not role:
        raise NotLetIn(NO_GROUP)
    person = account.user if account else _added(answer, address=address)
    _give(person, role, address=address)
    if not role:
        raise NotLetIn(NO_GROUP)
    return person


def permit(person: User) -> str:
    """Stands in the link that connects. Else another site could send somebody there who is signed in at the issuer as
    somebody else, which would then open their account here."""
    return _signer.sign(str(person.pk))


def is_permitted(person: User, permit: str) -> bool:
    try:
        return _signer.unsign(permit, max_age=PERMIT_LASTS) == str(person.pk)
    except BadSignature:
        return False


def connect(person: User, answer: Answer, *, address: str) -> None:
    """Lets a person who is signed in, and shows a session at the issuer, sign in by that from now on."""
    _require_writing()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)
        if accounts.find(answer.sub) or accounts.of(person):
            raise NotLetIn(LINKED)
        accounts.link(person, answer.sub)
        name = person.get_username()
        chain.append(actor=name, address=address, action="user.connected_openid", subject=name)


def disconnect(person: User, *, address: str) -> None:
    with transaction.atomic():
        if SocialAccount.objects.filter(user=person).delete()[0]:
            name = person.get_username()
            chain.append(actor=name, address=address, action="user.disconnected_openid", subject=name)


def _require_writing() -> None:
    """The issuer's answer comes by a visit, which is not refused as a press would be."""
    if settings.READ_ONLY:
        raise NotLetIn(READ_ONLY)


def _role(answer: Answer) -> str:
    """The highest that one of the groups gives."""
    given = {settings.OIDC_ROLES.get(group, "") for group in [*answer.groups, EVERYBODY]}
    return next((role for role in reversed(ROLES) if role in given), "")


def _added(answer: Answer, *, address: str) -> User:
    _require_writing()
    name = _name(answer.claims)
    with transaction.atomic():
        # Whoever signed in under a name is who the log means by it.
        if User.objects.filter(username__iexact=name).exists() or AuditEvent.objects.filter(actor=name).exists():
            raise NotLetIn(TAKEN.format(foreign.plain(name)))
        person = User.objects.create_user(name)
        accounts.link(person, answer.sub)
        chain.append(actor="", address=address, action="user.added", subject=name, detail={"by": "openid"})
    return person


def _name(claims: dict[str, Any]) -> str:
    """The first claim that can be a username."""
    for claim in ("preferred_username", "email", "sub"):
        name = claims.get(claim)
        if isinstance(name, str) and not foreign.UNSEEN.search(name):
            try:
                User._meta.get_field("username").run_validators(name)
            except ValidationError:
                continue
            if name.strip():
                return name
    raise NotLetIn(NO_NAME)


def _give(person: User, role: str, *, address: str) -> None:
    """Changes the role to that of the groups, and leaves groups that are no roles."""
    if role_of(person) == role or person.is_superuser:
        return
    with transaction.atomic():
        before = role_of(User.objects.select_for_update().get(pk=person.pk))
        person.groups.remove(*Group.objects.filter(name__in=ROLES))
        person.groups.add(*Group.objects.filter(name=role))
        if not role:
            lifetimes.end_all(person.pk)
        detail = {"before": before, "role": role, "by": "openid"}
        chain.append(
            actor="", address=address, action="user.role_changed", subject=person.get_username(), detail=detail
        )
