from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.audit import chain
from dashboard.audit.filters import AuditFilterForm, InvalidFilter
from dashboard.audit.listing import page_of
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.pages.downloads import download
from dashboard.pages.in_place import in_place
from dashboard.pages.spreadsheet import csv_file

COLUMNS = ["sequence", "at", "actor", "address", "action", "subject", "detail", "previous_hash", "hash"]


@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    try:
        form.validate()
    except InvalidFilter as refusal:
        return _refused(request, form, refusal)
    page = page_of(form.events(), form.cursor)
    context = {
        "form": form,
        "page": page,
        "newer": form.query_string(cursor=page.newer) if page.newer else "",
        "older": form.query_string(cursor=page.older) if page.older else "",
        "head": AuditHead.objects.filter(pk=chain.HEAD).first() or AuditHead(),
        "query": form.query_string(),
    }
    return render(request, "audit/audit_log.html", context)


@require_safe
def audit_export_csv(request: HttpRequest) -> HttpResponseBase:
    return _export(request, kind="csv")


@require_safe
def audit_export_json(request: HttpRequest) -> HttpResponseBase:
    return _export(request, kind="jsonl")


def _export(request: HttpRequest, *, kind: str) -> HttpResponseBase:
    form = AuditFilterForm(request.GET)
    try:
        form.validate()
    except InvalidFilter as refusal:
        return _refused(request, form, refusal)
    events = chain.in_order(form.events())
    lines, content_type = (
        (_csv(events), "text/csv; charset=utf-8") if kind == "csv" else (_json_lines(events), "application/jsonl")
    )
    return download(request, lines, name=f"audit-log.{kind}", content_type=content_type)


def _csv(events: Iterator[AuditEvent]) -> Iterator[str]:
    rows = ([_cell(event, name) for name in COLUMNS] for event in events)
    return csv_file(COLUMNS, rows, zone=timezone.get_current_timezone())


def _cell(event: AuditEvent, name: str) -> Any:
    value = getattr(event, name)
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if name == "detail" else value


def _json_lines(events: Iterator[AuditEvent]) -> Iterator[str]:
    for event in events:
        # With its salt a name or a short reason could still be proven from an old download, after it was erased.
        yield chain.canonical({name: value for name, value in chain.as_dict(event).items() if name != "salts"}) + "\n"


def _refused(request: HttpRequest, form: AuditFilterForm, refusal: InvalidFilter) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        return in_place(str(refusal), status=400, wrong=refusal.wrong)
    return render(request, "audit/audit_log.html", {"form": form, "refusal": str(refusal)}, status=400)
