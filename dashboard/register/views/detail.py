from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest, client_address
from dashboard.pages.refusals import refused
from dashboard.register import looking, starring
from dashboard.register.models import Star, TrackedTask
from dashboard.register.selecting import BadSelection, row_numbers


@require_safe
def task_detail(request: HttpRequest, kind: str, task_id: str = "") -> HttpResponse:
    task_id = task_id or request.GET.get("id", "")
    # PostgreSQL raises an error for a NUL even in a comparison.
    task = None if "\0" in kind + task_id else TrackedTask.objects.filter(kind=kind, task_id=task_id).first()
    if task is None:
        raise Http404
    star = Star.objects.filter(task=task).first()
    return render(request, "register/task_detail.html", {"task": task, "star": star})


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
