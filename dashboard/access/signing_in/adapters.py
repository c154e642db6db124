"""What allauth asks the product."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

import requests
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.access import lifetimes
from dashboard.access.requests import client_address
from dashboard.access.signing_in import page
from dashboard.access.signing_in.capped import CappedSession
from dashboard.audit import chain


class SecondStep(AuthenticateStage):
    def handle(self) -> tuple[HttpResponse | None, bool]:
        return (redirect("login-second-factor") if self._should_handle(self.request) else None), True


class AccountAdapter(DefaultAccountAdapter):
    def get_login_stages(self) -> list[str]:
        return [f"{__name__}.{SecondStep.__name__}"]

    def pre_login(self, request: HttpRequest, user: Any, **how: Any) -> None:
        """Nothing: a closed account is refused in `login`, after whichever step it was closed."""

    def login(self, request: HttpRequest, user: Any) -> None:
        """Every sign-in, of whatever kind, ends here."""
        if not User.objects.filter(pk=user.pk, is_active=True).exists():
            raise ImmediateHttpResponse(page.refused_sign_in(request, page.CLOSED))
        name = user.get_username()
        by = [record.get("type") or record["method"] for record in get_authentication_records(request, user)]
        with transaction.atomic():
            request.session.set_expiry(None)
            super().login(request, user)
            lifetimes.begin(request, now=time.time())
            address = client_address(request)
            chain.append(actor=name, address=address, action="user.signed_in", subject=name, detail={"by": by})

    def post_login(self, request: HttpRequest, user: Any, *, redirect_url: str | None, **how: Any) -> HttpResponse:
        return redirect(redirect_url or settings.LOGIN_REDIRECT_URL)


class MfaAdapter(DefaultMFAAdapter):
    """Secrets are stored under a key that is not in the database: with a copy of it alone nobody makes a code."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.get_username())

    def _get_site_name(self) -> str:
        return settings.MFA_TOTP_ISSUER


class IssuerAdapter(DefaultSocialAccountAdapter):
    def get_requests_session(self) -> requests.Session:
        return CappedSession()


def _cipher() -> Fernet:
    secret = f"dashboard.access.second_factor{settings.SECRET_KEY}"
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()))
