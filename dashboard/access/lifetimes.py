"""How long a session lasts: until it is idle for too long, too old, or ended from elsewhere."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

IDLE = 12 * 3600
"""Seconds without an action of the person after which a session ends."""
LONGEST = 14 * 86_400
"""Seconds after the sign-in when a session ends, even if it is in use."""
NOTED_EVERY = 600
"""Seconds between two updates of `SEEN_AT`, since each one writes the session to the database."""
SIGNED_IN_AT, SEEN_AT = "signed_in_at", "seen_at"


def begin(request: HttpRequest, *, now: float) -> None:
    """Starts a session's lifetime. `SIGNED_IN_AT` and `SEEN_AT` are seconds since the epoch."""
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = now


def is_over(request: HttpRequest, *, now: float, acts: bool) -> bool:
    """Whether a session was idle for too long, or is too old. Updates `SEEN_AT` at times if the person `acts`."""
    session = request.session
    seen_at, signed_in_at = session[SEEN_AT], session[SIGNED_IN_AT]
    if now - seen_at > IDLE or now - signed_in_at > LONGEST:
        return True
    if acts and now - seen_at > NOTED_EVERY:
        session[SEEN_AT] = now
    return False


def end_all(user_id: int) -> None:
    """Signs a person out everywhere. Sessions have no column for the person, so each one is decoded."""
    person = str(user_id)
    for session in Session.objects.filter(expire_date__gte=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == person:
            session.delete()


def forget_expired() -> None:
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
