"""`/login/second-factor/`, and signing in with a passkey alone."""

from __future__ import annotations

from allauth.account.stages import LoginStageController
from allauth.mfa.stages import AuthenticateStage
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.access import throttle
from dashboard.access.onward import next_page
from dashboard.access.requests import client_address
from dashboard.access.signing_in import entering, factors, passkeys, proving
from dashboard.access.signing_in.page import refused_sign_in
from dashboard.pages.downloads import TooMany

UNKNOWN_PASSKEY = "This passkey belongs to no account here. Sign in with your name and password."


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@sensitive_post_parameters("code")
@csrf_protect
@never_cache
def second_step(request: HttpRequest) -> HttpResponse:
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    if stage is None or request.user.is_authenticated:
        return redirect("login")
    person: User = stage.login.user
    refusal = proving.refusal(request, person) if request.method == "POST" else ""
    if request.method == "POST" and not refusal:
        return stage.exit()
    kinds = {row.type for row in factors.of(person)}
    context = {"refusal": refusal, "kinds": kinds, "passkeys_possible": passkeys.are_possible(request)}
    return render(request, "access/second_step.html", context, status=422 if refusal else 200)


@require_POST
@login_not_required
@csrf_protect
@never_cache
def passkey_options(request: HttpRequest) -> JsonResponse:
    """What a browser is asked: for a passkey of who is known by now, or else for any that it has for this host."""
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    person = request.user if request.user.is_authenticated else stage.login.user if stage else None
    if person is None:
        request.session.set_expiry(entering.PENDING)
    return JsonResponse(passkeys.request_options(person))


@require_POST
@login_not_required
@csrf_protect
@never_cache
def sign_in_by_passkey(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(next_page(request))
    address = client_address(request)
    attempt = throttle.reserve(username="", address=address, second=True)
    if attempt is None:
        raise TooMany(throttle.TOO_MANY)
    row = passkeys.proven(request.POST.get("credential", ""))
    if row is None:
        return refused_sign_in(request, UNKNOWN_PASSKEY, status=422)
    throttle.succeeded(attempt)
    row.record_usage()
    return entering.enter(request, row.user, by="mfa", onward=next_page(request), type=row.type, passwordless=True)
