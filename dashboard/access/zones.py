"""A person's time zone. Requests have it as Django's current zone; a job reads it with `zone_of`."""

from __future__ import annotations

from contextlib import suppress
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from dashboard.access.models import Profile


def zone_of(person: User | AnonymousUser) -> ZoneInfo:
    """The zone that the person chose, or `TIME_ZONE`."""
    profile: Profile | None = getattr(person, "profile", None)
    if profile is not None and profile.time_zone:
        # The row may name a zone that this machine does not know.
        with suppress(ZoneInfoNotFoundError, ValueError):
            return ZoneInfo(profile.time_zone)
    return ZoneInfo(timezone.get_default_timezone_name())
