"""Forget…: a dialog, or without JavaScript a page; and what a forgetting erased, as a page and as a certificate."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access.permissions import FORGET_TASKS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.deletions.certificates import issued
from dashboard.deletions.forgetting import certificate, pressing
from dashboard.deletions.models import Forgetting
from dashboard.pages.downloads import download
from dashboard.pages.refusals import refused
from dashboard.register.holding import asking
from dashboard.register.holding.asking import Invalid, Refused
from dashboard.register.models import Selection
from dashboard.register.views import frozen
from dashboard.register.views.frozen import Asked, words

ERASED = (
    "Erased here for good: prompts, addresses of results, pictures, error texts, and what was said of these tasks in"
    " past deletions. Reasons of holds and deletions go where they were of nothing else, from the audit log too."
)
STAYS = (
    "What stays: ids, models, times, and how their deletions ended. A signed certificate says what was erased."
    " Importing these tasks or looking them up again does not bring their words back."
)
NOT_DELETED = "Nothing is deleted at TensorsLab by this. It can't be undone."
UNDER_WAY = "This is being erased. Its certificate is made when all of it is."


@require_POST
@permission_required(FORGET_TASKS)
def forget_new(request: SignedInRequest) -> HttpResponse:
    return frozen.ask(request, "forget-place", lambda chosen, url: _asked(request, chosen, url=url), besides={})


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(FORGET_TASKS)
def forget_place(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    selection = asking.found(uuid, user=request.user)
    earlier = Forgetting.objects.filter(made_of=uuid).first()
    if earlier is not None and request.method == "POST":
        return refused(request, pressing.TWICE, status=409)
    if earlier is not None:
        return HttpResponseRedirect(earlier.get_absolute_url())
    if selection is None:
        raise Http404
    asked = _asked(request, selection, url=request.get_full_path())
    if request.method != "POST":
        return frozen.show(request, asked)
    given = {name: request.POST.get(name, "") for name in ("reason", "typed")}
    try:
        forgetting = pressing.press(selection=selection, by=frozen.by(request), now=clock.now(), **given)
    except Invalid as invalid:
        return frozen.show(request, asked, errors=invalid.errors, status=422)
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    messages.success(request, _told(forgetting))
    # Away from a page on which the words still stand.
    address = forgetting.get_absolute_url()
    return HttpResponse(headers={"HX-Redirect": address}) if request.htmx else HttpResponseRedirect(address, status=303)


def _asked(request: SignedInRequest, selection: Selection, *, url: str) -> Asked:
    tasks = words(selection.count)
    return Asked(
        url=url,
        title=f"Forget {tasks}?" if selection.count else "Nothing to forget",
        button=f"Forget {tasks}",
        back_url=frozen.back_url(request, selection),
        sentences=(ERASED, STAYS, NOT_DELETED) if selection.count else (pressing.NONE,),
        number=selection.count,
        for_good=True,
        typed_needed=pressing.is_typed_needed(selection.count),
    )


def _told(forgetting: Forgetting) -> str:
    tasks = words(forgetting.tasks)
    return f"Forgot {tasks}." if forgetting.is_done else f"{tasks} are being forgotten."


@require_safe
def forgetting_page(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    forgetting = get_object_or_404(Forgetting, uuid=uuid)
    context = {
        "forgetting": forgetting,
        "said": issued.said(forgetting) if forgetting.is_done else None,
        "opened": issued.opened(forgetting, certificate.PEOPLE),
    }
    return render(request, "deletions/forgetting.html", context)


@require_safe
def forgetting_certificate(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    forgetting = get_object_or_404(Forgetting, uuid=uuid)
    if not forgetting.is_done:
        return refused(request, UNDER_WAY, status=409)
    text = issued.as_json(forgetting, issued.opened(forgetting, certificate.PEOPLE))
    return download(request, iter([text]), name=f"forgotten-{forgetting.code}.json")
