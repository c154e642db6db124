"""How long somebody stays signed in: until they are idle for too long, are signed out elsewhere, or it was long ago."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

IDLE = 12 * 3600
"""Seconds after which nobody is taken to sit there any more."""
LONGEST = 14 * 86_400
"""Seconds after a sign-in when another is due, however busy the session was."""
NOTED_EVERY = 600
"""Seconds between two notes that somebody is there: each writes the session."""
SIGNED_IN_AT, SEEN_AT = "signed_in_at", "seen_at"


def begin(request: HttpRequest, *, now: float) -> None:
    """Notes when somebody signed in: seconds since the epoch, as is `SEEN_AT`."""
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = now


def is_over(request: HttpRequest, *, now: float, acts: bool) -> bool:
    """Whether a session has been idle, or gone on, for too long. Notes that somebody `acts`, now and then."""
    session = request.session
    seen_at, signed_in_at = session[SEEN_AT], session[SIGNED_IN_AT]
    if now - seen_at > IDLE or now - signed_in_at > LONGEST:
        return True
    if acts and now - seen_at > NOTED_EVERY:
        session[SEEN_AT] = now
    return False


def end_all(user_id: int) -> None:
    """Signs a person out everywhere. Sessions name nobody from outside, so each is looked into."""
    person = str(user_id)
    for session in Session.objects.filter(expire_date__gte=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == person:
            session.delete()


def forget_expired() -> None:
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
