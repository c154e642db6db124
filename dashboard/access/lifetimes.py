"""How long a session lasts: until it is idle for too long, too old, or ended from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from dashboard.access import browsers
from dashboard.access.models import OpenSession, Profile
from dashboard.access.requests import SignedInRequest, client_address

IDLE = 12 * 3600
"""Seconds without an action of the person after which a session ends."""
LONGEST = 14 * 86_400
"""Seconds after the sign-in when a session ends, even if it is in use."""
NOTED_EVERY = 600
"""Seconds between two updates of `SEEN_AT`, since each one writes the session to the database."""
SIGNED_IN_AT, SEEN_AT, ADDRESS, BROWSER = "signed_in_at", "seen_at", "address", "browser"


def begin(request: HttpRequest, *, now: float) -> None:
    """Starts a session's lifetime. `SIGNED_IN_AT` and `SEEN_AT` are seconds since the epoch."""
    request.session[SIGNED_IN_AT] = now
    _note(request, now=now)


def is_over(request: HttpRequest, *, now: float, acts: bool) -> bool:
    """Whether a session was idle for too long, or is too old. Updates `SEEN_AT` at times if the person `acts`."""
    session = request.session
    seen_at, signed_in_at = session[SEEN_AT], session[SIGNED_IN_AT]
    if now - seen_at > IDLE or now - signed_in_at > LONGEST:
        return True
    if acts and now - seen_at > NOTED_EVERY:
        _note(request, now=now)
    return False


def open_now(*, now: datetime) -> QuerySet[OpenSession]:
    """Sessions that somebody is signed in with. The rows of idle ones go later."""
    alive = {"seen_at__gt": now - timedelta(seconds=IDLE), "signed_in_at__gt": now - timedelta(seconds=LONGEST)}
    return OpenSession.objects.filter(user__isnull=False, expire_date__gt=now, **alive).order_by("-seen_at")


def end_all(user_id: int, *, but: str = "") -> int:
    """Signs a person out everywhere, except in the session whose stored key is `but`. Returns how many were open."""
    theirs = OpenSession.objects.filter(user_id=user_id).exclude(session_key=but)
    number = open_now(now=timezone.now()).filter(pk__in=theirs).count()
    theirs.delete()
    return number


def forget_expired() -> None:
    OpenSession.objects.filter(expire_date__lt=timezone.now()).delete()


def _note(request: HttpRequest, *, now: float) -> None:
    """That the person is there, in the session and, for when it has ended, beside it."""
    session = request.session
    session[SEEN_AT], session[ADDRESS] = now, client_address(request)
    session[BROWSER] = browsers.in_words(request.headers.get("User-Agent", ""))
    person = cast(SignedInRequest, request).user
    Profile.objects.update_or_create(user=person, defaults={"seen_at": datetime.fromtimestamp(now, UTC)})
