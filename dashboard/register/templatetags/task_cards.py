"""A task as a card of the gallery. In Python, as its row is (`task_cells.py`), and escaped in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from functools import cache
from html import escape
from typing import Protocol

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from dashboard.access.templatetags.icons import icon
from dashboard.calls.models import Kind
from dashboard.calls.texts import cut
from dashboard.pages import foreign, moments
from dashboard.register.models import TrackedTask
from dashboard.register.templatetags.age import age
from dashboard.register.templatetags.task_cells import presence_cell, star_cell, task_status

register = template.Library()


class Pictured(Protocol):
    """What a card shows of a task's first result file: addresses of our own, each empty where there is none."""

    @property
    def small(self) -> str:
        """The picture, or a film's poster, of 320 px."""

    @property
    def strip(self) -> str:
        """`frames` moments of a film, side by side."""

    @property
    def frames(self) -> int: ...

    @property
    def words(self) -> str:
        """Why there is no picture."""


@register.simple_tag
def task_cards(
    tasks: list[TrackedTask], *, shown: Mapping[int, Pictured], may_delete: bool, place: str = ""
) -> SafeString:
    """`shown` are their pictures; `place` is the list that the viewer walks."""
    query, zone = f"?{escape(place)}" if place else "", timezone.get_current_timezone()
    base = reverse("task-viewer", args=[0]).removesuffix("0/")
    cards = [_card(task, shown[task.pk], f"{base}{task.pk}/{query}", zone, may_delete=may_delete) for task in tasks]
    return SafeString("\n".join(cards))  # nosec B703 # escaped where it is put together


@register.simple_tag
def task_shot(task: TrackedTask, picture: Pictured, *, oob: bool = False) -> SafeString:
    """The picture of a card in its fixed box; `oob` when it is sent by itself."""
    return SafeString(_shot(task, picture, oob=oob))  # nosec B703 # escaped where it is put together


def _card(task: TrackedTask, picture: Pictured, url: str, zone: tzinfo, *, may_delete: bool) -> str:
    task_id = escape(foreign.plain(task.task_id))
    prompt = foreign.shown(cut(task.excerpt, 160)) if task.excerpt else ""
    return f"""<li id="task-{task.pk}" class="tile">
{_shot(task, picture)}
<a class="open" href="{url}" title="{task_id}" data-view>{foreign.shown(task.task_id)}</a>
{_tick(task, task_id) if may_delete else ""}{star_cell(task, may_delete=may_delete)}{_length(task)}
<div class="captions"><p class="prompt">{prompt}</p>
<div class="marks">{task_status(task)}{presence_cell(task)}{_created(task, zone)}</div></div>
</li>"""


def _shot(task: TrackedTask, picture: Pictured, *, oob: bool = False) -> str:
    swap = ' hx-swap-oob="true"' if oob else ""
    opening = f'<div id="shot-{task.pk}"{swap} class="shot'
    if not picture.small:
        return f'{opening} none">{_kind_icon(task.kind)}<span>{escape(picture.words)}</span></div>'
    leafed = f' data-strip="{escape(picture.strip)}" data-frames="{picture.frames}"' if picture.strip else ""
    play = _play() if task.kind == Kind.VIDEO else ""
    # The prompt stands beside it, so that it needs no other words.
    image = f'<img src="{escape(picture.small)}" alt="" width="320" height="240" loading="lazy" decoding="async">'
    return f'{opening}"{leafed}>{image}{play}</div>'


def _tick(task: TrackedTask, task_id: str) -> str:
    blocked = task.blocked
    state = f' disabled title="{escape(blocked)}"' if blocked else " checked" if task.selected else ""
    box = f'type="checkbox" name="task" value="{task.pk}" aria-label="Select {task_id}" autocomplete="off"{state}'
    return f'<label class="tick"><input {box}></label>'


def _length(task: TrackedTask) -> str:
    if not task.duration:
        return ""
    minutes, seconds = divmod(round(task.duration), 60)
    return f'<span class="length">{minutes}:{seconds:02}</span>'


def _created(task: TrackedTask, zone: tzinfo) -> str:
    moment = task.created_at
    if moment is None:
        return "<span>unknown time</span>"
    exact = moments.in_words(moment, zone=zone)
    return f'<time datetime="{moment.isoformat()}" data-age title="{exact}">{age(moment)}</time>'


@cache
def _kind_icon(kind: str) -> str:
    return icon("film" if kind == Kind.VIDEO else "photo", 24)


@cache
def _play() -> str:
    return f'<span class="play">{icon("play", 20)}</span>'
