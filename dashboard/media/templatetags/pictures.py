"""Pictures in rows, in cards and on a task's page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from dashboard.media import drawing, showing
from dashboard.media.showing import Shown
from dashboard.register.models import TrackedTask

register = template.Library()


@register.simple_tag
def pictures_of(tasks: Iterable[TrackedTask]) -> dict[int, Shown]:
    """What there is to see of each, by its number: one query."""
    return showing.of_tasks(tasks)


@register.simple_tag
def thumbs_of(tasks: Iterable[Any], *, by: str = "") -> dict[int, SafeString]:
    """Small boxes for tasks, or for rows whose attribute `by` is a task: one query."""
    rows = {task.pk: task for task in (getattr(row, by) if by else row for row in tasks)}
    return {pk: drawing.thumb(rows[pk], one) for pk, one in showing.of_tasks(rows.values()).items()}


@register.filter
def of(drawn: Mapping[int, object], pk: int) -> object:
    """`{{ thumbs|of:task.pk }}`"""
    return drawn.get(pk, "")


@register.simple_tag
def poll_for(shown: Mapping[int, Shown], *, look: str = "") -> SafeString:
    """Asks for those that are yet to come. It stands outside of what holds checkboxes."""
    return drawing.poll([pk for pk, one in shown.items() if one.is_coming], tries=0, look=look)


@register.inclusion_tag("media/_stage_poll.html")
def stage_poll(task: TrackedTask, shown: Shown, *, tries: int = 0) -> dict[str, Any]:
    """Asks for the picture of the viewer's stage, which is swapped in when it comes."""
    goes_on = drawing.goes_on(shown.is_coming, tries=tries)
    return {"task": task, "tries": tries, "delay": drawing.delay(tries), "goes_on": goes_on}


@register.simple_tag
def thumbs(tasks: Iterable[TrackedTask], shown: Mapping[int, Shown], *, is_alone: bool = True) -> dict[int, SafeString]:
    """The boxes of a table, which are swapped in place as pictures come."""
    return {task.pk: drawing.thumb(task, shown[task.pk], named=is_alone) for task in tasks}


@register.simple_tag
def reason_icon(shown: Shown, kind: str, size: int = 16) -> SafeString:
    return drawing.placeholder(shown.reason, kind, size)


@register.inclusion_tag("media/_panel.html", takes_context=True)
def task_pictures(context: dict[str, Any], task: TrackedTask) -> dict[str, Any]:
    """All pictures of a task, on its page."""
    names = ("perms", "request", "user", "csrf_token")
    return {**drawing.panel(task, tries=0), **{name: context[name] for name in names if name in context}}
