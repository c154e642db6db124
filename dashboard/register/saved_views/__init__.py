"""Filters of the list under a name, for oneself or for everybody. Docs: `docs/views.md`."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import BooleanField, Exists, OuterRef, QuerySet
from django.http import QueryDict

from dashboard.database.folding import fold
from dashboard.register.filters.filter import Filter
from dashboard.register.listing import Address
from dashboard.register.models import SavedView, StarredView

MOST_STARRED = 10
"""In one person's rail: each is counted."""


def visible(person: User) -> QuerySet[SavedView]:
    """Their own and those that are shared, in the order of their names; `is_starred` tells what is in the rail."""
    star = StarredView.objects.filter(view=OuterRef("pk"), user=person)
    views = SavedView.objects.visible_to(person).select_related("owner")
    return views.annotate(is_starred=Exists(star, output_field=BooleanField())).order_by("folded", "pk")


def starred(person: User) -> list[SavedView]:
    """What a person has in their rail."""
    views = SavedView.objects.visible_to(person).filter(stars__user=person)
    return list(views.order_by("stars__starred_at", "pk")[:MOST_STARRED])


def named(name: str, *, person: User) -> SavedView | None:
    """Their own view of that name, or else the shared one."""
    views = SavedView.objects.visible_to(person).filter(folded=fold(name.strip()))
    return min(views, key=lambda view: view.owner_id != person.pk, default=None)


def address_of(view: SavedView) -> Address:
    """The list as it shows it. Raises `BadFilter` where another version, with other filters, wrote it."""
    return Address.from_query(QueryDict(view.query))


def filter_of(view: SavedView) -> Filter:
    """Raises `BadFilter`."""
    return address_of(view).filter
