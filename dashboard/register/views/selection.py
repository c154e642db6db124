from __future__ import annotations

import json
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest, client_address
from dashboard.calls import clock
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import listing, outside, presses, selecting, starring
from dashboard.register.listing import Address
from dashboard.register.models import Selection
from dashboard.register.refreshing import requests
from dashboard.register.selecting import BadSelection, Ticks, row_numbers
from dashboard.register.starring import TooManyStars
from dashboard.register.views.links import url
from dashboard.register.views.listing import other_order, refused
from dashboard.register.views.now import fragments

UNKNOWN = "This page asks for something unknown. Reload it and try again."
NOTHING = "Nothing is selected. Tick at least one task."
TURNS = {"newer", "older", "sort"}
Chosen = tuple[Selection | None, str]
"""The selection that there is then, and what else has to be told."""


@require_POST
@permission_required(DELETE_TASKS)
def task_selection(request: SignedInRequest) -> HttpResponse:
    action = request.POST.get("action", "")
    try:
        if action not in ACTIONS and action not in TURNS and not _row_of_star(request):
            raise BadFilter(UNKNOWN)
        address = Address.from_query(request.GET)
        address = address.showing(selecting.found(address.selection, user=request.user))
        ticks = Ticks.from_post(request.POST)
        act = ACTIONS.get(action, _star_row if _row_of_star(request) else _update)
        selection, told = act(request, address, ticks)
    except BadFilter as bad:
        return refused(request, str(bad), status=400)
    except (BadSelection, TooManyStars) as bad:
        return refused(request, str(bad), status=422)
    only_selected = address.selected
    address = address.showing(selection)
    if only_selected and not address.selected:
        return _see_other(request, address.with_cursor(None), told)
    if action == "sort":
        return _see_other(request, address.sorted_by(other_order(address)), told)
    if action in {"newer", "older"}:
        page = listing.around(address, ticks.shown)
        address = address.with_cursor((page.newer if action == "newer" else page.older) or address.cursor)
        return _see_other(request, address, told)
    if request.htmx:
        return fragments(request, address, ticks.shown, selection, notice=told)
    return _see_other(request, address, told)


def _update(request: SignedInRequest, address: Address, ticks: Ticks) -> Chosen:
    selection, told = selecting.take(ticks, user=request.user, filter=address.filter)
    if selection:
        outside.carry(selection, address.filter)
    return selection, told


def _all(request: SignedInRequest, address: Address, ticks: Ticks) -> Chosen:
    # What is ticked on this page and was not told yet is part of what is set aside.
    selection, told = _update(request, address, ticks) if ticks.known is not None else (_found(request, ticks), "")
    selection = presses.select_all(
        user=request.user, filter=address.filter, selection=selection, starred=_with_starred(request), before=ticks
    )
    outside.none_beside(selection, address.filter)
    return selection, told


def _add(request: SignedInRequest, address: Address, ticks: Ticks) -> Chosen:
    selection, told = _update(request, address, ticks)
    selection = presses.add_all(
        user=request.user, filter=address.filter, selection=selection, starred=_with_starred(request)
    )
    outside.carry(selection, address.filter)
    return selection, told


def _remove(request: SignedInRequest, address: Address, ticks: Ticks) -> Chosen:
    selection, told = _update(request, address, ticks)
    if selection is None:
        return None, told
    selection = presses.remove_all(filter=address.filter, selection=selection)
    outside.all_beside(selection, address.filter)
    return selection, told


def _invert(request: SignedInRequest, address: Address, ticks: Ticks) -> Chosen:
    selection, told = _update(request, address, ticks)
    selection = presses.invert(user=request.user, shown=ticks.shown, selection=selection)
    outside.carry(selection, address.filter)
    return selection, told


def _clear(request: SignedInRequest, address: Address, ticks: Ticks) -> Chosen:
    # One that is gone already is as clear as can be.
    selection, _ = _update(request, address, ticks) if ticks.known is not None else (_found(request, ticks), "")
    selecting.clear(selection)
    return None, ""


def _restore(request: SignedInRequest, address: Address, ticks: Ticks) -> Chosen:
    selection, told = _update(request, address, ticks)
    return selecting.restore(selection, user=request.user, before=ticks.earlier), told


def _star(request: SignedInRequest, address: Address, ticks: Ticks) -> Chosen:
    selection, told = _update(request, address, ticks)
    if selection is None:
        raise BadSelection(NOTHING)
    starred = request.POST["action"] == "star"
    change = starring.star if starred else starring.unstar
    numbers = starring.of_selection(selection, starred=not starred)
    change(numbers, actor=request.user.get_username(), address=client_address(request))
    return selection, told


def _look_up(request: SignedInRequest, address: Address, ticks: Ticks) -> Chosen:
    selection, told = _update(request, address, ticks)
    if selection is None or not selection.count:
        raise BadSelection(NOTHING)
    try:
        row = requests.request(selection, user=request.user, address=client_address(request), now=clock.now())
    except requests.UnderWay as before:
        # Perhaps of another browser: this one shows it now, too.
        row, told = before.row, str(before)
    except requests.Refused as refusal:
        return selection, str(refusal)
    request.session[requests.SESSION] = str(row.uuid)
    return selection, told


def _star_row(request: SignedInRequest, address: Address, ticks: Ticks) -> Chosen:
    selection, told = _update(request, address, ticks)
    change = starring.star if request.POST.get("star") else starring.unstar
    change(row_numbers([_row_of_star(request)]), actor=request.user.get_username(), address=client_address(request))
    return selection, told


ACTIONS: dict[str, Callable[[SignedInRequest, Address, Ticks], Chosen]] = {
    "update": _update,
    "all": _all,
    "add": _add,
    "remove": _remove,
    "invert": _invert,
    "clear": _clear,
    "restore": _restore,
    "star": _star,
    "unstar": _star,
    "look": _look_up,
}


def _row_of_star(request: SignedInRequest) -> str:
    return request.POST.get("star") or request.POST.get("unstar") or ""


def _found(request: SignedInRequest, ticks: Ticks) -> Selection | None:
    return selecting.found(ticks.selection, user=request.user)


def _with_starred(request: SignedInRequest) -> bool:
    return bool(request.POST.get("include_starred"))


def _see_other(request: SignedInRequest, address: Address, told: str) -> HttpResponse:
    if told:
        messages.warning(request, told)
    if request.htmx:
        place = {"target": "#main", "select": "#main", "swap": "outerHTML show:window:top"}
        return HttpResponse(headers={"HX-Location": json.dumps({"path": url(address), **place})})
    return HttpResponseRedirect(url(address), status=303)
