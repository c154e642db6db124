"""Saved views: their page, Save view, and what is pressed about one. Opened, a view is the list itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.refusals import refused
from dashboard.register import saved_views
from dashboard.register.holding.asking import Invalid, Refused
from dashboard.register.listing import Address
from dashboard.register.looks import Looks
from dashboard.register.models import SavedView
from dashboard.register.saved_views import keeping, rail
from dashboard.register.views.frozen import by


@require_safe
def view_list(request: SignedInRequest) -> HttpResponse:
    rail.look(request.user)
    rows = [
        {"view": view, **_told(view), "may_change": keeping.may_change(view, request.user)}
        for view in saved_views.visible(request.user)
    ]
    return render(request, "register/saved_views/view_list.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def view_new(request: SignedInRequest) -> HttpResponse:
    """The address is the list's, whose filter, order and look are kept."""
    try:
        address = Address.from_query(request.GET)
    except BadFilter as bad:
        return refused(request, str(bad), status=400)
    query = _kept(request, address)
    if request.method != "POST":
        return _form(request, address)
    try:
        name, shared = _said(request)
        view = keeping.save(query=query, name=name, shared=shared, by=by(request), now=clock.now())
    except Invalid as invalid:
        return _form(request, address, errors=invalid.errors, status=422)
    return _done(request, f"Saved as “{view.name}”.", to=view.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
def view_detail(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Its name, and who has it."""
    view = _found(request, uuid)
    if not keeping.may_change(view, request.user):
        return refused(request, keeping.NOT_YOURS, status=403)
    if request.method != "POST":
        return _edit(request, view)
    try:
        name, shared = _said(request)
        keeping.rename(view=view, name=name, shared=shared, by=by(request), now=clock.now())
    except Invalid as invalid:
        return _edit(request, view, errors=invalid.errors, status=422)
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return _done(request, f"“{view.name}” is saved.", to=reverse("view-list"))


@require_POST
def view_update(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Save changes: it shows from now on what the list shows, whose address this one has."""
    view = _found(request, uuid)
    try:
        keeping.update(
            view=view, query=_kept(request, Address.from_query(request.GET)), by=by(request), now=clock.now()
        )
    except BadFilter as bad:
        return refused(request, str(bad), status=400)
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return _done(request, f"“{view.name}” is saved.", to=view.get_absolute_url())


@require_POST
def view_delete(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    view = _found(request, uuid)
    try:
        keeping.delete(view=view, by=by(request))
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return _done(request, f"The view “{view.name}” is deleted. Its tasks are as they were.", to=reverse("view-list"))


@require_POST
def view_star(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Puts it beside the pages of this person, or takes it away from there."""
    view = _found(request, uuid)
    try:
        if request.POST.get("star") == "no":
            keeping.unstar(view=view, user=request.user)
        else:
            keeping.star(view=view, user=request.user, now=clock.now())
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    rail.forget(request.user)
    return HttpResponseRedirect(reverse("view-list"), status=303)


@require_safe
def view_rail(request: SignedInRequest) -> HttpResponse:
    """What stands beside the pages, with its numbers, for a page that did not wait for it."""
    if not request.htmx:
        return HttpResponseRedirect(reverse("view-list"))
    shown = urlsplit(request.htmx.current_url or "")
    context = {"links": rail.look(request.user), "open": QueryDict(shown.query).get("saved", "")}
    return render(request, "register/saved_views/_rail.html", context)


def _found(request: SignedInRequest, uuid: UUID) -> SavedView:
    return get_object_or_404(SavedView.objects.visible_to(request.user).select_related("owner"), uuid=uuid)


def _kept(request: SignedInRequest, address: Address) -> str:
    return address.kept(look=Looks.of(request.user).view)


def _said(request: SignedInRequest) -> tuple[str, bool]:
    """The name, and whether it is for everybody."""
    return request.POST.get("name", ""), bool(request.POST.get("shared"))


def _told(view: SavedView) -> dict[str, object]:
    try:
        return {"words": saved_views.filter_of(view).words}
    except BadFilter as bad:
        return {"words": view.query, "unread": str(bad)}


def _form(
    request: SignedInRequest, address: Address, *, errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "words": address.filter.words,
        "action": request.get_full_path(),
        "back_url": f"{reverse('task-list')}?{address.query_string()}",
    }
    return _render(request, "view_new", context, ("", False), errors=errors, status=status)


def _edit(
    request: SignedInRequest, view: SavedView, *, errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    context = {"view": view, "action": request.path, "back_url": reverse("view-list"), **_told(view)}
    return _render(request, "view_detail", context, (view.name, view.shared), errors=errors, status=status)


def _render(
    request: SignedInRequest,
    page: str,
    context: dict[str, Any],
    before: tuple[str, bool],
    *,
    errors: dict[str, str] | None,
    status: int,
) -> HttpResponse:
    name, shared = _said(request) if errors else before
    told = {"errors": errors or {}, "error": (errors or {}).get("", ""), "name": name, "shared": shared}
    return render(request, f"register/saved_views/{page}.html", {**context, **told}, status=status)


def _done(request: SignedInRequest, sentence: str, *, to: str) -> HttpResponse:
    rail.forget(request.user)
    messages.success(request, sentence)
    return HttpResponseRedirect(to, status=303)
