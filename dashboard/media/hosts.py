"""From which hosts pictures are fetched: those of `MEDIA_HOSTS`, what administrators allowed, and the sandbox's own."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from dashboard.audit import chain
from dashboard.media.addresses import Unfit, place
from dashboard.media.models import AllowedHost, Round

NAME = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[0-9]{1,5})?", re.ASCII)


def own() -> str:
    """The sandbox's media host, such as `127.0.0.1:8002`; empty where no sandbox stands in."""
    return urlsplit(settings.SANDBOX_MEDIA_URL).netloc


def name_of(url: str) -> str:
    """As people allow it; empty for an address that can't be fetched."""
    try:
        return place(url).name
    except Unfit:
        return ""


def clicked() -> set[str]:
    """What administrators allowed."""
    return set(AllowedHost.objects.values_list("name", flat=True))


def is_allowed(name: str, clicked: Collection[str]) -> bool:
    if not name:
        return False
    return name == own() or name in clicked or any(_covers(entry, name) for entry in settings.MEDIA_HOSTS)


def any_allowed() -> bool:
    return bool(own() or settings.MEDIA_HOSTS) or AllowedHost.objects.exists()


def _covers(entry: str, name: str) -> bool:
    return name.endswith(entry[1:]) if entry.startswith("*.") else name == entry


def allow(name: str, *, by: User, address: str) -> bool:
    """Shows pictures from this host from now on. False when it was allowed already, or is no host."""
    if not NAME.fullmatch(name) or is_allowed(name, clicked()):
        return False
    who = by.get_username()
    with transaction.atomic():
        made = AllowedHost.objects.get_or_create(name=name, defaults={"allowed_by": who, "allowed_at": timezone.now()})[
            1
        ]
        if made:
            # What the walk passed by may be at this host.
            Round.objects.filter(pk=1).update(newest=None, oldest=None, walked_at=None)
            chain.append(actor=who, address=address, action="media.host_allowed", subject=name)
    return made


def disallow(name: str, *, by: User, address: str) -> bool:
    """Nothing is fetched from it any more; what was fetched stays."""
    with transaction.atomic():
        gone = bool(AllowedHost.objects.filter(name=name).delete()[0])
        if gone:
            chain.append(actor=by.get_username(), address=address, action="media.host_disallowed", subject=name)
    return gone
