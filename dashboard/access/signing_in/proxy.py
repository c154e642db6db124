"""`REMOTE_USER_HEADER`: a proxy in front has signed the person in, and names them in a header of each request."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from dashboard.access.middleware import PROBES
from dashboard.access.requests import client_address, is_proxy
from dashboard.access.signing_in import entering
from dashboard.access.signing_in.page import refused_sign_in
from dashboard.audit import chain
from dashboard.pages.problems import is_call

BY_PROXY = "signed_in_by_proxy"
UNKNOWN = "The proxy in front says that you are {}. No account here has that name. An administrator can add it."


class RemoteUserMiddleware:
    """Follows the proxy's word: signs in whom it names, and signs out whom it no longer names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # A program shows a token, wherever it asks from.
        is_asked = settings.REMOTE_USER_HEADER and request.path not in PROBES and not is_call(request)
        return (is_asked and self._answer(request)) or self.get_response(request)

    def _answer(self, request: HttpRequest) -> HttpResponseBase | None:
        # From anywhere else the header is what somebody claims of themselves.
        named = request.META.get(settings.REMOTE_USER_HEADER, "") if is_proxy(request.META["REMOTE_ADDR"]) else ""
        signed_in = request.user.get_username() if request.user.is_authenticated else ""
        if signed_in and signed_in != named and (named or request.session.get(BY_PROXY)):
            with transaction.atomic():
                auth.logout(request)
                address = client_address(request)
                chain.append(actor=signed_in, address=address, action="user.signed_out", subject=signed_in)
            signed_in = ""
        # A second step, or leaving, is under way there.
        own = (reverse("login-second-factor"), reverse("login-passkey-options"), reverse("logout"), settings.STATIC_URL)
        if not named or signed_in or request.path.startswith(own):
            return None
        person = User.objects.filter(username=named, is_active=True).first()
        if person is None:
            return refused_sign_in(request, UNKNOWN.format(named[:150]))
        request.session[BY_PROXY] = True
        response = entering.enter(request, person, by="proxy", onward=request.get_full_path())
        return None if request.user.is_authenticated else response
