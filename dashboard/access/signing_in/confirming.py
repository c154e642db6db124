"""`/account/confirm/`: a person who is signed in shows once more that it is them."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.access import throttle
from dashboard.access.onward import next_page
from dashboard.access.requests import SignedInRequest, client_address
from dashboard.access.signing_in import fresh, passkeys, proving
from dashboard.audit import chain
from dashboard.pages.downloads import TooMany

WRONG_PASSWORD = "This is not your password. Upper and lower case count in it."  # nosec B105 # a sentence
NOTHING = "Give your password, or a second factor."


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "code")
@never_cache
def confirm(request: SignedInRequest) -> HttpResponse:
    onward = next_page(request, default="account")
    refusal = _refusal(request) if request.method == "POST" else ""
    if request.method == "POST" and not refusal:
        request.session.cycle_key()
        with transaction.atomic():
            name = request.user.get_username()
            chain.append(actor=name, address=client_address(request), action="user.confirmed", subject=name)
        return redirect(onward)
    means = fresh.means(request.user)
    possible = passkeys.are_possible(request)
    context = {"refusal": refusal, "means": means, "next": onward, "passkeys_possible": possible}
    return render(request, "access/confirm.html", context, status=422 if refusal else 200)


def _refusal(request: SignedInRequest) -> str:
    if password := request.POST.get("password", ""):
        return _refusal_of_password(request, password)
    sentence = proving.refusal(request, request.user)
    return NOTHING if sentence == proving.NOTHING else sentence


def _refusal_of_password(request: SignedInRequest, password: str) -> str:
    name, address = request.user.get_username(), client_address(request)
    attempt = throttle.reserve(username=name, address=address)
    if attempt is None:
        raise TooMany(throttle.TOO_MANY)
    if not request.user.check_password(password):
        with transaction.atomic():
            chain.append(actor=name, address=address, action="user.confirmation_failed", subject=name)
        return WRONG_PASSWORD
    throttle.succeeded(attempt)
    record_authentication(request, request.user, method="password")
    return ""
