"""Limits password guessing. An attempt is counted before the password is checked, so parallel guesses count too.

Names are stored as hashes only, since people type passwords into that field by mistake.
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
"""Failures allowed for one name from one network in `WINDOW`."""
PER_NETWORK = 100
"""Failures allowed from one network, for all names together."""
PER_NAME_ANYWHERE = 100
"""Failures allowed for one name from all networks. A network where this name signed in before is exempt."""
SECOND_ANYWHERE = 20
"""The same for second factors, which are six digits: whoever guesses them has the password already."""
KNOWN_FOR = timedelta(days=30)
TOO_MANY = "Too many sign-ins failed. Wait 15 minutes, then try again."


def reserve(*, username: str, address: str, second: bool = False) -> SignInAttempt | None:
    """Counts an attempt before it is made, as a failure until `succeeded` is called. None if the limit is reached.
    Those of the `second` factor are counted apart from those of the password.

    The row is written before rows are counted, so that parallel attempts see each other and can't pass the limit.
    """
    now = timezone.now()
    attempts = SignInAttempt.objects
    attempts.filter(Q(succeeded=False, at__lt=now - WINDOW) | Q(at__lt=now - KNOWN_FOR)).delete()
    attempt = attempts.create(name=_name(username, second), network=network(address), at=now)
    failed = attempts.filter(succeeded=False, at__gte=now - WINDOW)
    here = failed.filter(network=attempt.network)
    of_name = failed.filter(name=attempt.name)
    is_known = attempts.filter(succeeded=True, name=attempt.name, network=attempt.network).exists()
    if (
        here.filter(name=attempt.name).count() > PER_NAME
        or here.count() > PER_NETWORK
        or (of_name.count() > (SECOND_ANYWHERE if second else PER_NAME_ANYWHERE) and not is_known)
    ):
        attempt.delete()
        return None
    return attempt


def succeeded(attempt: SignInAttempt) -> None:
    """Marks an attempt as a success, which makes its network known for its name."""
    same = SignInAttempt.objects.filter(name=attempt.name, network=attempt.network, succeeded=True)
    same.exclude(pk=attempt.pk).delete()
    SignInAttempt.objects.filter(pk=attempt.pk).update(succeeded=True)


def forget(username: str) -> None:
    SignInAttempt.objects.filter(name__in=[_name(username), _name(username, True)]).delete()


def network(address: str) -> str:
    """The network of one household: an IPv4 address, or the /64 of an IPv6 address. Empty if the address is unknown."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((parsed, 64), strict=False))
        parsed = parsed.ipv4_mapped
    return str(parsed)


def _name(username: str, second: bool = False) -> str:
    return salted_hmac("dashboard.access.throttle" + ".second" * second, username).hexdigest()
