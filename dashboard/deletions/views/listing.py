from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.deletions.history.listing import HistoryFilterForm, page_of
from dashboard.deletions.history.progress import polling
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.refusals import refused
from dashboard.pages.seen import SEEN

PAGE = "deletions/deletion_list.html"


@require_safe
def deletion_list(request: SignedInRequest) -> HttpResponse:
    form = HistoryFilterForm(request.GET)
    try:
        form.validate()
        page = page_of(form)
    except BadFilter as bad:
        return refused(request, str(bad), status=400, page=PAGE, wrong=bad.wrong, form=form)
    task = form.cleaned_data["task"]
    # Of a task that was asked for, its page tells what goes on.
    for entry in page.rows if not task else []:
        entry.polling = polling(entry.deletion, now=clock.now())
    context = {
        "seen": SEEN,
        "form": form,
        "page": page,
        "newer": form.page_at(page.newer),
        "older": form.page_at(page.older),
        "filtered": bool(form.query_string()),
        "task": task,
    }
    return render(request, PAGE, context)
