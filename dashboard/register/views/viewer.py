"""One task at full size, with its neighbours in the list: within the list's page, or as a page of its own."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest, client_address
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import listing, outside, selecting, starring
from dashboard.register.listing import Address
from dashboard.register.models import Selection, TrackedTask
from dashboard.register.selecting import BadSelection, Ticks
from dashboard.register.starring import TooManyStars
from dashboard.register.views.links import place, selection_before, url
from dashboard.register.views.listing import refused
from dashboard.register.walking import Cursor

REACH = 7
"""Tasks that the filmstrip shows on either side."""
MOST = 2**63 - 1
"""The highest number that a row can have."""


@require_safe
def task_viewer(request: SignedInRequest, number: int) -> HttpResponse:
    try:
        address = Address.from_query(request.GET)
    except BadFilter as bad:
        return refused(request, str(bad), status=400, wrong=bad.wrong)
    task = get_object_or_404(TrackedTask, pk=min(number, MOST))
    if not request.htmx:
        address = address.with_selection(address.selection or selection_before(request))
    context = viewer_context(address, task, selecting.found(address.selection, user=request.user))
    template = "register/_viewer.html" if request.htmx else "register/task_viewer.html"
    return render(request, template, {**context, "in_dialog": bool(request.htmx)})


@require_POST
@permission_required(DELETE_TASKS)
def task_viewer_tick(request: SignedInRequest, number: int) -> HttpResponse:
    """Ticks one task of a list, or takes the tick away, on whatever page of the list it is."""
    try:
        address = Address.from_query(request.GET)
        address = address.showing(selecting.found(address.selection, user=request.user))
        ticks = Ticks.from_post(request.POST)
        if ticks.shown != [number]:
            raise BadSelection("This is another task. Reload the page and select again.")
        selection, told = selecting.take(ticks, user=request.user, filter=address.filter)
    except BadFilter as bad:
        return refused(request, str(bad), status=400)
    except BadSelection as bad:
        return refused(request, str(bad), status=422)
    if selection:
        outside.carry(selection, address.filter)
    address = address.showing(selection)
    if request.htmx:
        # The picture stays, and so does a film where it is: only what is ticked has changed.
        ticked = {"task": number, "selection": str(address.selection or ""), "told": told}
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"viewer-ticked": ticked})})
    if told:
        messages.warning(request, told)
    return HttpResponseRedirect(viewer_url(address, number), status=303)


@require_POST
@permission_required(DELETE_TASKS)
def task_viewer_star(request: SignedInRequest, number: int) -> HttpResponse:
    try:
        address = Address.from_query(request.GET)
    except BadFilter as bad:
        return refused(request, str(bad), status=400)
    task = get_object_or_404(TrackedTask.objects.in_rows(), pk=min(number, MOST))
    change = starring.star if request.POST.get("starred") == "yes" else starring.unstar
    try:
        change([task.pk], actor=request.user.get_username(), address=client_address(request))
    except TooManyStars as many:
        return refused(request, str(many), status=422)
    if not request.htmx:
        return HttpResponseRedirect(viewer_url(address, number), status=303)
    row = TrackedTask.objects.in_rows().get(pk=task.pk)
    context = {"row": row, "star_url": star_url(address, number), "oob": True}
    return render(request, "register/_viewer_star.html", context)


def star_url(address: Address, number: int) -> str:
    return f"{reverse('task-viewer-star', args=[number])}?{place(address)}"


def viewer_url(address: Address, number: int) -> str:
    query = place(address)
    path = reverse("task-viewer", args=[number])
    return f"{path}?{query}" if query else path


def viewer_context(address: Address, task: TrackedTask, selection: Selection | None) -> dict[str, object]:
    address = address.showing(selection)
    before, row, behind = listing.beside(address, task, reach=REACH, selection=selection)
    rows = [*before, row, *behind]
    previous, following = next(reversed(before), None), next(iter(behind), None)
    query = place(address)
    return {
        "task": task,
        "row": row,
        "rows": rows,
        "nearest": [one for one in (following, previous) if one],
        "strip": [
            {"task": one, "url": viewer_url(address, one.pk), "far": abs(at - len(before)) > REACH // 2}
            for at, one in enumerate(rows)
        ],
        "previous_url": viewer_url(address, previous.pk) if previous else "",
        "next_url": viewer_url(address, following.pk) if following else "",
        "list_url": list_url(address, previous),
        "task_url": task_url(address, task),
        "here_url": viewer_url(address, task.pk),
        "tick_url": f"{reverse('task-viewer-tick', args=[task.pk])}?{query}",
        "star_url": star_url(address, task.pk),
        "selection": selection,
    }


def task_url(address: Address, task: TrackedTask) -> str:
    path, query = task.get_absolute_url(), place(address)
    return f"{path}{'&' if '?' in path else '?'}{query}" if query else path


def list_url(address: Address, previous: TrackedTask | None) -> str:
    """The list on a page that begins with the task behind this one."""
    return url(address.with_cursor(Cursor.beside(previous, onward=True) if previous else None))
