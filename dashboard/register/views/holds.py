"""Hold…: a dialog, or without JavaScript a page, and what is on hold."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access.permissions import HOLD_TASKS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.pages.cursors import Cursor, Damaged, Page
from dashboard.pages.filter_forms import DAMAGED
from dashboard.pages.refusals import refused
from dashboard.register.holding import asking, placing, showing
from dashboard.register.holding.asking import Invalid, Refused
from dashboard.register.models import Hold, Presence, Selection
from dashboard.register.views import frozen
from dashboard.register.views.frozen import Asked, words

TOO_LATE = "What has left already can't be called back; what has not is kept."


@require_POST
@permission_required(HOLD_TASKS)
def hold_new(request: SignedInRequest) -> HttpResponse:
    return frozen.ask(request, "hold-place", lambda chosen, url: _asked(request, chosen, url=url), besides={})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(HOLD_TASKS)
def hold_place(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    selection = asking.found(uuid, user=request.user)
    earlier = Hold.objects.filter(made_of=uuid).first()
    if earlier is not None and request.method == "POST":
        return refused(request, placing.TWICE, status=409)
    if earlier is not None:
        return HttpResponseRedirect(earlier.get_absolute_url())
    if selection is None:
        raise Http404
    asked = _asked(request, selection, url=request.get_full_path())
    if request.method != "POST":
        return frozen.show(request, asked)
    now, back = clock.now(), frozen.back_url(request, selection)
    try:
        reason = request.POST.get("reason", "")
        wrong = asking.reason_errors(reason, stays=placing.STAYS)
        until = asking.until_of(request.POST.get("until", "").strip(), now=now, besides=wrong)
        hold = placing.place(selection=selection, by=frozen.by(request), reason=reason, until=until, now=now)
    except Invalid as invalid:
        return frozen.show(request, asked, errors=invalid.errors, status=422)
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return frozen.done(request, _told(hold), to=back)


def _asked(request: SignedInRequest, selection: Selection, *, url: str) -> Asked:
    number = asking.holdable(selection)
    tasks, skipped = words(number), selection.count - number
    sentences = ["A held task is deleted only where two people agree to that. Everybody sees hold and reason."]
    if skipped:
        are = "is deleted or missing, and can't" if skipped == 1 else "are deleted or missing, and can't"
        sentences.append(f"{skipped:,} of {selection.count:,} {are} be held.")
    if leaving := asking.tasks_of(selection).filter(presence=Presence.DELETING).count():
        sentences.append(f"{leaving:,} {'is' if leaving == 1 else 'are'} being deleted. {TOO_LATE}")
    return Asked(
        url=url,
        title=f"Hold {tasks}?" if number else "Nothing to hold",
        button=f"Hold {tasks}",
        back_url=frozen.back_url(request, selection),
        sentences=tuple(sentences),
        number=number,
        with_until=True,
        rule_url=f"{reverse('hold-rule')}?{selection.filter}" if selection.filter else "",
    )


def _told(hold: Hold) -> str:
    if hold.is_being_placed:
        return f"{hold.expected:,} tasks are being put on hold. Holds shows how far that is."
    return f"Held {words(hold.placed)}."


@require_safe
def hold_list(request: SignedInRequest) -> HttpResponse:
    try:
        page = showing.in_force(_cursor(request))
    except Damaged:
        return refused(request, DAMAGED, status=400)
    context = {"page": page, "rules": showing.rules(now=clock.now()), **_beside(page)}
    return render(request, "register/holds/hold_list.html", context)


@require_safe
def hold_detail(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    hold = get_object_or_404(Hold, uuid=uuid)
    try:
        page = showing.of_hold(hold, _cursor(request))
    except Damaged:
        return refused(request, DAMAGED, status=400)
    context = {
        "hold": hold,
        "page": page,
        "rule": showing.rule_of(hold, now=clock.now()) if hold.is_rule else None,
        "releases": hold.releases.order_by("-pk")[: showing.PAGE_SIZE],
        **_beside(page),
    }
    return render(request, "register/holds/hold_detail.html", context)


def _cursor(request: SignedInRequest) -> Cursor | None:
    return Cursor.from_text(request.GET.get("cursor", ""))


def _beside(page: Page[Any]) -> dict[str, str]:
    return {
        "newer": f"cursor={page.newer}" if page.newer else "",
        "older": f"cursor={page.older}" if page.older else "",
    }
