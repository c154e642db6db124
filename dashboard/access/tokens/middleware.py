"""Calls of programs, before any view: each has a number, no cookies, and the person of its token."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast
from uuid import uuid4

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from dashboard.access.requests import Call
from dashboard.access.tokens import pace, shown
from dashboard.access.tokens.shown import NotAccepted
from dashboard.pages.problems import is_call, problem

NUMBER = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
TOO_MANY = "This token has asked {:,} times in this minute, which is the limit. Ask again in {} seconds."
ELSEWHERE = "Nothing was done. Send this to {} instead."

Answer = Callable[[HttpRequest], HttpResponseBase]


class CallMiddleware:
    """The number of a call stands in its answer and in the access log; a program may choose it. Without cookies nothing
    that a browser sends by itself can authorise a call, so none needs a token against forgery."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_call(request):
            return self.get_response(request)
        call = cast(Call, request)
        given = request.headers.get("X-Request-ID", "")
        call.call_id = given if NUMBER.fullmatch(given) else str(uuid4())
        request.META.pop("HTTP_COOKIE", None)
        if request.method == "HEAD":
            # The server leaves the body out.
            request.method = "GET"
        response = self.get_response(request)
        if response.status_code in {301, 302} and request.method != "GET":
            # Programs would follow with a GET, and take its answer for that of what they sent.
            response = problem(request, ELSEWHERE.format(response.headers["Location"]), status=404)
        response.headers["X-Request-ID"] = call.call_id
        return response


class TokenMiddleware:
    """Gives a call the person of its token, or refuses it. After the sign-in by sessions, and before what asks who the
    person is."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # The schema is the same for everybody, and programs that read one send no token.
        if not is_call(request) or request.path == reverse("api-schema"):
            return self.get_response(request)
        now = timezone.now()
        try:
            token = shown.found(request, now=now)
        except NotAccepted as refusal:
            return _not_accepted(request, refusal)
        call = cast(Call, request)
        call.user, call.token = token.user, token
        left = pace.take(token, now=now)
        if left.allowed:
            response = self.get_response(request)
        else:
            response = problem(request, TOO_MANY.format(left.limit, left.resets_in), status=429)
        for name, value in left.headers.items():
            response.headers.setdefault(name, value)
        return response


def _not_accepted(request: HttpRequest, refusal: NotAccepted) -> HttpResponseBase:
    if refusal.kind == "token-in-address":
        return problem(request, str(refusal), status=400, kind=refusal.kind)
    error = "" if refusal.kind == "token-missing" else ', error="invalid_token"'
    challenge = {"WWW-Authenticate": f'Bearer realm="TensorsLab tasks"{error}'}
    return problem(request, str(refusal), status=401, kind=refusal.kind, headers=challenge)
