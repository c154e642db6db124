"""The longest body of a request, decided from its head before any code receives, stores or parses it."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

MEGABYTE = 1024 * 1024
USUAL = MEGABYTE // 16
"""More than any of our forms has, with every box of a page ticked. A refused form is shown again with its content, and
a quotation mark then takes six characters: so an answer stays below a megabyte."""
LARGEST_FILE = 200 * MEGABYTE
LARGEST = LARGEST_FILE + USUAL
"""A file to import, with the form around it."""
LARGEST_IDS = 8 * MEGABYTE
"""A file of ids, alike."""
LARGEST_CALL = 2 * MEGABYTE
"""Of a program that sends many tasks. Django holds no more than 2.5 MB in memory."""
TOKEN = re.compile(r"bearer (tlt_[A-Za-z0-9_-]{43})([A-Za-z0-9_-]{8})", re.ASCII | re.IGNORECASE)
"""The header of a program: a token (`access/tokens/`), whose last letters are `mark` of the others."""
REFUSED = "dashboard.body_refused"
"""Key of the WSGI environment: the web server refused the body, so there is none."""
PASS = "import_pass"  # nosec B105 # a cookie's name
"""Cookie of whoever was shown a page on which files are taken, and may use it."""
PASS_LASTS = timedelta(days=1)

_signer = signing.TimestampSigner(salt="dashboard.pages.bodies")


def most(path: str, cookies: str, authorization: str = "") -> int:
    """Bytes that a body may have at this path, with these headers `Cookie` and `Authorization`.

    The web server asks this for every client before it receives the body, so no database is used. The page still
    refuses a body that was let through if the session is over, or the token was revoked.
    """
    if path in {reverse("api:tasks"), reverse("api:deletions")}:
        return LARGEST_CALL if _is_ours(authorization) else USUAL
    longest = {reverse("task-import"): LARGEST, reverse("task-ids"): LARGEST_IDS}.get(path, USUAL)
    if longest == USUAL:
        return USUAL
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(cookies)
    except CookieError:
        return USUAL
    pass_, session = jar.get(PASS), jar.get(settings.SESSION_COOKIE_NAME)
    return longest if pass_ and session and _is_valid(pass_.value, session.value) else USUAL


def give_pass(request: HttpRequest, response: HttpResponseBase) -> None:
    """Lets the browser of who is signed in send a large file to this path, for a day."""
    key = request.session.session_key
    if key:
        response.set_cookie(
            PASS,
            _signer.sign(_digest(key)),
            max_age=PASS_LASTS,
            path=request.path,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Strict",
        )


def mark(token: str) -> str:
    """The end of a token, by which it is known as one of ours without asking the database."""
    digest = salted_hmac("dashboard.pages.bodies.token", token, algorithm="sha256").digest()
    return urlsafe_b64encode(digest[:6]).decode()


def _is_ours(authorization: str) -> bool:
    match = TOKEN.fullmatch(authorization.strip())
    return match is not None and constant_time_compare(match[2], mark(match[1]))


def _is_valid(value: str, session_key: str) -> bool:
    try:
        return _signer.unsign(value, max_age=PASS_LASTS) == _digest(session_key)
    except signing.BadSignature:
        return False


def _digest(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]
