"""Answers to errors: a page, for htmx one sentence that is shown in place, or for programs a problem."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string

from dashboard.pages.problems import is_call, problem

IN_PLACE = {
    "HX-Retarget": "#notice",
    "HX-Reswap": "innerHTML",
    "HX-Reselect": "[data-error]",
    "HX-Push-Url": "false",
}
"""Headers for htmx: the answer replaces nothing else, and its address is not pushed."""
BAD_REQUEST = "This request can't be read. Go back to the page and try again."
TOO_LARGE = (
    "This request is larger than the server accepts. Files are taken on the page Import, up to 200 MB; larger ones by "
    "manage.py import_tasks."
)
TOO_LARGE_CALL = (
    "This body is larger than the server accepts: with a token made here a list of tasks has up to 2 MB, any other "
    "body 64 KB. Send it in parts."
)
WRONG_HOST = "The dashboard does not answer under this address. Add the host to ALLOWED_HOSTS."
FORBIDDEN = "This account may not do that. An administrator can give it the permission."
NOT_FOUND = "There is nothing at this address."
NOT_ALLOWED = "This address takes a button's press, not a visit. Go back to the page and use the button there."
STALE_PAGE = "This page is too old to act on, so nothing was done. Reload it, with cookies allowed, and try again."
SERVER_ERROR = "The dashboard failed on this request. What it had not finished was undone; the log says why."


BARE = "bare_error.html"
"""A page that does not use the request: its host may be false, or the database may have failed."""


def refused(
    request: HttpRequest,
    sentence: str,
    *,
    status: int,
    page: str = "refused.html",
    wrong: Iterable[str] = (),
    **context: object,
) -> HttpResponse:
    """The only way to refuse: a page with the sentence, for htmx the sentence in place, or for programs a problem.

    `wrong` are the filter's fields at fault, `context` is for the page.
    """
    if is_call(request):
        return problem(request, sentence, status=status)
    # The middleware that sets `request.htmx` may not have run.
    if request.headers.get("HX-Request") == "true":
        content = render_to_string("_error.html", {"sentence": sentence, "wrong": [f"id_{name}" for name in wrong]})
        return HttpResponse(content, status=status, headers=IN_PLACE)
    return HttpResponse(
        render_to_string(page, {"sentence": sentence, **context}, None if page == BARE else request), status=status
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = BAD_REQUEST
    if isinstance(exception, RequestDataTooBig | TooManyFilesSent):
        sentence = TOO_LARGE
    elif isinstance(exception, DisallowedHost):
        sentence = WRONG_HOST
    return refused(request, sentence, status=400, page=BARE, title="Bad request")


def too_large(request: HttpRequest) -> HttpResponse:
    sentence = TOO_LARGE_CALL if is_call(request) else TOO_LARGE
    return refused(request, sentence, status=413, page=BARE, title="Too large")


def too_many(request: HttpRequest, sentence: str) -> HttpResponse:
    answer = refused(request, sentence, status=429, page=BARE, title="Not now")
    answer.headers["Retry-After"] = "60"
    return answer


def permission_denied(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    return _forbidden(request, str(exception) or FORBIDDEN)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _forbidden(request, STALE_PAGE)


def _forbidden(request: HttpRequest, sentence: str) -> HttpResponse:
    return refused(request, sentence, status=403, page="error.html", title="Not allowed", forbidden=True)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refused(request, NOT_FOUND, status=404, page="error.html", title="Not found")


def method_not_allowed(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    takes = " or ".join(sorted(response.headers["Allow"].split(", ")))
    sentence = f"This address takes {takes}." if is_call(request) else NOT_ALLOWED
    answer = refused(request, sentence, status=405, page="error.html", title="Not a page")
    answer.headers["Allow"] = response.headers["Allow"]
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    return refused(request, SERVER_ERROR, status=500, page=BARE, title="Something failed")
