from __future__ import annotations

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
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.refusals import refused

PAGE = "deletions/deletion_list.html"


@require_safe
def deletion_list(request: SignedInRequest) -> HttpResponse:
    form = HistoryFilterForm(request.GET)
    try:
        form.validate()
        page = page_of(form)
    except BadFilter as bad:
        return refused(request, str(bad), status=400, page=PAGE, wrong=bad.wrong, form=form)
    context = {
        "form": form,
        "page": page,
        "newer": form.page_at(page.newer),
        "older": form.page_at(page.older),
        "filtered": bool(form.query_string()),
        "task": form.cleaned_data["task"],
    }
    return render(request, PAGE, context)


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
        # Its items are not all there yet, or not any more.
        raise Http404
    return deletion
