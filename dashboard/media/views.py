from __future__ import annotations

import re
from collections.abc import Iterator

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST, require_safe

from dashboard.access.permissions import ALLOW_HOSTS, DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest, client_address
from dashboard.media import asking, formats, hosts, keeping, showing, storing, wanting
from dashboard.media.drawing import MOST_TRIES, SET_LOOKS, box, panel, poll, thumb
from dashboard.media.showing import Shown
from dashboard.pages.headers import POLICY
from dashboard.pages.refusals import refused
from dashboard.register.models import TrackedTask
from dashboard.register.selecting import BadSelection, row_numbers
from dashboard.register.templatetags.task_cards import task_shot

TOKEN = re.compile(r"[0-9a-f]{32}", re.ASCII)
RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})", re.ASCII)
PIECE = 2 * 1024 * 1024
"""Of a film, in one answer to who asks for a part of it: so no answer takes long."""


@require_safe
def media_file(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """A picture that we made, or a film as it was fetched, which nothing in it can turn into a page."""
    store = storing.store()
    size = store.size(token, name) if TOKEN.fullmatch(token) and name in formats.TYPES else None
    if size is None:
        raise Http404
    begin, end = _part(request.headers.get("Range", ""), size)
    if begin >= end and size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    content: Iterator[bytes] = store.read(token, name, begin=begin, length=end - begin)
    is_part = (begin, end) != (0, size)
    response: HttpResponseBase
    if request.method == "HEAD" or end - begin <= PIECE:
        response = HttpResponse(b"" if request.method == "HEAD" else b"".join(content), status=206 if is_part else 200)
    else:
        response = StreamingHttpResponse(content)
    if is_part:
        response.headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    headers = {
        "Content-Type": formats.TYPES[name],
        "Content-Length": str(end - begin),
        "Accept-Ranges": "bytes",
        "Content-Disposition": "inline",
        # Its name is made from what it holds, so it never changes; who is signed in gets it, and no cache between.
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Security-Policy": f"{POLICY}; sandbox",
    }
    for header, value in headers.items():
        response.headers[header] = value
    return response


def _part(asked: str, size: int) -> tuple[int, int]:
    """From where to where, exclusive. The whole for what is not asked in parts; nothing for what lies beyond it."""
    match = RANGE.fullmatch(asked.replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        return 0, size
    if not match[1]:
        return max(size - int(match[2]), 0), size
    begin = int(match[1])
    end = min(int(match[2]) + 1 if match[2] else size, size)
    return begin, min(end, begin + PIECE)


@require_POST
def media_wanted(request: SignedInRequest) -> HttpResponse:
    """For a page whose pictures are yet to come: those that came meanwhile, each in its place, and the next poll."""
    try:
        numbers = row_numbers([number for number in request.POST.get("tasks", "").split(",") if number])
    except BadSelection as bad:
        return refused(request, str(bad), status=422)
    del numbers[wanting.MOST :]
    asking.want(numbers)
    tasks = {task.pk: task for task in TrackedTask.objects.in_rows().filter(pk__in=numbers)}
    shown = showing.of_tasks(tasks.values())
    look, tries = request.POST.get("look", ""), _tries(request) + 1
    if look == "stage":
        return _stage(request, tasks, shown, tries=tries)
    look = look if look == "gallery" or look in SET_LOOKS else ""
    came = [_drawn(tasks[pk], one, look) for pk, one in shown.items() if not one.is_coming]
    coming = [pk for pk, one in shown.items() if one.is_coming]
    return HttpResponse("".join([poll(coming, tries=tries, look=look), *came]))


def _drawn(task: TrackedTask, shown: Shown, look: str) -> str:
    if look in SET_LOOKS:
        return box(task, shown, look=look)
    return task_shot(task, shown, oob=True) if look == "gallery" else thumb(task, shown, swap=True)


def _stage(
    request: SignedInRequest, tasks: dict[int, TrackedTask], shown: dict[int, Shown], *, tries: int
) -> HttpResponse:
    """The picture of the one task that the viewer shows."""
    if len(tasks) != 1:
        return refused(request, "The viewer shows one task.", status=422)
    [(pk, task)] = tasks.items()
    context = {"task": task, "picture": shown[pk], "tries": tries, "oob": not shown[pk].is_coming}
    return render(request, "register/_viewer_stage.html", context)


@require_POST
def media_panel(request: SignedInRequest, pk: int) -> HttpResponse:
    """All pictures of a task, which are fetched now if they are not there."""
    task = get_object_or_404(TrackedTask, pk=pk)
    asking.want([task.pk], every=True)
    return _panel(request, task)


@require_POST
@permission_required(DELETE_TASKS)
def media_forget(request: SignedInRequest, pk: int) -> HttpResponse:
    task = get_object_or_404(TrackedTask, pk=pk)
    keeping.forget(task, by=request.user, address=client_address(request))
    return _panel(request, task)


@require_POST
@permission_required(ALLOW_HOSTS)
def media_host(request: SignedInRequest, pk: int) -> HttpResponse:
    """Shows pictures from the hosts of this task from now on, or no longer."""
    task = get_object_or_404(TrackedTask, pk=pk)
    name, address = request.POST.get("host", ""), client_address(request)
    # What a page can offer, and nothing else.
    ours = {one.host for one in showing.of_task(task)} | {hosts.name_of(url) for url in task.web_urls}
    if not name or name not in ours:
        return refused(request, "This task has no picture from that host.", status=422)
    if request.POST.get("allow") == "no":
        hosts.disallow(name, by=request.user, address=address)
    else:
        hosts.allow(name, by=request.user, address=address)
        asking.want([task.pk], every=True)
    return _panel(request, task)


def _tries(request: HttpRequest) -> int:
    tries = request.POST.get("tries", "")
    return int(tries) if tries.isascii() and tries.isdigit() and len(tries) < 4 else MOST_TRIES


def _panel(request: SignedInRequest, task: TrackedTask) -> HttpResponse:
    """Where the press was made: in place, or on the task's page."""
    if not request.htmx:
        return HttpResponseRedirect(task.get_absolute_url(), status=303)
    return HttpResponse(render_to_string("media/_panel.html", panel(task, tries=_tries(request) + 1), request))
