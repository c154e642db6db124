from __future__ import annotations

import io
import uuid
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access.permissions import IMPORT_TASKS, permission_required
from dashboard.access.requests import SignedInRequest, client_address
from dashboard.calls.models import Kind
from dashboard.pages import bodies
from dashboard.pages.bodies import LARGEST_FILE, MEGABYTE
from dashboard.pages.refusals import refused
from dashboard.register import importing
from dashboard.register.models import PASTED, ImportBatch

PAGE = "register/task_import.html"
SHOWN_AGAIN = 100_000
"""The most characters of pasted rows that are shown again. On a page each may become six."""

EMPTY = "Nothing to check. Choose a file, or paste rows."
BOTH = "There is a file and there are pasted rows. Keep one of them."
WRONG_KIND = "The kind is neither image nor video."
FILE_TOO_LARGE = "The file is larger than 200 MB. Split it, or bring it in with manage.py import_tasks."
FOREIGN = "This check is not yours or no longer exists. Check the rows again."
APPLIED = "These rows were imported before, or are being imported. Nothing was imported again."
NOTHING = "No row of this check can be imported."


# The CSRF check reads the whole body, so it comes last, in `_checked`: after sign-in and permission.
@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt
@permission_required(IMPORT_TASKS)
def task_import(request: SignedInRequest) -> HttpResponseBase:
    if request.method != "POST":
        response = _page(request)
        bodies.give_pass(request, response)
        return response
    try:
        request.POST  # noqa: B018
    except RequestDataTooBig:
        return _page(request, error=_pasted_too_large(), status=413)
    return _checked(request)


@csrf_protect
def _checked(request: SignedInRequest) -> HttpResponseBase:
    upload = request.FILES.get("file")
    text = request.POST.get("rows", "")
    kind = request.POST.get("kind", "")
    if kind and kind not in Kind.values:
        return _page(request, error=WRONG_KIND, status=422, text=text)
    if upload and text.strip():
        return _page(request, error=BOTH, status=422, text=text, kind=kind)
    if not text.strip() and not (upload and upload.size):
        return _page(request, error=EMPTY, status=422, text=text, kind=kind)
    if upload and (upload.size or 0) > LARGEST_FILE:
        return _page(request, error=FILE_TOO_LARGE, status=413, text=text, kind=kind)
    stream: BinaryIO = io.BytesIO(text.encode("utf-8", "replace"))
    if upload:
        stream = cast(BinaryIO, upload.file)
    source = (upload.name if upload else "") or PASTED
    batch = importing.check(source=source, stream=stream, kind=kind, user=request.user)
    if batch.working:
        return redirect("task-import-progress", batch.uuid)
    return _page(request, batch=batch, text=text, kind=kind)


@require_safe
@permission_required(IMPORT_TASKS)
def task_import_progress(request: SignedInRequest, uuid: uuid.UUID) -> HttpResponseBase:
    batch = ImportBatch.objects.filter(uuid=uuid, user=request.user).first()
    if batch is None:
        return refused(request, FOREIGN, status=404, page=PAGE, **_context())
    importing.wake(batch)
    if request.htmx:
        return render(request, "register/_import.html", {"batch": batch})
    return _page(request, batch=batch)


@require_POST
@permission_required(IMPORT_TASKS)
def task_import_apply(request: SignedInRequest, uuid: uuid.UUID) -> HttpResponseBase:
    batch = ImportBatch.objects.filter(uuid=uuid, user=request.user).first()
    if batch is None:
        return _page(request, error=FOREIGN, status=422)
    try:
        batch = importing.apply(batch=batch, actor=request.user, address=client_address(request))
    except importing.AlreadyApplied:
        batch.refresh_from_db()
        return _page(request, error=APPLIED, status=409, batch=batch)
    except importing.Nothing:
        return _page(request, error=NOTHING, status=422, batch=batch)
    if batch.working:
        return redirect("task-import-progress", batch.uuid)
    number = batch.added + batch.updated
    sentence = (
        f"Imported {number:,} task{'' if number == 1 else 's'}: {batch.added:,} added, {batch.updated:,} updated."
    )
    sentence += f" {batch.rejected:,} rejected." if batch.rejected else ""
    messages.success(request, sentence + (f" Too long texts of {batch.cut:,} were cut." if batch.cut else ""))
    return redirect("task-list")


def _page(request: SignedInRequest, *, status: int = 200, error: str = "", **said: Any) -> HttpResponse:
    return render(request, PAGE, {"sentence": error, **_context(**said)}, status=status)


def _context(*, batch: ImportBatch | None = None, text: str = "", kind: str = "") -> dict[str, Any]:
    return {
        "batch": batch,
        "text": text if len(text) <= SHOWN_AGAIN else "",
        "text_left_out": len(text) > SHOWN_AGAIN,
        "kind": kind,
        "kinds": Kind.choices,
        "zone": timezone.get_current_timezone_name(),
    }


def _pasted_too_large() -> str:
    limit = (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) / MEGABYTE
    return f"The pasted rows are larger than {limit:.3g} MB. Save them as a file and choose it instead."
