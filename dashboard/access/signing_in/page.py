"""The page of the sign-in, with what was refused."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dashboard.access import throttle
from dashboard.access.forms import SignInForm
from dashboard.pages.refusals import refused

CLOSED = "This account is closed. An administrator can open it again."


def sign_in_page(request: HttpRequest, form: SignInForm, *, status: int = 200) -> HttpResponse:
    response = render(request, "registration/login.html", _context(request, form), status=status)
    if status == 429:
        response.headers["Retry-After"] = str(int(throttle.WINDOW.total_seconds()))
    return response


def refused_sign_in(request: HttpRequest, sentence: str, *, status: int = 403) -> HttpResponse:
    context = _context(request, SignInForm(request))
    return refused(request, sentence, status=status, page="registration/login.html", refusal=sentence, **context)


def _context(request: HttpRequest, form: SignInForm) -> dict[str, Any]:
    onward = request.POST.get("next") or request.GET.get("next") or ""
    return {"form": form, "next": onward, "openid": bool(settings.OIDC_ISSUER)}
