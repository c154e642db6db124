"""What people do with their views. What everybody sees is in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F

from dashboard.access.permissions import MANAGE_PEOPLE
from dashboard.audit import chain
from dashboard.database.folding import fold
from dashboard.pages.foreign import is_blank, quoted
from dashboard.register import saved_views
from dashboard.register.holding.asking import By, Invalid, Refused
from dashboard.register.models import SavedView, StarredView
from dashboard.register.models.saved_views import LONGEST_NAME

SHARED, UNSHARED, CHANGED, DELETED = "view.shared", "view.unshared", "view.changed", "view.deleted"
MOST = 200
"""Views of one person."""
NOT_YOURS = "Only its owner can change this view. Save it as a new view of yours."


def save(*, query: str, name: str, shared: bool, by: By, now: datetime) -> SavedView:
    """A new view, in its owner's rail if there is room. Raises `Invalid`."""
    said = _checked(name, by.user)
    if SavedView.objects.filter(owner=by.user).count() >= MOST:
        raise Invalid({"": f"You have {MOST} views. Delete one that you don't use."})
    about = {"owner": by.user, "shared": shared, "query": query, "changed_at": now}
    with _taken_is_told(said):
        view = SavedView.objects.create(name=said, folded=fold(said), **about)
        if StarredView.objects.filter(user=by.user).count() < saved_views.MOST_STARRED:
            StarredView.objects.create(user=by.user, view=view, starred_at=now)
        if shared:
            _record(SHARED, view, by)
    return view


def rename(*, view: SavedView, name: str, shared: bool, by: By, now: datetime) -> None:
    """Another name, for oneself or for everybody. Raises `Invalid` and `Refused`."""
    said = _checked(name, by.user, besides=view)
    with _taken_is_told(said):
        before = _locked(view, by)
        SavedView.objects.filter(pk=view.pk).update(name=said, folded=fold(said), shared=shared, changed_at=now)
        view.refresh_from_db()
        if not shared:
            StarredView.objects.filter(view=view).exclude(user=F("view__owner")).delete()
        if shared or before.shared:
            action = CHANGED if shared and before.shared else SHARED if shared else UNSHARED
            _record(action, view, by)


@transaction.atomic
def update(*, view: SavedView, query: str, by: By, now: datetime) -> None:
    """It shows what the list shows now. Raises `Refused`."""
    before = _locked(view, by)
    SavedView.objects.filter(pk=view.pk).update(query=query, changed_at=now)
    view.refresh_from_db()
    if before.shared:
        _record(CHANGED, view, by, filter_before=before.query)


@transaction.atomic
def delete(*, view: SavedView, by: By) -> None:
    """Raises `Refused`."""
    before = _locked(view, by)
    if before.shared:
        _record(DELETED, before, by)
    before.delete()


@transaction.atomic
def star(*, view: SavedView, user: User, now: datetime) -> None:
    """Raises `Refused`."""
    if StarredView.objects.filter(user=user).exclude(view=view).count() >= saved_views.MOST_STARRED:
        raise Refused(f"There are {saved_views.MOST_STARRED} views beside your pages. Take one away first.")
    StarredView.objects.get_or_create(user=user, view=view, defaults={"starred_at": now})


def unstar(*, view: SavedView, user: User) -> None:
    StarredView.objects.filter(user=user, view=view).delete()


def may_change(view: SavedView, user: User) -> bool:
    """Its owner; where it has none, an administrator."""
    return view.owner_id == user.pk or (view.owner_id is None and view.shared and user.has_perm(MANAGE_PEOPLE))


def _locked(view: SavedView, by: By) -> SavedView:
    row: SavedView | None = SavedView.objects.select_for_update().filter(pk=view.pk).first()
    if row is None:
        raise Refused("This view was deleted meanwhile.")
    if not may_change(row, by.user):
        raise Refused(NOT_YOURS)
    return row


def _checked(name: str, user: User, *, besides: SavedView | None = None) -> str:
    """The name as it is kept. Raises `Invalid`."""
    said = " ".join(name.split())
    if is_blank(said) or "\0" in said:
        raise Invalid({"name": "Give the view a name."})
    if len(said) > LONGEST_NAME:
        raise Invalid({"name": f"The name has {len(said):,} characters. Use at most {LONGEST_NAME}."})
    others = SavedView.objects.visible_to(user).filter(folded=fold(said))
    if (others.exclude(pk=besides.pk) if besides else others).exists():
        raise Invalid({"name": _taken(said)})
    return said


@contextmanager
def _taken_is_told(name: str) -> Iterator[None]:
    """Somebody may take the name at this moment, and a view that is shared may meet another that was not visible."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise Invalid({"name": _taken(name)}) from error


def _taken(name: str) -> str:
    return f"There is a view called {quoted(name)} already. Choose another name."


def _record(action: str, view: SavedView, by: By, **detail: object) -> None:
    # Without its name, in which somebody may be named: the log can't forget that.
    told = {"filter": view.query, **detail}
    chain.append(actor=by.name, address=by.address, action=action, subject=str(view.uuid), detail=told)
