from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.deletions.history.listing import HistoryFilterForm, page_of
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
