from __future__ import annotations

from django.conf import settings
from django.contrib import admin, auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access import throttle
from dashboard.access.forms import SignInForm
from dashboard.access.onward import next_page
from dashboard.access.requests import client_address
from dashboard.access.signing_in.entering import enter
from dashboard.access.signing_in.page import sign_in_page
from dashboard.audit import chain
from dashboard.pages.downloads import TooMany

SIGN_IN_FAILED = "user.sign_in_failed"
NOT_STAFF = "The administration is for accounts marked as staff. An administrator can mark this one."


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@sensitive_post_parameters("password")
@csrf_protect
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    onward = next_page(request)
    if request.user.is_authenticated:
        return redirect(onward)
    if request.method != "POST":
        return sign_in_page(request, SignInForm(request))
    form = SignInForm(request, request.POST)
    if not form.is_valid():
        if form.guessed_wrong:
            with transaction.atomic():
                chain.append(actor="", address=form.address, action=SIGN_IN_FAILED, subject=form.known_name)
        return sign_in_page(request, form, status=429 if form.was_throttled else 422)
    return enter(request, form.get_user(), by="password", onward=onward)


@require_POST
@login_not_required
@csrf_protect
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    name = request.user.get_username()
    with transaction.atomic():
        auth.logout(request)
        if name:
            chain.append(actor=name, address=client_address(request), action="user.signed_out", subject=name)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@require_safe
@login_not_required
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"), resolve_url(settings.LOGIN_URL))
    if not request.user.is_staff:
        raise PermissionDenied(NOT_STAFF)
    return redirect(next_page(request, default="admin:index"))


@require_http_methods(["GET", "HEAD", "POST"])
def change_own_password(request: HttpRequest) -> HttpResponse:
    """Django's page for staff, with an entry in the audit log. Guesses of the old password count as at the sign-in."""
    if request.method != "POST":
        return admin.site.password_change(request)
    name, address = request.user.get_username(), client_address(request)
    attempt = throttle.reserve(username=name, address=address)
    if attempt is None:
        raise TooMany(throttle.TOO_MANY)
    with transaction.atomic():
        response = admin.site.password_change(request)
        if response.status_code == 302:
            chain.append(actor=name, address=address, action="user.password_changed", subject=name)
    if response.status_code == 302:
        throttle.succeeded(attempt)
    return response


def nothing_here(request: HttpRequest, **kwargs: str) -> HttpResponse:
    raise Http404
