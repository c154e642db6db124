from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest, client_address
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.refusals import refused
from dashboard.register import listing, looking, selecting, starring
from dashboard.register.holding import showing
from dashboard.register.listing import Address
from dashboard.register.models import Star, TrackedTask
from dashboard.register.selecting import BadSelection, row_numbers
from dashboard.register.views.links import selection_before
from dashboard.register.views.viewer import list_url, task_url, viewer_url


@require_safe
def task_detail(request: SignedInRequest, kind: str, task_id: str = "") -> HttpResponse:
    task_id = task_id or request.GET.get("id", "")
    # PostgreSQL raises an error for a NUL even in a comparison.
    task = None if "\0" in kind + task_id else TrackedTask.objects.filter(kind=kind, task_id=task_id).first()
    if task is None:
        raise Http404
    star = Star.objects.filter(task=task).first()
    context = {"task": task, "star": star, "held": showing.of_task(task), **_neighbours(request, task)}
    return render(request, "register/task_detail.html", context)


@require_POST
@permission_required(DELETE_TASKS)
def task_star(request: SignedInRequest) -> HttpResponse:
    """From the page of one task."""
    try:
        task = _task(request)
    except BadSelection as bad:
        return refused(request, str(bad), status=422)
    change = starring.star if request.POST.get("starred") == "yes" else starring.unstar
    change([task.pk], actor=request.user.get_username(), address=client_address(request))
    return HttpResponseRedirect(task.get_absolute_url(), status=303)


@require_POST
@permission_required(DELETE_TASKS)
def task_look(request: SignedInRequest) -> HttpResponse:
    """Asks TensorsLab about one task, now."""
    try:
        task = _task(request)
    except BadSelection as bad:
        return refused(request, str(bad), status=422)
    looked = looking.look(task, actor=request.user.get_username())
    messages.add_message(request, messages.SUCCESS if looked.told else messages.WARNING, looked.sentence)
    return HttpResponseRedirect(task.get_absolute_url(), status=303)


def _task(request: SignedInRequest) -> TrackedTask:
    [number] = row_numbers([request.POST.get("task", "")])
    return get_object_or_404(TrackedTask, pk=number)


def _neighbours(request: SignedInRequest, task: TrackedTask) -> dict[str, object]:
    """The tasks beside it in the list that led here, and the way back to that."""
    query = request.GET.copy()
    query.pop("id", None)
    try:
        address = Address.from_query(query)
    except BadFilter:
        # An old link's list can't be walked; the task itself is there all the same.
        return {}
    uuid = address.selection or selection_before(request)
    address = address.showing(selecting.found(uuid, user=request.user))
    before, _, behind = listing.beside(address, task, reach=1)
    previous, following = next(iter(before), None), next(iter(behind), None)
    return {
        "previous_url": task_url(address, previous) if previous else "",
        "next_url": task_url(address, following) if following else "",
        "viewer_url": viewer_url(address, task.pk),
        "list_url": list_url(address, previous),
    }
