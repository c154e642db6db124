from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.deletions.drafts import freezing
from dashboard.deletions.history import report
from dashboard.deletions.history.listing import HistoryFilterForm, page_of
from dashboard.deletions.models import Deletion
from dashboard.pages.downloads import download
from dashboard.pages.in_place import in_place
from dashboard.register.filters.filter import BadFilter


@require_safe
def deletion_list(request: SignedInRequest) -> HttpResponse:
    form = HistoryFilterForm(request.GET)
    try:
        form.validate()
        page = page_of(form)
    except BadFilter as bad:
        if request.htmx:
            return in_place(str(bad), status=400, wrong=bad.wrong)
        return render(request, "deletions/deletion_list.html", {"form": form, "refusal": str(bad)}, status=400)
    context = {
        "form": form,
        "page": page,
        "newer": form.query_string(page.newer) if page.newer else "",
        "older": form.query_string(page.older) if page.older else "",
        "filtered": bool(form.query_string()),
        "task": form.cleaned_data["task"],
    }
    return render(request, "deletions/deletion_list.html", context)


@require_safe
def deletion_report_csv(request: SignedInRequest, uuid: UUID) -> StreamingHttpResponse:
    deletion = _with_items(uuid)
    lines = report.csv_report(deletion, zone=timezone.get_current_timezone())
    return _download(request, deletion, lines, "csv", "text/csv; charset=utf-8")


@require_safe
def deletion_report_json(request: SignedInRequest, uuid: UUID) -> StreamingHttpResponse:
    deletion = _with_items(uuid)
    return _download(request, deletion, report.json_lines(deletion), "json", "application/json")


def _with_items(uuid: UUID) -> Deletion:
    deletion = get_object_or_404(Deletion, uuid=uuid)
    if deletion.freezing_at is not None or freezing.is_cleared(deletion, now=clock.now()):
        # Its items are not all there yet, or not any more.
        raise Http404
    return deletion


def _download(
    request: SignedInRequest, deletion: Deletion, lines: Iterator[str], ending: str, content_type: str
) -> StreamingHttpResponse:
    return download(request, lines, name=f"deletion-{deletion.code}.{ending}", content_type=content_type)
