"""Slows down whoever guesses passwords: an attempt is counted before it is made, so that many at once are many.

Names are kept as hashes only, since people type passwords there.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from dashboard.access.models import SignInAttempt

WINDOW = timedelta(minutes=15)
PER_NAME = 10
"""Failures at one name from one network."""
PER_NETWORK = 100
"""Failures from one network, whatever the names."""
PER_NAME_ANYWHERE = 100
"""Failures at one name from all networks together, but for those that its owner came from before."""
KNOWN_FOR = timedelta(days=30)
TOO_MANY = "Too many sign-ins failed. Wait 15 minutes, then try again."


def reserve(*, username: str, address: str) -> SignInAttempt | None:
    """Counts an attempt that is about to be made: a failure until `succeeded`. None when it may not be made.

    It is written before it is counted: of any number at once, no more than are allowed see few enough.
    """
    now = timezone.now()
    attempts = SignInAttempt.objects
    attempts.filter(Q(succeeded=False, at__lt=now - WINDOW) | Q(at__lt=now - KNOWN_FOR)).delete()
    attempt = attempts.create(name=_name(username), network=network(address), at=now)
    failed = attempts.filter(succeeded=False, at__gte=now - WINDOW)
    here = failed.filter(network=attempt.network)
    of_name = failed.filter(name=attempt.name)
    is_known = attempts.filter(succeeded=True, name=attempt.name, network=attempt.network).exists()
    if (
        here.filter(name=attempt.name).count() > PER_NAME
        or here.count() > PER_NETWORK
        or (of_name.count() > PER_NAME_ANYWHERE and not is_known)
    ):
        attempt.delete()
        return None
    return attempt


def succeeded(attempt: SignInAttempt) -> None:
    """It was no guess; its network is known for its name now."""
    same = SignInAttempt.objects.filter(name=attempt.name, network=attempt.network, succeeded=True)
    same.exclude(pk=attempt.pk).delete()
    SignInAttempt.objects.filter(pk=attempt.pk).update(succeeded=True)


def forget(username: str) -> None:
    """All that was tried under a name, and from where."""
    SignInAttempt.objects.filter(name=_name(username)).delete()


def network(address: str) -> str:
    """What one household has: an IPv4 address, or the /64 of an IPv6 address. Empty when none is known."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((parsed, 64), strict=False))
        parsed = parsed.ipv4_mapped
    return str(parsed)


def _name(username: str) -> str:
    return salted_hmac("dashboard.access.throttle", username).hexdigest()
