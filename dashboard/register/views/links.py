"""Addresses of the list, and the selection of the page of the list that led here."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from dashboard.access.requests import SignedInRequest
from dashboard.register import selecting, ticks
from dashboard.register.listing import Address


def url(address: Address) -> str:
    query = address.query_string()
    return f"{reverse('task-list')}?{query}" if query else reverse("task-list")


def facets_url(address: Address) -> str:
    return f"{reverse('task-facets')}?{address.with_cursor(None).query_string()}"


def models_url(address: Address) -> str:
    return f"{reverse('task-models')}?{address.with_cursor(None).query_string()}"


def place(address: Address) -> str:
    """The list without its page: a task's own page has its neighbours from it."""
    return address.with_cursor(None).viewed_as("").query_string()


def selection_before(request: SignedInRequest) -> UUID | None:
    """The selection of the list page that led here.

    Its links were written before the ticks were made, so they can't carry the selection.
    """
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        return None
    before = urlsplit(referer)
    selection = QueryDict(before.query).get("selection", "") if before.path == reverse("task-list") else ""
    with suppress(selecting.BadSelection):
        return ticks.selection_uuid(selection)
    return None
