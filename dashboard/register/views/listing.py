from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from dashboard.access.requests import HtmxRequest, SignedInRequest
from dashboard.pages import moments, refusals
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import listing, selecting
from dashboard.register.counting import Count, count, in_words
from dashboard.register.filters.filter import Filter, day_from
from dashboard.register.filters.form import TaskFilterForm
from dashboard.register.listing import Address, Page
from dashboard.register.models import Presence, Selection
from dashboard.register.walking import NEWEST_FIRST, OLDEST_FIRST, Cursor

CLEARED = "The filter changed, so the selection was cleared."
UNDELETABLE: dict[str, str] = {
    Presence.DELETING: "These tasks are being deleted already.",
    Presence.DELETED: "These tasks are deleted: there is nothing left to delete.",
    Presence.MISSING: "TensorsLab no longer has these tasks: there is nothing to delete.",
}
NONE_OF_THESE = "None of these tasks can be deleted now. Presence says why."
NOT_THIS_ONE = "This task can't be deleted now. Presence says why."


@require_safe
def task_list(request: SignedInRequest) -> HttpResponse:
    try:
        address = Address.from_query(request.GET)
        day = day_from(request.GET)
    except BadFilter as bad:
        return refused(request, str(bad), status=400, wrong=bad.wrong)
    if day:
        return HttpResponseRedirect(url(address.with_cursor(listing.cursor_at(address, day))))
    selection, notice = _selection(request, address)
    if selection and not address.selection:
        # The address has the whole state of the page, so that it can be bookmarked and reloaded.
        return HttpResponseRedirect(url(address.with_selection(selection.uuid)))
    address = address.with_selection(selection.uuid if selection else None)
    page = listing.page(address, selection=selection)
    if address.cursor and not page.rows:
        # The rows behind the cursor are gone.
        return HttpResponseRedirect(url(address.with_cursor(None)))
    context = list_context(address, page, selection, count=listing.count_beside(address, page))
    return render(request, "register/task_list.html", {**context, "notice": notice})


@require_safe
def task_total(request: SignedInRequest) -> HttpResponse:
    """The number of tasks that match, for a page that did not wait for it."""
    try:
        address = Address.from_query(request.GET)
    except BadFilter as bad:
        return refused(request, str(bad), status=400, wrong=bad.wrong)
    if not request.htmx:
        return HttpResponseRedirect(url(address))
    counted = count(address.filter)
    context = {
        "count": counted,
        "left_out": counted.left_out,
        "left_out_words": in_words(counted.left_out),
        "select_all_label": _select_all_label(counted),
    }
    return render(request, "register/task_total.html", context)


def url(address: Address) -> str:
    query = address.query_string()
    return f"{reverse('task-list')}?{query}" if query else reverse("task-list")


def facets_url(address: Address) -> str:
    return f"{reverse('task-facets')}?{address.with_cursor(None).query_string()}"


def models_url(address: Address) -> str:
    return f"{reverse('task-models')}?{address.with_cursor(None).query_string()}"


def other_order(address: Address) -> str:
    return OLDEST_FIRST if address.sort == NEWEST_FIRST else NEWEST_FIRST


def list_context(address: Address, page: Page, selection: Selection | None, *, count: Count) -> dict[str, object]:
    return {
        "filters": _filters(address.with_cursor(None).with_selection(None).query_string(), moments.zone_name()),
        "chips": _chips(address),
        "told": _told(address),
        "models_url": models_url(address),
        "clear_url": url(address.narrowed_to(Filter())),
        "page": {
            "rows": page.rows,
            "shown": page.shown,
            "ticked": page.ticked,
            "left": page.left,
            "current_url": url(address) if page.left or (count.number and not page.rows) else "",
            "newer_url": _cursor_url(address, page.newer),
            "older_url": _cursor_url(address, page.older),
        },
        "count": count,
        "left_out": count.left_out,
        "left_out_words": in_words(count.left_out),
        "select_all_label": _select_all_label(count),
        "total_url": f"{reverse('task-total')}?{address.with_cursor(None).query_string()}" if count.later else "",
        "sort": address.sort,
        "sort_url": url(address.sorted_by(other_order(address))),
        "selection": selecting.summary(selection) if selection else None,
        "undeletable": _undeletable(address, page, selection),
        "chosen": selection,
        "query": address.query_string(),
        "selection_url": f"{reverse('task-selection')}?{address.query_string()}",
        "now_url": f"{reverse('task-list-now')}?{address.with_selection(None).query_string()}",
        "day": address.cursor and address.cursor.day(sort=address.sort),
        "kept": QueryDict(address.with_cursor(None).query_string()).items(),
        "facets_url": facets_url(address),
        "empty": _empty(count, selection),
        "notice": "",
    }


