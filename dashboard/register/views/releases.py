"""Release…: of what is selected, of one task, or of all that is under one hold."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.access.permissions import RELEASE_HOLDS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.pages.refusals import refused
from dashboard.register.holding import asking, releasing, showing
from dashboard.register.holding.asking import Invalid, Refused
from dashboard.register.holding.releasing import Changed
from dashboard.register.models import Hold, HoldRelease, Selection
from dashboard.register.views import frozen
from dashboard.register.views.frozen import Asked, number_of, words

GOES_ON = "The rule goes on with what comes in later. Stop it as well, if nothing more is to be held."


@require_POST
@permission_required(RELEASE_HOLDS)
def release_new(request: SignedInRequest) -> HttpResponse:
    """`hold`: from this one only."""
    only = number_of(request.POST.get("hold", ""))
    besides = {"hold": only} if only else {}
    return frozen.ask(
        request, "release-place", lambda chosen, url: _asked(request, chosen, only=only, url=url), besides=besides
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(RELEASE_HOLDS)
def release_place(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    selection = asking.found(uuid, user=request.user)
    if HoldRelease.objects.filter(made_of=uuid).exists():
        return refused(request, releasing.TWICE, status=409)
    if selection is None:
        raise Http404
    only, back = number_of(request.GET.get("hold", "")), frozen.back_url(request, selection)
    url = request.get_full_path()
    if request.method != "POST":
        return frozen.show(request, _asked(request, selection, only=only, url=url))
    try:
        release = releasing.release_selected(
            selection=selection,
            holds=[only] if only else [],
            seen=number_of(request.POST.get("seen", "")),
            by=frozen.by(request),
            reason=request.POST.get("reason", ""),
            now=clock.now(),
        )
    except Invalid as invalid:
        asked = _asked(request, selection, only=only, url=url)
        return frozen.show(request, asked, errors=invalid.errors, status=422)
    except Changed as changed:
        asked = _asked(request, selection, only=only, url=url)
        return frozen.show(request, asked, errors={"": str(changed)}, status=409)
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return frozen.done(request, _told(release), to=back)


def _asked(request: SignedInRequest, selection: Selection, *, only: int, url: str) -> Asked:
    rows = releasing.rows_of(selection, [only] if only else [])
    number = rows.values("task").distinct().count()
    tasks = words(number)
    return Asked(
        url=url,
        title=f"Release {tasks}?" if number else "Nothing to release",
        button=f"Release {tasks}",
        back_url=frozen.back_url(request, selection),
        sentences=() if number else (releasing.NOT_HELD,),
        number=number,
        seen=number,
        holds=tuple(showing.on(rows)) if number else (),
        only_url="" if only else f"{url}{'&' if '?' in url else '?'}hold=",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(RELEASE_HOLDS)
def hold_release(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """All that is under one hold."""
    hold = get_object_or_404(Hold, uuid=uuid)
    if request.method != "POST":
        return frozen.show(request, _asked_of(hold))
    reason, seen = request.POST.get("reason", ""), number_of(request.POST.get("seen", ""))
    try:
        release = releasing.release_hold(hold=hold, seen=seen, by=frozen.by(request), reason=reason, now=clock.now())
    except Invalid as invalid:
        return frozen.show(request, _asked_of(hold), errors=invalid.errors, status=422)
    except Changed as changed:
        hold.refresh_from_db()
        return frozen.show(request, _asked_of(hold), errors={"": str(changed)}, status=409)
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return frozen.done(request, _told(release), to=reverse("hold-list"))


def _asked_of(hold: Hold) -> Asked:
    tasks = words(hold.count)
    return Asked(
        url=reverse("hold-release", args=[hold.uuid]),
        title=f"Release {tasks}?" if hold.count else "Nothing to release",
        button=f"Release {tasks}",
        back_url=reverse("hold-list"),
        sentences=(GOES_ON,) if hold.takes_in else (),
        number=hold.count,
        seen=hold.count,
        holds=((hold, hold.count),),
    )


def _told(release: HoldRelease) -> str:
    if release.moved_at is not None:
        return "These tasks are being released. Holds shows how far that is."
    tasks = release.tasks.values("task").distinct()
    left = tasks.filter(task__held_by__gt="").count()
    others = f" {left:,} of these {'is' if left == 1 else 'are'} still held by another hold." if left else ""
    return f"Released {words(tasks.count())}.{others}"
