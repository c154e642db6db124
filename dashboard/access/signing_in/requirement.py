"""`REQUIRE_SECOND_FACTOR`: who must have a second factor, and has none yet, can only set one up, or sign out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from dashboard.access.roles import role_of
from dashboard.access.signing_in import factors
from dashboard.pages.problems import is_call

MISSING = "Your role ({}) needs a second factor. Set one up here; until then nothing else is open to you."


def is_required(person: User) -> bool:
    return bool(settings.REQUIRE_SECOND_FACTOR) and role_of(person) in settings.REQUIRE_SECOND_FACTOR


def missing(person: User) -> str:
    """The sentence for who needs a second factor and has none; empty for everybody else."""
    return MISSING.format(role_of(person)) if is_required(person) and not factors.has_one(person) else ""


def stop(request: HttpRequest, person: User) -> HttpResponseBase | None:
    if not settings.REQUIRE_SECOND_FACTOR:
        return None
    open_to_all = (reverse("second-factor"), reverse("account-confirm"), reverse("login"))
    if request.path.startswith(open_to_all) or not (sentence := missing(person)):
        return None
    is_led = request.method in {"GET", "HEAD"} and request.headers.get("HX-Request") != "true"
    if not is_led or is_call(request):
        raise PermissionDenied(sentence)
    return redirect("second-factor")
