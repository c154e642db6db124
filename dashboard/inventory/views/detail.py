from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from dashboard.inventory.models import TrackedTask


@require_GET
def task_detail(request: HttpRequest, kind: str, task_id: str) -> HttpResponse:
    # PostgreSQL refuses to even compare with a NUL.
    task = None if "\0" in kind + task_id else TrackedTask.objects.filter(kind=kind, task_id=task_id).first()
    if task is None:
        raise Http404
    context = {
        "task": task,
        "deletions_url": f"{reverse('deletion-list')}?{urlencode({'task': task.task_id, 'kind': task.kind})}",
        "last_deletion_url": reverse("deletion-detail", args=[task.last_deletion]) if task.last_deletion else "",
    }
    return render(request, "inventory/task_detail.html", context)
