from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import HtmxRequest, SignedInRequest
from dashboard.database import marks
from dashboard.pages import moments, refusals
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import listing, looks, outside, selecting, starring
from dashboard.register.counting import Count, count, in_words
from dashboard.register.filters.filter import Filter
from dashboard.register.filters.form import TaskFilterForm, day_from
from dashboard.register.listing import Address, Page
from dashboard.register.looks import Looks, Size, View
from dashboard.register.models import Presence, Selection, TrackedTask
from dashboard.register.outside import Outside
from dashboard.register.views.links import facets_url, models_url, place, selection_before, url
from dashboard.register.views.saved_bar import bar
from dashboard.register.walking import NEWEST_FIRST, OLDEST_FIRST, Cursor

UNDELETABLE: dict[str, str] = {
    Presence.DELETING: "These tasks are being deleted already.",
    Presence.DELETED: "These tasks are deleted: there is nothing left to delete.",
    Presence.MISSING: "TensorsLab no longer has these tasks: there is nothing to delete.",
}
EXCLUDED_SHOWN = 20
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
    if (selection and not address.selection) or (address.selected and not address.showing(selection).selected):
        # The address says all that the page shows: it can be bookmarked, and reloading it changes nothing.
        return HttpResponseRedirect(url(address.showing(selection)))
    address = address.showing(selection)
    if address.view and not address.saved and request.method == "GET" and not settings.READ_ONLY:
        # The one visit that keeps something: which of the two looks they like.
        looks.keep(request.user, task_view=address.view)
    shape = Looks.of(request.user, view=address.view)
    page = listing.page(address, selection=selection, size=shape.page_size)
    if address.cursor and not page.rows:
        # The rows behind the cursor are gone.
        return HttpResponseRedirect(url(address.with_cursor(None)))
    context = list_context(request, address, page, selection, count=listing.count_beside(address, page))
    context |= looks_context(address, shape) | bar(request, address, look=shape.view)
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
    selection = selecting.found(address.selection, user=request.user)
    address = address.showing(selection)
    counted = count(address.filter)
    context = {
        "count": counted,
        "left_out": counted.left_out,
        "left_out_words": in_words(counted.left_out),
        "matching": matching_words(counted),
        **basket_context(request, address, selection),
    }
    return render(request, "register/task_total.html", context)


@require_safe
@permission_required(DELETE_TASKS)
def task_hidden(request: SignedInRequest) -> HttpResponse:
    """How much of what is selected the list does not show, for a page that did not wait for it."""
    try:
        address = Address.from_query(request.GET)
    except BadFilter as bad:
        return refused(request, str(bad), status=400, wrong=bad.wrong)
    selection = selecting.found(address.selection, user=request.user)
    if not request.htmx:
        return HttpResponseRedirect(url(address.showing(selection)))
    hidden = outside.outside(selection, address.showing(selection).filter) if selection else Outside()
    return render(request, "register/task_hidden.html", _hidden(hidden))


def other_order(address: Address) -> str:
    return OLDEST_FIRST if address.sort == NEWEST_FIRST else NEWEST_FIRST


def list_context(
    request: SignedInRequest, address: Address, page: Page, selection: Selection | None, *, count: Count
) -> dict[str, object]:
    """All that the page and its fragments show."""
    basket = basket_context(request, address, selection)
    return {
        **basket,
        "filters": _filters(address.with_cursor(None).with_selection(None).query_string(), moments.zone_name()),
        "chips": _chips(address),
        "all_url": url(address.of_all()) if address.selected else "",
        "told": _told(address),
        "models_url": models_url(address),
        "clear_url": url(replace(address.narrowed_to(Filter()), selected=False)),
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
        "matching": matching_words(count),
        "total_url": f"{reverse('task-total')}?{address.with_cursor(None).query_string()}" if count.later else "",
        "sort": address.sort,
        "sort_url": url(address.sorted_by(other_order(address))),
        "undeletable": _undeletable(address, page, selection),
        "query": address.query_string(),
        "selection_url": f"{reverse('task-selection')}?{address.query_string()}",
        "now_url": f"{reverse('task-list-now')}?{address.with_selection(None).query_string()}",
        "day": address.cursor and address.cursor.day(sort=address.sort),
        "kept": QueryDict(address.with_cursor(None).query_string()).items(),
        "facets_url": facets_url(address),
        "empty": (empty := _empty(count, selection)),
        "notice": "",
        "bare": bool(empty) and not basket["selection"] and not basket["earlier"],
    }


