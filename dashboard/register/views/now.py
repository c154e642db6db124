"""The parts of a page around its rows, updated after each tick and when the page asks."""

from __future__ import annotations

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.seen import SEEN, marked, unless_seen
from dashboard.register import listing, selecting
from dashboard.register.counting import count
from dashboard.register.listing import Address
from dashboard.register.models import Selection
from dashboard.register.selecting import BadSelection, row_numbers
from dashboard.register.views.links import url
from dashboard.register.views.listing import list_context, refused

STARRING = {"star", "unstar"}


@require_safe
def task_list_now(request: SignedInRequest) -> HttpResponse:
    """Updates a page whose request was refused or lost, or that was hidden. It changes no data."""
    query = request.GET.copy()
    shown = query.pop("shown", [""])[-1]
    query.pop("seen", None)
    try:
        address = Address.from_query(query)
        numbers = row_numbers([number for number in shown.split(",") if number])
    except BadFilter as bad:
        return refused(request, str(bad), status=400)
    except BadSelection as bad:
        return refused(request, str(bad), status=422)
    selection = selecting.found(address.selection, user=request.user)
    # Forgotten: nothing is selected, and whoever ticks begins a new one.
    address = address.showing(selection)
    response = unless_seen(request, _rendered(request, address, numbers, selection))
    if response.content:
        response["HX-Replace-Url"] = _page_url(address, selection)
    return response


def fragments(
    request: SignedInRequest, address: Address, shown: list[int], selection: Selection | None, *, notice: str = ""
) -> HttpResponse:
    """Toolbar, pager, total and the cells of these rows, all out of band; the table with its boxes is not replaced."""
    content, _ = marked(_rendered(request, address, shown, selection, notice=notice))
    return HttpResponse(content, headers={"HX-Replace-Url": _page_url(address, selection)})


def _page_url(address: Address, selection: Selection | None) -> str:
    return url(address.with_selection(selection.uuid if selection else None))


def _rendered(
    request: SignedInRequest, address: Address, shown: list[int], selection: Selection | None, *, notice: str = ""
) -> str:
    page = listing.around(address, shown, selection=selection)
    context = list_context(request, address, page, selection, count=count(address.filter))
    changed = any(request.POST.get(name) for name in ("star", "unstar")) or request.POST.get("action") in STARRING
    told = {"notice": notice, "oob": True, "seen": SEEN, "stars_changed": changed}
    return render_to_string("register/_now.html", {**context, **told}, request)
