from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.register.refreshing import requests


@require_safe
@permission_required(DELETE_TASKS)
def task_looking_up(request: SignedInRequest) -> HttpResponse:
    """How far the tasks are looked up that this browser asked for last."""
    if not request.htmx:
        return HttpResponseRedirect(reverse("task-list"))
    row = requests.told(request.session.get(requests.SESSION), now=clock.now())
    return render(request, "register/_looking_up.html", {"row": row})
