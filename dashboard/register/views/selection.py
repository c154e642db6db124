from __future__ import annotations

import json
from contextlib import suppress

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import listing, selecting
from dashboard.register.listing import Address
from dashboard.register.models import Selection
from dashboard.register.selecting import BadSelection, RegisterBusy, Ticks
from dashboard.register.views.listing import other_order, refused, url
from dashboard.register.views.now import fragments

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
        selection, told = _act(request, action, address, ticks)
    except BadFilter as bad:
        return refused(request, str(bad), status=400)
    except BadSelection as bad:
        return refused(request, str(bad), status=422)
    except RegisterBusy as busy:
        return refused(request, str(busy), status=409)
    address = address.with_selection(selection.uuid if selection else None)
    if action == "sort":
        return _see_other(request, address.sorted_by(other_order(address)), told)
    if action in {"newer", "older"}:
        page = listing.around(address, ticks.shown)
        address = address.with_cursor((page.newer if action == "newer" else page.older) or address.cursor)
        return _see_other(request, address, told)
    if request.htmx:
        return fragments(request, address, ticks.shown, selection, notice=told)
    return _see_other(request, address, told)


def _act(request: SignedInRequest, action: str, address: Address, ticks: Ticks) -> tuple[Selection | None, str]:
    """The selection after an action, and a sentence for the person if needed."""
    if action == "clear":
        # It is gone already, which is what was wanted.
        with suppress(BadSelection):
            selecting.clear(selecting.find(ticks.selection, user=request.user))
        return None, ""
    if action == "all":
        return selecting.select_all(user=request.user, filter=address.filter), ""
    selection, told = selecting.take(ticks, user=request.user, filter=address.filter)
    if not selecting.is_empty(selection):
        return selection, told
    selecting.clear(selection)
    return None, told


def _see_other(request: SignedInRequest, address: Address, told: str) -> HttpResponse:
    if told:
        messages.warning(request, told)
    if request.htmx:
        place = {"target": "#main", "select": "#main", "swap": "outerHTML show:window:top"}
        return HttpResponse(headers={"HX-Location": json.dumps({"path": url(address), **place})})
    return HttpResponseRedirect(url(address), status=303)
