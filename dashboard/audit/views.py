from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.audit import chain, signing
from dashboard.audit.filters import AuditFilterForm
from dashboard.audit.listing import confirmed_by, is_call, page_of
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.pages.downloads import download
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.refusals import refused
from dashboard.pages.spreadsheet import csv_file

AT_ONCE = 500
"""Entries of an export whose confirmations are read in one query."""
PAGE = "audit/audit_log.html"
COLUMNS = ["sequence", "at", "actor", "address", "action", "subject", "detail", "previous_hash", "hash"]


@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    try:
        form.validate()
    except BadFilter as bad:
        return _refused(request, form, bad)
    page = page_of(form.events(), form.cursor)
    context = {
        "form": form,
        "page": page,
        "newer": form.page_at(page.newer),
        "older": form.page_at(page.older),
        "head": AuditHead.objects.filter(pk=chain.HEAD).first() or AuditHead(),
        "query": form.query_string(),
    }
    return render(request, PAGE, context)


@require_safe
def audit_export_csv(request: HttpRequest) -> HttpResponseBase:
    return _export(request, _csv, name="audit-log.csv")


@require_safe
def audit_export_json(request: HttpRequest) -> HttpResponseBase:
    return _export(request, _json_lines, name="audit-log.jsonl")


@require_safe
def audit_keys(request: HttpRequest) -> JsonResponse:
    """The public keys of certificates, the newest first."""
    keys = [
        {"id": key.id, "algorithm": signing.ALGORITHM, "public_key": key.public_key}
        | {"since": key.since.isoformat(), "entry": key.entry}
        for key in signing.known_keys()
    ]
    return JsonResponse({"keys": keys})


def _export(
    request: HttpRequest, lines_of: Callable[[Iterator[AuditEvent]], Iterator[str]], *, name: str
) -> HttpResponseBase:
    form = AuditFilterForm(request.GET)
    try:
        form.validate()
    except BadFilter as bad:
        return _refused(request, form, bad)
    events = chain.in_order(form.events())
    return download(request, lines_of(events), name=name)


def _csv(events: Iterator[AuditEvent]) -> Iterator[str]:
    columns = [*COLUMNS, "confirmed_by"]
    rows = ([*(_cell(event, name) for name in COLUMNS), person] for event, person in _with_who_confirmed(events))
    return csv_file(columns, rows, zone=timezone.get_current_timezone())


def _with_who_confirmed(events: Iterator[AuditEvent]) -> Iterator[tuple[AuditEvent, str]]:
    """Each event, with the person who confirmed the deletion if it is a call's."""
    while some := list(islice(events, AT_ONCE)):
        people = confirmed_by(event.subject for event in some if is_call(event))
        yield from ((event, people.get(event.subject, "") if is_call(event) else "") for event in some)


def _cell(event: AuditEvent, name: str) -> Any:
    value = getattr(event, name)
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if name == "detail" else value


def _json_lines(events: Iterator[AuditEvent]) -> Iterator[str]:
    for event in events:
        # The salts stay out: with one, a name could still be proven from an old download after it was erased.
        yield chain.canonical({name: value for name, value in chain.as_dict(event).items() if name != "salts"}) + "\n"


def _refused(request: HttpRequest, form: AuditFilterForm, bad: BadFilter) -> HttpResponse:
    return refused(request, str(bad), status=400, page=PAGE, wrong=bad.wrong, form=form)
