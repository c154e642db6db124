"""Runs a call once for each `Idempotency-Key`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse

from dashboard.access.requests import Call
from dashboard.access.tokens import again
from dashboard.calls import clock
from dashboard.pages.problems import problem

HEADER = "Idempotency-Key"

Run = Callable[..., HttpResponse]


def once(run: Run) -> Run:
    @wraps(run)
    def answered(request: Call, **arguments: Any) -> HttpResponse:
        key = request.headers.get(HEADER)
        if key is None:
            return run(request, **arguments)
        if not again.KEY.fullmatch(key):
            errors = [{"header": HEADER, "detail": again.UNUSABLE}]
            return problem(request, again.UNUSABLE, status=400, errors=errors)
        asked = again.Asked(
            token=request.token, key=key, method=request.method or "", path=request.path, body=request.body
        )
        try:
            row = again.begin(asked, now=clock.now())
        except again.Reused:
            return problem(request, again.REUSED, status=422, kind="key-reused")
        except again.InFlight:
            return problem(request, again.IN_FLIGHT, status=409, kind="in-flight", headers={"Retry-After": "1"})
        if row.status is not None:
            return again.answer(row)
        try:
            response = run(request, **arguments)
        except BaseException:
            # However it ended, it was not answered, so the same key may be used again at once.
            again.forget(row)
            raise
        again.end(row, response)
        return response

    return answered
