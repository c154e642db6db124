"""`/login/openid/`: leads to the OpenID provider, and takes its answer."""

from __future__ import annotations

import time

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.access.onward import next_page
from dashboard.access.requests import client_address
from dashboard.access.signing_in import accounts, entering, fresh, issuer, openid_people
from dashboard.access.signing_in.issuer import Answer, Unbelieved
from dashboard.access.signing_in.openid_people import NotLetIn
from dashboard.access.signing_in.page import CLOSED, refused_sign_in
from dashboard.audit import chain
from dashboard.pages.refusals import refused

NOT_YOU = "The OpenID provider says that you are somebody else. Sign out there, then try again."
NOT_ASKED = "The OpenID provider did not ask you anew, so this shows nothing. Use a password or a second factor."


@require_safe
@login_not_required
@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """A link leads here, and not a form: browsers hold a redirect after a form against `form-action`.

    Who is signed in already confirms that it is them, or connects their account to that at the issuer.
    """
    if not settings.OIDC_ISSUER:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    if not request.user.is_authenticated:
        request.session.set_expiry(entering.PENDING)
    again = request.user.is_authenticated
    connect = again and openid_people.is_permitted(request.user, request.GET.get("connect", ""))  # type: ignore[arg-type]
    try:
        return issuer.begin(request, onward=next_page(request), again=again, connect=connect)
    except Unbelieved as why:
        return _refused(request, str(why), status=502)


@require_safe
@login_not_required
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    if not settings.OIDC_ISSUER:
        raise Http404
    try:
        answer = issuer.answered(request)
        if request.user.is_authenticated:
            return _of_who_is_signed_in(request, request.user, answer)
        person = openid_people.person_of(answer, address=client_address(request))
    except (Unbelieved, NotLetIn) as why:
        return _refused(request, str(why))
    if not person.is_active:
        return _refused(request, CLOSED)
    return entering.enter(request, person, by=_method(answer), onward=answer.state["next"])


def _of_who_is_signed_in(request: HttpRequest, person: User, answer: Answer) -> HttpResponse:
    address = client_address(request)
    account = accounts.find(answer.sub)
    if account is None and answer.state["connect"] and fresh.is_fresh(request):
        openid_people.connect(person, answer, address=address)
        messages.success(request, "This account is connected. From now on you can sign in with OpenID.")
        return redirect("account")
    if account is None or account.user_id != person.pk:
        raise NotLetIn(NOT_YOU)
    if _method(answer) != "openid":
        raise NotLetIn(NOT_ASKED)
    record_authentication(request, person, method="openid")
    with transaction.atomic():
        name = person.get_username()
        chain.append(actor=name, address=address, action="user.confirmed", subject=name, detail={"by": "openid"})
    return redirect(answer.state["next"])


def _method(answer: Answer) -> str:
    """`openid` if the issuer says that it has just asked the person, and not taken them from a session of its own."""
    asked_at = answer.claims.get("auth_time")
    is_now = isinstance(asked_at, int) and asked_at > time.time() - fresh.FOR
    return "openid" if is_now else "openid_session"


def _refused(request: HttpRequest, sentence: str, *, status: int = 403) -> HttpResponse:
    with transaction.atomic():
        address, detail = client_address(request), {"by": "openid", "why": sentence}
        chain.append(actor="", address=address, action="user.sign_in_failed", detail=detail)
    if request.user.is_authenticated:
        return refused(request, sentence, status=status)
    return refused_sign_in(request, sentence, status=status)
