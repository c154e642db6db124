"""Every refusal of a view becomes a problem (`pages/problems.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from dashboard.api.shapes import FORMS
from dashboard.deletions.actions import Changed, Invalid, Refused
from dashboard.deletions.drafts.freezing import NothingSelected
from dashboard.pages.downloads import TooMany
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.problems import problem
from dashboard.pages.refusals import NOT_FOUND, permission_denied, too_many

NOTHING = "No task matches, so there is nothing to delete."
UNUSABLE = "Some values can't be used. Each is named in `errors`."
FIELDS = {"typed": "count"}
"""By their names on the page."""


class Problem(Exception):
    def __init__(
        self,
        detail: str,
        *,
        status: int,
        kind: str = "",
        errors: Iterable[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.told: dict[str, Any] = {"status": status, "kind": kind, "errors": errors, "headers": headers}


def handle(api: NinjaAPI) -> None:
    """Has this API answer so."""

    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Problem: lambda request, error: problem(request, str(error), **error.told),
        ValidationError: _invalid,
        HttpError: _unreadable,
        BadFilter: _bad_filter,
        Refused: lambda request, error: problem(request, str(error), status=409),
        Changed: lambda request, error: problem(request, str(error), status=409, kind="changed"),
        Invalid: _refused_fields,
        NothingSelected: lambda request, _: problem(request, NOTHING, status=422),
        TooMany: lambda request, error: too_many(request, str(error)),
        PermissionDenied: permission_denied,
        Http404: lambda request, error: problem(request, str(error) or NOT_FOUND, status=404),
        Exception: _failed,
    }
    for exception, handler in handlers.items():
        api.add_exception_handler(exception, handler)


def _unreadable(request: HttpRequest, error: Any) -> HttpResponse:
    """Ninja's own, in place of what the parser raised."""
    why = error.__context__
    told = why.told if isinstance(why, Problem) else {"status": error.status_code}
    return problem(request, str(why or error), **told)


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    """What does not fit the schema. The first two parts of a place name the body, and our argument for it; another may
    name which of several forms the body has."""
    errors = []
    for one in error.errors:
        source, _, *place = (part for part in one["loc"] if part not in FORMS)
        where = {"pointer": "".join(f"/{part}" for part in place)} if source == "body" else {}
        errors.append({"detail": _sentence(one["msg"]), **(where or {"parameter": str(one["loc"][-1])})})
    return problem(request, UNUSABLE, status=422, errors=errors)


def _bad_filter(request: HttpRequest, error: Any) -> HttpResponse:
    errors = [{"parameter": name, "detail": str(error)} for name in error.wrong]
    return problem(request, str(error), status=400, kind="bad-filter", errors=errors)


def _refused_fields(request: HttpRequest, error: Any) -> HttpResponse:
    named = {FIELDS.get(name, name): text for name, text in error.errors.items()}
    errors = [{"pointer": f"/{name}" if name else "", "detail": text} for name, text in named.items()]
    return problem(request, " ".join(named.values()), status=422, errors=errors)


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """Django logs it, and answers as for a page."""
    raise error


def _sentence(words: str) -> str:
    return f"{words.rstrip('.')}."
