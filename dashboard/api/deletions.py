"""`/api/deletions/`: drafting, confirming, controlling and reading deletions. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.urls import reverse
from ninja import Body, Query, Router
from ninja.decorators import decorate_view

from dashboard.access.permissions import DELETE_TASKS
from dashboard.access.requests import Call
from dashboard.access.tokens.scopes import Scope
from dashboard.api import asking, deletion_shapes, shapes
from dashboard.api.authority import Token, by
from dashboard.api.once import once
from dashboard.api.refusing import Problem
from dashboard.api.tasks import read_filter
from dashboard.calls import clock
from dashboard.deletions import actions
from dashboard.deletions.drafts import freezing
from dashboard.deletions.history import report
from dashboard.deletions.history.listing import HistoryFilterForm, page_of
from dashboard.deletions.models import Deletion, State
from dashboard.pages.downloads import download
from dashboard.register import naming

READS = Token(Scope.READ, Scope.DELETE)
"""Who may ask for a deletion may see what becomes of it."""
DELETES = Token(Scope.DELETE, permission=DELETE_TASKS)
NARROWING = ("q", "kind", "status", "model", "created_after", "created_before")
EVERYTHING = (
    "This filter matches the whole register. Name what shall go by one of {}; or, if it shall be everything, send "
    "“everything”: true beside the filter."
)
OTHER_COUNT = "The count of this deletion is {:,}, and not {:,}. Read it again, then confirm what it is now."
BROWSER = (
    "A deletion of more than DELETION_REAUTH_ABOVE tasks is confirmed in the browser, where its person shows once more "
    "that it is them. Open its page, {}."
)
NONE_KNOWN = "The register has none of these tasks."
UNKNOWN = "There is no such deletion."
NOT_WRITTEN_DOWN = "This deletion has no report: its tasks are still being written down, or were forgotten."

router = Router(tags=["deletions"])


@router.post("/deletions/", response={201: shapes.Drafted}, auth=DELETES, url_name="deletions")
@decorate_view(once)
def draft_deletion(request: Call, response: HttpResponse, body: Body[shapes.AskedFor]) -> shapes.Drafted:
    """Writes down the exact set, of a filter or of ids. Nothing is deleted before the draft is confirmed, within an
    hour, with its fingerprint and count. A large set is freezing at first: ask for it again until it is a draft."""
    if wrong := actions.wrong_reason(body.reason.strip()):
        raise actions.Invalid({"reason": wrong})
    about: dict[str, Any] = {"reason": body.reason.strip(), "by": by(request), "now": clock.now()}
    unknown, starred = list[shapes.Named](), 0
    if isinstance(body, shapes.OfIds):
        known = naming.numbers_of({(one.kind.value, one.task_id) for one in body.ids})
        unknown = [one for one in body.ids if (one.kind.value, one.task_id) not in known]
        if not known:
            raise Problem(NONE_KNOWN, status=422, errors=[{"pointer": "/ids", "detail": NONE_KNOWN}])
        deletion = actions.draft_named(numbers=[*known.values()], **about)
    else:
        filter = read_filter(QueryDict(body.filter.removeprefix("?")))
        if not body.everything and not any(getattr(filter, name) for name in NARROWING):
            sentence = EVERYTHING.format(", ".join(NARROWING))
            raise Problem(sentence, status=422, errors=[{"pointer": "/filter", "detail": sentence}])
        deletion, starred = actions.draft_matching(filter=filter, **about)
    response.headers["Location"] = reverse("api:deletion", args=[deletion.uuid])
    if deletion.is_being_frozen:
        response.headers["Retry-After"] = "1"
    return deletion_shapes.drafted(deletion, unknown=unknown, starred=starred)


@router.get("/deletions/", response=shapes.Deletions, auth=READS)
def list_deletions(request: Call, asked: Query[asking.DeletionQuery]) -> shapes.Deletions:
    """The newest first, 50 at a time. Without `state`, those that were confirmed."""
    asking.require_values(request.GET)
    form = HistoryFilterForm(request.GET)
    form.validate()
    page = page_of(form)
    found = [deletion_shapes.shape(entry.deletion) for entry in page.rows]
    return shapes.Deletions(deletions=found, next=str(page.older) if page.older else None)


@router.get("/deletions/{uuid:uuid}/", response=shapes.Deletion, auth=READS, url_name="deletion")
def read_deletion(request: Call, uuid: UUID) -> shapes.Deletion:
    """Its state and counts. Ask once a second while it is freezing, and less often later."""
    deletion = _found(uuid)
    if deletion.is_being_frozen and not settings.READ_ONLY:
        actions.watch_freezing(deletion=deletion, now=clock.now())
    return deletion_shapes.shape(deletion)


@router.get("/deletions/{uuid:uuid}/report.json", auth=READS, url_name="report", response={200: shapes.Report})
def read_report(request: Call, uuid: UUID) -> StreamingHttpResponse:
    """Every item and every call, as the page's download has them."""
    deletion = _found(uuid)
    if not deletion.is_frozen or freezing.is_cleared(deletion, now=clock.now()):
        raise Http404(NOT_WRITTEN_DOWN)
    return download(request, report.json_lines(deletion), name=f"deletion-{deletion.code}.json")


@router.post("/deletions/{uuid:uuid}/confirm", response=shapes.Deletion, auth=DELETES)
@decorate_view(once)
def confirm_deletion(request: Call, uuid: UUID, body: shapes.Confirmed) -> shapes.Deletion:
    """Schedules it after the grace, or has it wait for approval. The same limits hold as on the page."""
    deletion = _found(uuid)
    if deletion.state == State.DRAFT and deletion.is_frozen:
        if actions.is_person_asked(deletion):
            raise Problem(BROWSER.format(deletion.get_absolute_url()), status=403, kind="browser-needed")
        if body.count != deletion.size:
            raise actions.Changed(OTHER_COUNT.format(deletion.size, body.count))
    actions.confirm(
        deletion=deletion,
        by=by(request),
        reason=deletion.reason,
        typed=str(body.count),
        seen=body.fingerprint,
        now=clock.now(),
    )
    return deletion_shapes.shape(_found(uuid))


def _control(name: str, summary: str, act: Callable[[Deletion, actions.By], None]) -> None:
    def control(request: Call, uuid: UUID) -> shapes.Deletion:
        act(_found(uuid), by(request))
        return deletion_shapes.shape(_found(uuid))

    control.__name__ = f"{name}_deletion"
    router.post(
        f"/deletions/{{uuid:uuid}}/{name}",
        response=shapes.Deletion,
        auth=DELETES,
        summary=f"{name.capitalize()} Deletion",
        description=summary,
    )(decorate_view(once)(control))


_control("pause", "Pauses a running deletion.", lambda row, by: actions.pause(deletion=row, by=by))
_control("resume", "A paused deletion goes on.", lambda row, by: actions.resume(deletion=row, by=by, now=clock.now()))
_control(
    "stop",
    "Stops the rest: nothing more is sent, and what waits is kept.",
    lambda row, by: actions.stop_rest(deletion=row, by=by, now=clock.now()),
)
_control(
    "undo",
    "Cancels a scheduled deletion before it starts, and keeps all of its tasks.",
    lambda row, by: actions.undo(deletion=row, by=by, now=clock.now()),
)


def _found(uuid: UUID) -> Deletion:
    deletion: Deletion | None = Deletion.objects.with_circumstances().filter(uuid=uuid).first()
    if deletion is None:
        raise Http404(UNKNOWN)
    return deletion
