"""Where a sign-in leads on to."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def next_page(request: HttpRequest, *, default: str = settings.LOGIN_REDIRECT_URL) -> str:
    """The address in `next`, if it is a page of ours and neither the sign-in nor the sign-out.

    `/` names no wish: who types the bare address and signs in comes to the tasks, as from the sign-in page itself.
    """
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    # Django's `redirect` takes a text that is no address for the name of a view.
    is_address = wanted.startswith(("/", "http://", "https://"))
    if (
        wanted == "/"
        or not safe
        or not is_address
        or wanted.startswith((reverse("login"), reverse("logout"), reverse("admin:login")))
    ):
        return resolve_url(default)
    return wanted
