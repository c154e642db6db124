"""A task's row, and the cells that other pages show too, defined only here.

In Python, since a page has up to 200 rows and templates take ten times as long. Functions with a leading underscore
return HTML as plain `str`: they pass all values of a task through `escape`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from functools import cache, lru_cache
from html import escape
from types import MappingProxyType

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from dashboard.access.templatetags.icons import icon
from dashboard.calls.models import Kind
from dashboard.calls.texts import cut
from dashboard.pages import foreign, moments
from dashboard.register.models import TOLD, Presence, Status, TrackedTask
from dashboard.register.templatetags.age import age

register = template.Library()

NO_THUMBS: Mapping[int, SafeString] = MappingProxyType({})

STATUS_ICONS = {
    "completed": "check-circle",
    "failed": "x-circle",
    "queued": "clock",
    "processing": "arrow-path",
    "uploading": "arrow-up-circle",
    "unknown": "question-mark-circle",
}
"""A different shape for each, since some people can't tell the colours apart."""


@register.simple_tag
def task_rows(
    tasks: list[TrackedTask], *, may_delete: bool, thumbs: Mapping[int, SafeString] = NO_THUMBS, place: str = ""
) -> SafeString:
    """`thumbs` are pictures by the number of the task, which another room draws; an icon of its kind stands in.
    `place` is the list that the page of a task has its neighbours from."""
    # Read once: Django's current zone, read for each row, took as long as the row.
    base, zone, query = reverse("task-list"), timezone.get_current_timezone(), escape(place)
    rows = [
        _row(task, thumbs.get(task.pk) or kind_icon(task.kind), base, query, zone=zone, may_delete=may_delete)
        for task in tasks
    ]
    return SafeString("\n".join(rows))  # nosec B703 # escaped where it is put together


@register.simple_tag
def presence_cell(task: TrackedTask, *, oob: bool = False) -> SafeString:
    """The only part of a row that a running deletion changes; `oob` if it is sent alone."""
    return SafeString(_presence(task, oob=oob))  # nosec B703 # escaped where it is put together


@register.simple_tag
def task_status(task: TrackedTask) -> SafeString:
    return SafeString(_status(task.status))  # nosec B703 # escaped where it is put together


def _row(task: TrackedTask, thumb: str, base: str, query: str, *, zone: tzinfo, may_delete: bool) -> str:
    task_id = escape(foreign.plain(task.task_id))
    path = task.path
    url = f"{base}{path}{'&amp;' if '?' in path else '?'}{query}" if query else f"{base}{path}"
    return f"""<tr id="task-{task.pk}">{_tick(task, task_id) if may_delete else ""}
<td class="c-thumb">{thumb}</td>
<td class="c-id">{_star(task, may_delete=may_delete)}
<a href="{url}" title="{task_id}">{foreign.shown(task.task_id)}</a>
<button class="button icon copy js-only" type="button" data-copy="{escape(task.task_id)}"
 tabindex="-1" aria-label="Copy {task_id}">{icon("clipboard", 14)}</button></td>
<td class="c-kind">{Kind(task.kind).label}</td>
<td class="c-status">{_status(task.status)}</td>
<td class="c-presence">{_presence(task)}</td>
<td class="c-model">{_model(task.model)}</td>
<td class="c-prompt" title="{escape(foreign.plain(task.excerpt))}">
<span>{foreign.shown(cut(task.excerpt, 160) or "—")}</span></td>
<td class="c-created number">{_created(task, zone)}</td>
</tr>"""


@register.simple_tag
def star_cell(task: TrackedTask, *, may_delete: bool, oob: bool = False) -> SafeString:
    return SafeString(_star(task, may_delete=may_delete, oob=oob))  # nosec B703 # escaped where it is put together


def _star(task: TrackedTask, *, may_delete: bool, oob: bool = False) -> str:
    """A button of the list's form; who may not use it sees the star."""
    swap = ' hx-swap-oob="true"' if oob else ""
    if not may_delete:
        return f'<span id="star-{task.pk}" class="star"{swap}>{_starred() if task.starred else ""}</span>'
    name, label, shape = (
        ("unstar", "Unstar", _starred()) if task.starred else ("star", "Star", icon("star", 14, "outline"))
    )
    return (
        f'<button id="star-{task.pk}" class="star" type="submit" name="{name}" value="{task.pk}" aria-label="{label}"'
        f' title="{label}" tabindex="-1"{swap}>{shape}</button>'
    )


@cache
def _starred() -> str:
    return f'{icon("star", 14)}<span class="visually-hidden">Starred</span>'


def _tick(task: TrackedTask, task_id: str) -> str:
    blocked = task.blocked
    state = f' disabled title="{escape(blocked)}"' if blocked else " checked" if task.selected else ""
    box = f'type="checkbox" name="task" value="{task.pk}" aria-label="Select {task_id}" autocomplete="off"{state}'
    return f'\n<td class="c-tick"><label><input {box}></label></td>'


def _presence(task: TrackedTask, *, oob: bool = False) -> str:
    trouble = task.last_outcome if task.last_outcome in TOLD else "held" if task.held_by else ""
    said = _presence_said(task.presence, trouble, task.presence_words, task.blocked)
    swap = ' hx-swap-oob="true"' if oob else ""
    return f'<div id="presence-{task.pk}"{swap} {said}</div>'


@lru_cache
def _presence_said(presence: str, trouble: str, words: str, blocked: str) -> str:
    classes = f"presence {presence} {trouble}".rstrip()
    spinner = '<span class="spinner" aria-hidden="true"></span>' if presence == Presence.DELETING else ""
    shown = f"{words} · {blocked}" if blocked and presence == Presence.PRESENT else words
    return (
        f'class="{classes}" title="{escape(words)}" '
        f'data-deletable="{"no" if blocked else "yes"}" data-blocked="{escape(blocked)}">{spinner}{escape(shown)}'
    )


def _created(task: TrackedTask, zone: tzinfo) -> str:
    moment = task.created_at
    if moment is None:
        return f'<span title="{escape(foreign.plain(task.created_raw))}">unknown</span>'
    exact = moments.in_words(moment, zone=zone)
    return f'<time datetime="{moment.isoformat()}" data-age data-exact="{exact}" tabindex="0">{age(moment)}</time>'


@lru_cache
def _model(model: str) -> str:
    return foreign.shown(model or "—")


@cache
def _status(status: str) -> str:
    return f'<span class="word status-{status}">{icon(STATUS_ICONS[status], 14)} {Status(status).label}</span>'


@cache
def kind_icon(kind: str) -> str:
    return f'<span class="thumb">{icon("film" if kind == Kind.VIDEO else "photo")}</span>'
