from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from dashboard.access.requests import SignedInRequest
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import looks
from dashboard.register.listing import Address
from dashboard.register.looks import PAGE_SIZES, Column, Density, Looks, Size
from dashboard.register.views.links import url
from dashboard.register.views.listing import refused


class SizeForm(forms.Form):
    size = forms.ChoiceField(choices=Size.choices)

    def chosen(self) -> dict[str, Any]:
        return {"card_size": self.cleaned_data["size"]}


class LayoutForm(forms.Form):
    """Boxes that are not ticked are not sent: what is left out is the rest."""

    density = forms.ChoiceField(choices=Density.choices)
    page_size = forms.TypedChoiceField(
        choices=[("", ""), *((str(size), size) for size in PAGE_SIZES)], coerce=int, empty_value=None, required=False
    )
    columns = forms.MultipleChoiceField(choices=Column.choices, required=False)

    def chosen(self) -> dict[str, Any]:
        shown = self.cleaned_data["columns"]
        return {
            "density": self.cleaned_data["density"],
            "page_size": self.cleaned_data["page_size"],
            "hidden_columns": " ".join(column for column in Column.values if column not in shown),
        }


@require_http_methods(["GET", "HEAD", "POST"])
def task_looks(request: SignedInRequest) -> HttpResponse:
    """How a person wants the list to look: the size of its cards, or all else."""
    asked = request.POST if request.method == "POST" else request.GET
    try:
        address = Address.from_query(QueryDict(asked.get("back", "")))
    except BadFilter as bad:
        return refused(request, str(bad), status=400)
    if request.method != "POST":
        return render(request, "register/task_looks.html", _context(request, address))
    is_size = "size" in request.POST
    form: SizeForm | LayoutForm = SizeForm(request.POST) if is_size else LayoutForm(request.POST)
    if not form.is_valid():
        return refused(request, "This is no way for the list to look. Reload the page and choose again.", status=422)
    looks.keep(request.user, **form.chosen())
    # The cards have their new size already.
    return HttpResponse(status=204) if request.htmx else HttpResponseRedirect(url(address), status=303)


def _context(request: SignedInRequest, address: Address) -> dict[str, object]:
    return {
        "looks": Looks.of(request.user),
        "columns": Column.choices,
        "densities": Density.choices,
        "page_sizes": PAGE_SIZES,
        "everybodys_page_size": settings.TASKS_PER_PAGE,
        "back": address.query_string(),
        "back_url": url(address),
    }