def refused(request: HtmxRequest, sentence: str, *, status: int, wrong: Iterable[str] = ()) -> HttpResponse:
    """Shows the sentence and no table, because a table could look like the answer."""
    page, form = "register/task_list.html", TaskFilterForm(request.GET)
    return refusals.refused(request, sentence, status=status, page=page, wrong=wrong, form=form)


def _selection(request: SignedInRequest, address: Address) -> tuple[Selection | None, str]:
    """The selection to show, and a sentence if it can't be shown."""
    try:
        uuid = address.selection or selection_before(request)
        selection = selecting.find(uuid, user=request.user)
    except selecting.BadSelection as bad:
        return None, str(bad) if address.selection else ""
    if selection is None or selecting.is_empty(selection):
        return None, ""
    if not selecting.fits(selection, address.filter):
        return None, CLEARED
    return selection, ""


def selection_before(request: SignedInRequest) -> UUID | None:
    """The selection of the list page that led here.

    Its filter form and links were made before the ticks, so they don't have it.
    """
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        return None
    before = urlsplit(referer)
    selection = QueryDict(before.query).get("selection", "") if before.path == reverse("task-list") else ""
    with suppress(selecting.BadSelection):
        return selecting.selection_uuid(selection)
    return None


@lru_cache(maxsize=200)
def _filters(query: str, zone: str) -> SafeString:
    """Cached: rendering the form takes as long as finding the rows, and depends only on filter and zone."""
    context = {
        "form": TaskFilterForm(QueryDict(query)),
        "action": reverse("task-list"),
        "models_url": f"{reverse('task-models')}?{query}",
    }
    return render_to_string("components/_filters.html", context)


def _chips(address: Address) -> list[dict[str, str]]:
    # The selection stays in the address, so that the next page can say that it was cleared.
    return [
        {
            "label": chip.label,
            "value": chip.value,
            "remove_url": url(address.narrowed_to(chip.rest)),
        }
        for chip in address.filter.chips()
    ]


def _told(address: Address) -> dict[str, object]:
    """Parts of the filter that match nothing, or may be misunderstood; mostly empty."""
    filter, pasted = address.filter, address.filter.pasted
    models = [model.words for model in filter.models if not model.names]
    if not models and not pasted:
        return {}
    known = " ".join(pasted.known) if pasted else ""
    return {
        "models": models,
        "pasted": pasted,
        "by_task_id": filter.by_task_id,
        "all_url": url(address.narrowed_to(Filter(q=filter.q))),
        "ids_url": url(address.narrowed_to(Filter(q=known))),
        "strangers": pasted.given if pasted and not pasted.known else (),
    }


def _cursor_url(address: Address, cursor: Cursor | None) -> str:
    return url(address.with_cursor(cursor)) if cursor else ""


def _undeletable(address: Address, page: Page, selection: Selection | None) -> str:
    """Why no task of this list can be deleted; empty if one may be."""
    some = selection is not None and selection.mode == Selection.Mode.IDS and selecting.summary(selection).count
    if some or not page.rows or any(row.is_ready for row in page.rows):
        return ""
    if sentence := UNDELETABLE.get(address.filter.presence):
        return sentence
    # Other pages may have tasks that can.
    return "" if page.newer or page.older else NONE_OF_THESE if len(page.rows) > 1 else NOT_THIS_ONE


def _select_all_label(count: Count) -> str:
    if not count.number:
        return ""
    return "Select all matching" if count.capped else f"Select all {count.words} matching"


def _empty(count: Count, selection: Selection | None) -> str:
    if count.number:
        return ""
    # A person with a selection has tasks.
    return "none_yet" if selection is None and listing.register_is_empty() else "none_match"
