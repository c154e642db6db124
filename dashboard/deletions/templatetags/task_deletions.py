from __future__ import annotations

from urllib.parse import urlencode

from django import template
from django.urls import reverse

from dashboard.deletions.history import listing
from dashboard.register.models import TrackedTask

register = template.Library()


@register.inclusion_tag("deletions/_task_deletions.html")
def task_deletions(task: TrackedTask) -> dict[str, object]:
    all_of_them = f"{reverse('deletion-list')}?{urlencode({'task': task.task_id, 'kind': task.kind})}"
    return {"page": listing.of_task(task), "task": task.task_id, "all_url": all_of_them}
