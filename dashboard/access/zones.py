"""In which time zone a person reads. Pages have it as Django's current one; a job asks for its person's."""

from __future__ import annotations

from contextlib import suppress
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from dashboard.access.models import Profile


def zone_of(person: User | AnonymousUser) -> ZoneInfo:
    """What they chose, or `TIME_ZONE`."""
    profile: Profile | None = getattr(person, "profile", None)
    if profile is not None and profile.time_zone:
        # Another machine may know fewer zones.
        with suppress(ZoneInfoNotFoundError, ValueError):
            return ZoneInfo(profile.time_zone)
    return ZoneInfo(timezone.get_default_timezone_name())
