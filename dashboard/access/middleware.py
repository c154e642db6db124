from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import url_has_allowed_host_and_scheme

from dashboard.access import lifetimes
from dashboard.access.one_time import hidden
from dashboard.access.permissions import LOOK, REFUSALS
from dashboard.access.requests import Call, HtmxRequest, client_address
from dashboard.access.signing_in import requirement
from dashboard.access.zones import zone_of
from dashboard.pages import bodies
from dashboard.pages.downloads import TooMany
from dashboard.pages.headers import strict
from dashboard.pages.problems import is_call
from dashboard.pages.refusals import method_not_allowed, permission_denied, too_large, too_many

logger = logging.getLogger("dashboard.access")
PROBES = {"/healthz", "/readyz"}


class AccessLogMiddleware:
    """Logs each request except probes: the person, the path and the result. Search texts and one-time links are never
    logged."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        response = self.get_response(request)
        if request.path not in PROBES:
            # The middleware that sets `user` may not have run.
            user = getattr(request, "user", None)
            name = user.get_username() if user is not None and user.is_authenticated else "-"
            took = 1000 * (time.monotonic() - began)
            line = "%s %s %s %s %s %.0f ms%s"
            status = response.status_code
            path = hidden(request.path)
            number = f" {cast(Call, request).call_id}" if is_call(request) else ""
            logger.info(line, client_address(request) or "-", name, request.method, ascii(path), status, took, number)
        return response


class StrictHeadersMiddleware(MiddlewareMixin):
    """The outermost middleware, so that all answers have these headers; Django's own would miss some answers."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        for name, value in strict().items():
            response.headers.setdefault(name, value)
        return response


class BodyLengthMiddleware(MiddlewareMixin):
    """Refuses a body that is too long for its address before any code reads it."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        shown = request.META.get("HTTP_COOKIE", ""), request.META.get("HTTP_AUTHORIZATION", "")
        most = bodies.most(request.path, *shown)
        return too_large(request) if length > most or request.META.get(bodies.REFUSED) else None


class TimeZoneMiddleware:
    """Shows times in the person's zone. A streamed answer is written later, and must be given its zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(zone_of(request.user)):
            return self.get_response(request)


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page is private, and needs `access.look`, unless its view is marked `login_not_required`."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if not is_call(request) and request.user.is_authenticated:
            _end_if_over(request)
        if not getattr(view_func, "login_required", True):
            return None
        if not request.user.is_authenticated:
            return send_to_sign_in(request)
        # Django's admin asks for its own permissions: a person who manages accounts need not have the right to see
        # tasks.
        own = (reverse("admin:index"), reverse("account"))
        if stopped := requirement.stop(request, request.user):
            return stopped
        if request.path.startswith(own) or request.user.has_perm(LOOK):
            return None
        return permission_denied(request, PermissionDenied(REFUSALS[LOOK]))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return too_many(request, str(exception)) if isinstance(exception, TooMany) else None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if isinstance(response, HttpResponseNotAllowed):
            # Django answers with an empty page.
            response = method_not_allowed(request, response)
        # A page and its fragment share one URL; “Back” must not show the cached fragment.
        patch_vary_headers(response, ["HX-Request"])
        return response


def _end_if_over(request: HttpRequest) -> None:
    if lifetimes.is_over(request, now=time.time(), acts=not is_poll(request)):
        auth.logout(request)


def is_poll(request: HttpRequest) -> bool:
    """Whether a page sent this request by itself, to update: it does not show that a person is there."""
    return "seen" in request.GET or request.path in {reverse("deletion-strip"), reverse("task-list-now")}


def send_to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Redirects to the sign-in, and from there back to the page that was shown, never to a fragment or an action."""
    login = resolve_url(settings.LOGIN_URL)
    if cast(HtmxRequest, request).htmx:
        page = cast(HtmxRequest, request).htmx.current_url_abs_path
        location = redirect_to_login(page, login).url if page else login
        return HttpResponse(status=401, headers={"HX-Redirect": location})
    return redirect_to_login(page_before(request) or request.get_full_path(), login)


def page_before(request: HttpRequest) -> str:
    """The page whose form was posted; empty for a GET, or when the browser sends no `Referer`."""
    referer = request.headers.get("Referer", "")
    if request.method in {"GET", "HEAD"} or not url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        return ""
    return urlsplit(referer)._replace(scheme="", netloc="", fragment="").geturl()
