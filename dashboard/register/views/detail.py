from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.register.models import TrackedTask


@require_safe
def task_detail(request: HttpRequest, kind: str, task_id: str = "") -> HttpResponse:
    task_id = task_id or request.GET.get("id", "")
    # PostgreSQL raises an error for a NUL even in a comparison.
    task = None if "\0" in kind + task_id else TrackedTask.objects.filter(kind=kind, task_id=task_id).first()
    if task is None:
        raise Http404
    return render(request, "register/task_detail.html", {"task": task})
