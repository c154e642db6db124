"""Select by ids: a dialog beside the list, or without JavaScript a page of its own."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.pages import bodies
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import naming, selecting
from dashboard.register.listing import Address
from dashboard.register.models import Selection
from dashboard.register.selecting import BadSelection, Ticks
from dashboard.register.views.links import selection_before, url
from dashboard.register.views.listing import refused
from dashboard.register.views.now import fragments

SHOWN_AGAIN = 100_000
"""Characters of what was pasted. On a page each may be six."""
TOO_LARGE = "These ids are larger than 2.5 MB. Save them as a file and choose it instead."
BOTH = "There is a file and there are pasted ids. Keep one of them."


# Who checks the CSRF token reads the whole body, so that comes last: after sign-in and permission.
@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt
@permission_required(DELETE_TASKS)
def task_ids(request: SignedInRequest) -> HttpResponse:
    try:
        address = Address.from_query(request.GET)
        if not address.selection and request.method != "POST":
            address = address.with_selection(selection_before(request))
    except BadFilter as bad:
        return refused(request, str(bad), status=400)
    if request.method != "POST":
        response = _page(request, address)
        bodies.give_pass(request, response)
        return response
    try:
        request.POST  # noqa: B018
    except RequestDataTooBig:
        return _page(request, address, error=TOO_LARGE, status=413)
    return _selected(request, address)


@csrf_protect
def _selected(request: SignedInRequest, address: Address) -> HttpResponse:
    text, upload = request.POST.get("ids", ""), request.FILES.get("file")
    try:
        ticks = Ticks.from_post(request.POST)
        if upload and text.strip():
            raise BadSelection(BOTH)
        selection, told = _taken(request, address, ticks)
        read = upload.read().decode("utf-8-sig", "replace") if upload else text
        selection, named = naming.select(read, user=request.user, selection=selection, before=ticks)
    except BadSelection as bad:
        return _page(request, address, error=str(bad), ids=text, status=422)
    address = address.showing(selection)
    response = _page(request, address, named=named, error=told)
    if request.htmx:
        # The dialog closes where nothing is to be told but the number, which the toolbar says.
        if named.is_clean and not told:
            response = HttpResponse(headers={"HX-Reswap": "none", "HX-Trigger": "ids-selected"})
        now = fragments(request, address, ticks.shown, selection)
        response.content += now.content
        response["HX-Replace-Url"] = now["HX-Replace-Url"]
    return response


def _taken(request: SignedInRequest, address: Address, ticks: Ticks) -> tuple[Selection | None, str]:
    if ticks.selection is None and not ticks.ticked:
        # A page of its own has no ticks: the address says what is selected.
        return selecting.found(address.selection, user=request.user), ""
    return selecting.take(ticks, user=request.user, filter=address.filter)


def _page(
    request: SignedInRequest,
    address: Address,
    *,
    named: naming.Named | None = None,
    error: str = "",
    ids: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "ids_url": f"{reverse('task-ids')}?{address.query_string()}",
        "back_url": url(address),
        "named": named,
        "error": error,
        "ids": ids if len(ids) <= SHOWN_AGAIN else "",
    }
    template = "register/_ids_dialog.html" if request.htmx else "register/task_ids.html"
    return render(request, template, context, status=status)
