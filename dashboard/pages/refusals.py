"""The answers to what went wrong: a page, or for htmx one sentence that is shown in place."""

from __future__ import annotations

from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string

from dashboard.pages.in_place import in_place

BAD_REQUEST = "This request can't be read. Go back to the page and try again."
TOO_LARGE = (
    "This request is larger than the server accepts. Files are taken on the page Import, up to 200 MB; larger ones by "
    "manage.py import_tasks."
)
WRONG_HOST = "The dashboard does not answer under this address. Add the host to ALLOWED_HOSTS."
FORBIDDEN = "This account may not do that. An administrator can give it the permission."
NOT_FOUND = "There is nothing at this address."
NOT_ALLOWED = "This address takes a button's press, not a visit. Go back to the page and use the button there."
STALE_PAGE = "This page is too old to act on, so nothing was done. Reload it, with cookies allowed, and try again."
SERVER_ERROR = "The dashboard failed on this request. What it had not finished was undone; the log says why."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    sentence = BAD_REQUEST
    if isinstance(exception, RequestDataTooBig | TooManyFilesSent):
        sentence = TOO_LARGE
    elif isinstance(exception, DisallowedHost):
        sentence = WRONG_HOST
    return _answer(request, "bare_error.html", sentence, status=400, title="Bad request")


def too_large(request: HttpRequest) -> HttpResponse:
    return _answer(request, "bare_error.html", TOO_LARGE, status=413, title="Too large")


def too_many(request: HttpRequest, sentence: str) -> HttpResponse:
    answer = _answer(request, "bare_error.html", sentence, status=429, title="Not now")
    answer.headers["Retry-After"] = "60"
    return answer


def permission_denied(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    return _answer(request, "403.html", str(exception) or FORBIDDEN, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, "403.html", STALE_PAGE, status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, "404.html", NOT_FOUND, status=404)


def method_not_allowed(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    answer = _answer(request, "405.html", NOT_ALLOWED, status=405)
    answer.headers["Allow"] = response.headers["Allow"]
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, "bare_error.html", SERVER_ERROR, status=500, title="Something failed")


def _answer(request: HttpRequest, template: str, sentence: str, *, status: int, title: str = "") -> HttpResponse:
    """With a `title` it stands alone, without the request: its host may be a lie, the database what failed."""
    # Middleware that would have set `request.htmx` may not have been reached.
    if request.headers.get("HX-Request") == "true":
        return in_place(sentence, status=status)
    context = {"sentence": sentence, "title": title}
    return HttpResponse(render_to_string(template, context, None if title else request), status=status)
