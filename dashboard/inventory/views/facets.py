from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.inventory.facets import Value, facets
from dashboard.inventory.filters import BadFilter
from dashboard.inventory.listing import Address
from dashboard.inventory.views.listing import facets_url, refused, url


@require_safe
def task_facets(request: SignedInRequest) -> HttpResponse:
    try:
        address = Address.from_query(request.GET)
    except BadFilter as bad:
        return refused(request, str(bad), status=400)
    counted = facets(address.filter)
    context = {
        "countable": counted is not None,
        "facets": [{"label": facet.label, "links": _links(address, facet.values)} for facet in counted or []],
        "back_url": url(address),
        "facets_url": facets_url(address),
        "loaded": True,
    }
    return render(request, "inventory/_facets.html" if request.htmx else "inventory/task_facets.html", context)


def _links(address: Address, values: list[Value]) -> list[dict[str, object]]:
    return [{"value": value, "url": url(address.narrowed_to(value.filter))} for value in values]
