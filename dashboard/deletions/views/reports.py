from __future__ import annotations

from uuid import UUID

from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.deletions.drafts import freezing
from dashboard.deletions.history import report
from dashboard.deletions.models import Deletion
from dashboard.pages.downloads import download


@require_safe
def deletion_report_csv(request: SignedInRequest, uuid: UUID) -> StreamingHttpResponse:
    deletion = _with_items(uuid)
    lines = report.csv_report(deletion, zone=timezone.get_current_timezone())
    return download(request, lines, name=f"deletion-{deletion.code}.csv")


@require_safe
def deletion_report_json(request: SignedInRequest, uuid: UUID) -> StreamingHttpResponse:
    deletion = _with_items(uuid)
    return download(request, report.json_lines(deletion), name=f"deletion-{deletion.code}.json")


def _with_items(uuid: UUID) -> Deletion:
    deletion = get_object_or_404(Deletion, uuid=uuid)
    if not deletion.is_frozen or freezing.is_cleared(deletion, now=clock.now()):
        # Its items are not complete yet, or were removed.
        raise Http404
    return deletion
