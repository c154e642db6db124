from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import selecting
from dashboard.register.facets import MOST_OFFERED, Facet, facets, models
from dashboard.register.listing import Address
from dashboard.register.views.links import facets_url, models_url, selection_before, url
from dashboard.register.views.listing import refused


@require_safe
def task_facets(request: SignedInRequest) -> HttpResponse:
    try:
        address = _address(request)
    except BadFilter as bad:
        return refused(request, str(bad), status=400, wrong=bad.wrong)
    counted = facets(address.filter)
    context = {
        "countable": counted is not None,
        "facets": [_shown(address, facet) for facet in counted or []],
        "models_url": models_url(address),
        "back_url": url(address),
        "in_popover": bool(request.htmx),
        "facets_url": facets_url(address),
        "loaded": True,
    }
    return render(request, "register/_facets.html" if request.htmx else "register/task_facets.html", context)


@require_safe
def task_models(request: SignedInRequest) -> HttpResponse:
    """The models to choose from: in a popover of the list, or without JavaScript on a page of their own."""
    try:
        address = _address(request).with_cursor(None)
    except BadFilter as bad:
        return refused(request, str(bad), status=400, wrong=bad.wrong)
    if not request.htmx:
        # A page of its own leads back to what was selected.
        address = address.with_selection(address.selection or selection_before(request))
    values = models(address.filter)
    kept = address.narrowed_to(address.filter.without("model"))
    context = {
        "values": values,
        "countable": not values or values[0].number is not None,
        "cut": len(values) >= MOST_OFFERED,
        "kept": QueryDict(kept.query_string()).items(),
        "back_url": url(address),
        "in_popover": bool(request.htmx),
    }
    return render(request, "register/_models.html" if request.htmx else "register/task_models.html", context)


def _address(request: SignedInRequest) -> Address:
    address = Address.from_query(request.GET)
    # Only of what is selected, where the list shows that alone.
    return address.showing(selecting.found(address.selection, user=request.user)) if address.selected else address


def _shown(address: Address, facet: Facet) -> dict[str, object]:
    links = [{"value": value, "url": url(address.narrowed_to(value.filter))} for value in facet.values]
    return {"label": facet.label, "links": links, "more": facet.more}
