"""The set that somebody asked about, frozen before the question: one task, or what is selected in the list."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode

from dashboard.access.requests import SignedInRequest, client_address
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.refusals import refused
from dashboard.register import outside, selecting
from dashboard.register.holding import asking
from dashboard.register.listing import Address
from dashboard.register.models import Hold, Selection, TrackedTask
from dashboard.register.selecting import GONE, BadSelection, Ticks, row_numbers
from dashboard.register.views.links import url
from dashboard.register.views.now import fragments

NOTHING = "Nothing is selected. Tick at least one task."
PAGE, DIALOG = "register/holds/hold_ask.html", "register/holds/_ask_dialog.html"
CHANGED = "holds-changed"
"""What the page hears of when it was done: the dialog closes, and the list is asked for anew."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question: a page, or a dialog."""

    url: str
    title: str
    button: str
    back_url: str
    sentences: tuple[str, ...] = ()
    number: int = 0
    seen: int | None = None
    with_until: bool = False
    for_good: bool = False
    """It can't be undone: the last button is red."""
    typed_needed: bool = False
    holds: tuple[tuple[Hold, int], ...] = ()
    """What holds them, and how many each."""
    only_url: str = ""
    """Followed by the number of one of these: the same question about that alone."""
    rule_url: str = ""


def by(request: SignedInRequest) -> asking.By:
    return asking.By(user=request.user, address=client_address(request))


def show(
    request: SignedInRequest, asked: Asked, *, errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    said = {name: request.POST.get(name, "") for name in ("reason", "until", "typed")} if errors else {}
    context = {"asked": asked, "errors": errors or {}, "error": (errors or {}).get("", ""), **said}
    return render(request, DIALOG if request.htmx else PAGE, context, status=status)


def ask(
    request: SignedInRequest, page: str, question: Callable[[Selection, str], Asked], *, besides: dict[str, int]
) -> HttpResponse:
    """Freezes the set before anything is asked about it. `page` names the one that asks; `besides` is for its query."""
    try:
        selection, now = _freeze(request)
    except (BadFilter, BadSelection) as error:
        return refused(request, str(error), status=400 if isinstance(error, BadFilter) else 422)
    query = urlencode({**_back(request), **besides})
    place = reverse(page, args=[selection.uuid]) + (f"?{query}" if query else "")
    if not request.htmx:
        return HttpResponseRedirect(place, status=303)
    response = show(request, question(selection, place))
    response.content += now.content if now else b""
    return response


def _freeze(request: SignedInRequest) -> tuple[Selection, HttpResponse | None]:
    """The frozen set, and for a dialog over the list what changed on its page. Raises `BadFilter`, `BadSelection`."""
    if request.POST.get("one"):
        [number] = row_numbers([request.POST["one"]])
        return asking.frozen_of_one(get_object_or_404(TrackedTask, pk=number).pk, user=request.user), None
    address = Address.from_query(request.GET)
    ticks = Ticks.from_post(request.POST)
    selection, told = selecting.take(ticks, user=request.user, filter=address.filter)
    if selection is None or not selection.count:
        raise BadSelection(GONE if told else NOTHING)
    address = address.showing(selection)
    outside.carry(selection, address.filter)
    now = fragments(request, address, ticks.shown, selection, notice=told) if request.htmx else None
    return asking.frozen(selection), now


def _back(request: SignedInRequest) -> dict[str, str | int]:
    """The list that it was asked from, for the address of the question."""
    query = request.GET.urlencode()
    return {"back": query} if query and not request.POST.get("one") else {}


def back_url(request: SignedInRequest, selection: Selection) -> str:
    if selection.count == 1 and not request.GET.get("back"):
        task = asking.tasks_of(selection).first()
        return task.get_absolute_url() if task else reverse("task-list")
    try:
        return url(Address.from_query(QueryDict(request.GET.get("back", ""))))
    except BadFilter:
        return reverse("task-list")


def done(request: SignedInRequest, sentence: str, *, to: str) -> HttpResponse:
    if request.htmx:
        headers = {"HX-Reswap": "none", "HX-Trigger": json.dumps({CHANGED: {"told": sentence}})}
        return HttpResponse(headers=headers)
    messages.success(request, sentence)
    return HttpResponseRedirect(to, status=303)


def number_of(seen: str) -> int:
    """How many the person was asked about."""
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0


def words(number: int) -> str:
    return f"{number:,} task{'' if number == 1 else 's'}"
