"""A person has shown who they are by a first step: a password, an issuer's word, a proxy's word or a passkey."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse

PENDING = 600
"""Seconds that a sign-in may take from its first step to its last."""


def enter(request: HttpRequest, person: User, *, by: str, onward: str, **facts: object) -> HttpResponse:
    """Signs in, or leads to the second step of who has a second factor. Each step is given a new session key."""
    record_authentication(request, person, method=by, **facts)
    response = perform_login(request, Login(user=person, redirect_url=onward))
    if not request.user.is_authenticated:
        request.session.cycle_key()
        request.session.set_expiry(PENDING)
    return response
