from __future__ import annotations

import json
from contextlib import suppress

from django.http import HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.inventory import listing, selecting
from dashboard.inventory.counting import count
from dashboard.inventory.filters import BadFilter
from dashboard.inventory.listing import Address, Page
from dashboard.inventory.models import Selection
from dashboard.inventory.selecting import BadSelection, RegisterBusy, Ticks
from dashboard.inventory.views.listing import list_context, other_order, refused, url

ACTIONS = {"update", "all", "clear", "newer", "older", "sort"}


@require_POST
@permission_required(DELETE_TASKS)
def task_selection(request: SignedInRequest) -> HttpResponse:
    action = request.POST.get("action", "")
    try:
        if action not in ACTIONS:
            raise BadFilter("This page asks for something unknown. Reload it and try again.")
        address = Address.from_query(request.GET)
        ticks = Ticks.from_post(request.POST)
        selection = _act(request, action, address, ticks)
    except BadFilter as bad:
        return refused(request, str(bad), status=400)
    except BadSelection as bad:
        return refused(request, str(bad), status=422)
    except RegisterBusy as busy:
        return refused(request, str(busy), status=409)
    address = address.with_selection(selection.uuid if selection else None)
    page = listing.around(address, ticks.shown)
    if action == "sort":
        return _see_other(request, address.sorted_by(other_order(address)))
    if action in {"newer", "older"}:
        address = address.with_cursor((page.newer if action == "newer" else page.older) or address.cursor)
        return _see_other(request, address)
    return _fragments(request, address, page, selection) if request.htmx else _see_other(request, address)


def _act(request: SignedInRequest, action: str, address: Address, ticks: Ticks) -> Selection | None:
    if action == "clear":
        # One that is gone already is as clear as can be.
        with suppress(BadSelection):
            selecting.clear(selecting.find(ticks.selection, user=request.user))
        return None
    selection = selecting.find(ticks.selection, user=request.user)
    if action == "all":
        return selecting.select_all(user=request.user, filter=address.filter)
    selection = selecting.tick(
        selection=selection, user=request.user, filter=address.filter, shown=ticks.shown, ticked=ticks.ticked
    )
    if selecting.summary(selection).count:
        return selection
    selecting.clear(selection)
    return None


def _see_other(request: SignedInRequest, address: Address) -> HttpResponse:
    if request.htmx:
        place = {"target": "#main", "select": "#main", "swap": "outerHTML show:window:top"}
        return HttpResponse(headers={"HX-Location": json.dumps({"path": url(address), **place})})
    return HttpResponseRedirect(url(address), status=303)


def _fragments(request: SignedInRequest, address: Address, page: Page, selection: Selection | None) -> HttpResponse:
    """The toolbar, and the pager out of band; the table with its boxes stays untouched."""
    context = {**list_context(address, page, selection, count=count(address.filter)), "oob": True}
    content = "".join(
        render_to_string(template, context, request)
        for template in ("inventory/_toolbar.html", "inventory/_pager.html")
    )
    return HttpResponse(content, headers={"HX-Replace-Url": url(address)})
