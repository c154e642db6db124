"""`/account/second-factor/`: a person's own second factors."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal import auth as totp
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from dashboard.access.requests import SignedInRequest, client_address
from dashboard.access.signing_in import factors, fresh, passkeys, requirement
from dashboard.access.signing_in.factors import By, Refused
from dashboard.pages import foreign
from dashboard.pages.refusals import refused

NO_NAME = "Give the passkey a name of letters that can be seen, such as the device that it is in."
NOT_MADE = "The browser's answer could not be used, so no passkey was added. Try again."
NOT_SHOWN = "This is not the code that the app shows now. Is the telephone's clock right?"

View = Callable[..., HttpResponse]


def by(request: SignedInRequest) -> By:
    return By(person=request.user, address=client_address(request))


def confirmed(view: View) -> View:
    """Only for who has just shown that it is them, or has nothing yet to show it with."""

    @wraps(view)
    def checked(request: SignedInRequest, **named: int) -> HttpResponse:
        if not fresh.is_fresh(request) and fresh.means(request.user):
            return redirect(fresh.address(reverse("second-factor")))
        try:
            return view(request, **named)
        except Refused as refusal:
            return refused(request, str(refusal), status=409)

    return never_cache(checked)


@require_safe
@never_cache
def second_factor(request: SignedInRequest) -> HttpResponse:
    return render(request, "access/second_factor.html", {"missing": requirement.missing(request.user)})


@require_POST
@sensitive_post_parameters("code")
@confirmed
def authenticator_app(request: SignedInRequest) -> HttpResponse:
    """Without a code it shows a new secret, and with the code that an app makes of it, that app is set up."""
    code = request.POST.get("code")
    secret = totp.get_totp_secret(regenerate=code is None)
    counter = factors.counter_of(secret, code[:64]) if code else 0
    if counter:
        codes = factors.add_app(by=by(request), secret=secret, counter=counter)
        totp.clear_totp_secret(request)
        return _added(request, "The authenticator app is set up.", codes)
    url = get_adapter().build_totp_url(request.user, secret)
    # Made by us, of what no person typed but their name, which is part of the picture.
    picture = SafeString(get_adapter().build_totp_svg(url).partition("?>")[2])  # nosec B703 # our own SVG
    groups = [secret[place : place + 4] for place in range(0, len(secret), 4)]
    context = {"picture": picture, "groups": groups, "refusal": "" if code is None else NOT_SHOWN}
    return render(request, "access/authenticator_app.html", context, status=200 if code is None else 422)


@require_POST
@confirmed
def new_passkey_options(request: SignedInRequest) -> HttpResponse:
    return JsonResponse(passkeys.creation_options(request.user))


@require_POST
@confirmed
def passkey(request: SignedInRequest) -> HttpResponse:
    name = request.POST.get("name", "").strip()
    is_name = not foreign.is_blank(name) and not foreign.UNSEEN.search(name)
    credential = passkeys.created(request.POST.get("credential", "")) if is_name else None
    if credential is None:
        sentence = NOT_MADE if is_name else NO_NAME
        return refused(request, sentence, status=422, page="access/second_factor.html", refusal=sentence)
    return _added(
        request, "The passkey is added.", factors.add_passkey(by=by(request), name=name, credential=credential)
    )


@require_POST
@confirmed
def recovery_codes(request: SignedInRequest) -> HttpResponse:
    return _show(request, factors.renew_codes(by=by(request)))


@require_POST
@confirmed
def removal(request: SignedInRequest, pk: int) -> HttpResponse:
    factors.remove(by=by(request), pk=pk, required=requirement.is_required(request.user))
    messages.success(request, "Removed.")
    return redirect("second-factor")


def _added(request: SignedInRequest, sentence: str, codes: list[str]) -> HttpResponse:
    messages.success(request, sentence)
    return _show(request, codes) if codes else redirect("second-factor")


def _show(request: SignedInRequest, codes: list[str]) -> HttpResponse:
    """The only answer that ever holds them."""
    return render(request, "access/recovery_codes.html", {"codes": codes})
