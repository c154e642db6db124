"""What a person has beside the pages. A page takes no query for it: it shows what this process saw last, and asks for
what is true now, and for the numbers, when it is there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib.auth.models import User
from django.core.cache import cache

from dashboard.register import saved_views
from dashboard.register.saved_views import counts

KEPT_FOR, NOTHING_KEPT_FOR = 3600, 60
"""Seconds. That there is nothing is believed for a shorter time, since a page does not ask again then."""


@dataclass(frozen=True, kw_only=True)
class Link:
    uuid: str
    name: str
    url: str
    number: str = ""


def seen(person: User) -> list[Link] | None:
    """None if this process has not looked lately."""
    links: list[Link] | None = cache.get(_key(person))
    return links


def look(person: User) -> list[Link]:
    """As it is now, with numbers."""
    views = saved_views.starred(person)
    links = [Link(uuid=str(view.uuid), name=view.name, url=view.get_absolute_url()) for view in views]
    cache.set(_key(person), links, KEPT_FOR if links else NOTHING_KEPT_FOR)
    return [replace(link, number=counts.in_words(view)) for link, view in zip(links, views, strict=True)]


def forget(person: User) -> None:
    """They changed it: the next page asks."""
    cache.delete(_key(person))


def _key(person: User) -> str:
    return f"rail-{person.pk}"
