from __future__ import annotations

from typing import Any

from django import template

from dashboard.deletions.models import Forgetting
from dashboard.register.models import ForgottenTask, TrackedTask

register = template.Library()


@register.inclusion_tag("deletions/_forget_task.html", takes_context=True)
def forget_task(context: dict[str, Any], task: TrackedTask) -> dict[str, Any]:
    """On a task's page."""
    marks = ForgottenTask.objects.filter(task=task).values("forgetting")
    return {
        "task": task,
        "forgettings": Forgetting.objects.filter(uuid__in=marks).order_by("-pk"),
        "perms": context["perms"],
        "csrf_token": context.get("csrf_token"),
    }