def basket_context(request: SignedInRequest, address: Address, selection: Selection | None) -> dict[str, object]:
    """What is selected, whether this list shows it or not. By then rows were found, or counted, so prompts are read."""
    if not request.user.has_perm(DELETE_TASKS):
        return {"selection": None, "chosen": None, "earlier": None, "selection_uuid": ""}
    filter = address.filter
    # Under words of a large selection it would keep the page waiting.
    later = selection is not None and bool(filter.prompt_words) and not outside.is_quick(selection, filter)
    hidden = outside.outside(selection, filter, is_read=True) if selection and not later else Outside()
    stars = starring.known()
    starred = starring.number_in(selection, stars) if selection else 0
    return {
        "selection": selecting.summary(selection, filter) if selection and selection.count else None,
        "chosen": selection,
        "selection_uuid": address.selection or "",
        **_hidden(hidden),
        "hidden_url": f"{reverse('task-hidden')}?{address.query_string()}" if later else "",
        "selected_url": url(address.of_selected()) if selection and selection.count and not address.selected else "",
        "earlier": selecting.earlier(user=request.user, besides=selection),
        "starred_in_view": starring.starred_in(filter, stars, is_read=True),
        "include_starred": bool(request.POST.get("include_starred")),
        **_excluded(selection),
        "may_star": selection is not None and starred < selection.count,
        "may_unstar": bool(starred),
        "ids_url": f"{reverse('task-ids')}?{address.query_string()}",
    }


def _hidden(found: Outside) -> dict[str, object]:
    """How much of what is selected the list does not show, and the first of it by name."""
    tasks = TrackedTask.objects.only("kind", "task_id").in_bulk(found.numbers) if found.numbers else {}
    named = [tasks[number] for number in found.numbers if number in tasks]
    return {"hidden": found.number, "hidden_tasks": named, "hidden_more": found.number - len(named)}


def _excluded(selection: Selection | None) -> dict[str, object]:
    """The first of those that were unticked again."""
    if selection is None or not selection.excluded:
        return {}
    some = TrackedTask.objects.in_rows().filter(pk__in=marks.excluded(selection.pk, limit=EXCLUDED_SHOWN))
    return {"excluded": some.order_by("pk"), "excluded_more": max(selection.excluded - EXCLUDED_SHOWN, 0)}


def looks_context(address: Address, shape: Looks) -> dict[str, object]:
    """How the list looks, how else it can, and what its rows' own pages are told of it."""
    return {
        "looks": shape,
        "views": [(view.label, url(address.viewed_as(view)), view == shape.view) for view in View],
        "sizes": Size.values,
        "layout_url": f"{reverse('task-looks')}?{urlencode({'back': address.query_string()})}",
        "place": place(address),
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
        return None, str(bad) if address.selection and not selecting.was_cleared(uuid, user=request.user) else ""
    return selection, ""


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
    """Why nothing that this list can show is to be deleted; empty when something may be."""
    others = selection is not None and selection.filter != address.filter.query_string()
    if others or not page.rows or any(row.is_ready for row in page.rows):
        return ""
    if sentence := UNDELETABLE.get(address.filter.presence):
        return sentence
    # Other pages may have tasks that can.
    return "" if page.newer or page.older else NONE_OF_THESE if len(page.rows) > 1 else NOT_THIS_ONE


def matching_words(count: Count) -> str:
    """“all 12,431 matching”, as the buttons for many have it; empty where there is none."""
    if not count.number:
        return ""
    return "all matching" if count.capped else f"all {count.words} matching"


def _empty(count: Count, selection: Selection | None) -> str:
    if count.number:
        return ""
    # A person with a selection has tasks.
    return "none_yet" if not (selection and selection.count) and listing.register_is_empty() else "none_match"
