"""What outlives the database: a deletion's certificate, as a page and as data, and the receipt of one item."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.calls.models import Kind
from dashboard.deletions.certificates import issued, receipts
from dashboard.deletions.certificates.issued import NotIssued
from dashboard.deletions.models import Certificate, Deletion
from dashboard.pages.downloads import download
from dashboard.pages.refusals import refused

NO_NUMBER = "The number of a certificate is 1 or above."
NO_TASK = "A receipt is for one task. Give its kind, image or video, and its id."
NOT_IN_IT = "This task was not part of this deletion."


def _unless_refused(
    request: SignedInRequest, deletion: Deletion, answer: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    try:
        return answer()
    except NotIssued as reason:
        return refused(request, str(reason), status=409, deletion=deletion)


@require_safe
def certificate_page(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    deletion = get_object_or_404(Deletion, uuid=uuid)

    def page() -> HttpResponse:
        certificate = issued.newest(deletion)
        context = {
            "deletion": deletion,
            "certificate": certificate,
            "said": issued.said(certificate),
            "opened": issued.opened(deletion),
            "results": deletion.results(),
            "inspections": deletion.inspections.filter(at__isnull=False).order_by("at"),
            "before": deletion.certificates.issued().filter(number__lt=certificate.number),
            "kinds": Kind.choices,
        }
        return render(request, "deletions/certificate.html", context)

    return _unless_refused(request, deletion, page)


@require_safe
def certificate_json(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """The newest one; with `number` an earlier one."""
    deletion = get_object_or_404(Deletion, uuid=uuid)
    number = request.GET.get("number", "")
    if number and not (number.isascii() and number.isdigit() and len(number) < 9):
        return refused(request, NO_NUMBER, status=400, deletion=deletion)

    def file() -> HttpResponseBase:
        certificate = _numbered(deletion, int(number)) if number else issued.newest(deletion)
        name = f"certificate-{deletion.code}-{certificate.number}.json"
        return download(request, iter([issued.as_json(certificate, issued.opened(deletion))]), name=name)

    return _unless_refused(request, deletion, file)


@require_safe
def receipt_json(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    deletion = get_object_or_404(Deletion, uuid=uuid)
    kind, task_id = request.GET.get("kind", ""), request.GET.get("task_id", "").strip()
    if kind not in Kind.values or not task_id or "\0" in task_id:
        return refused(request, NO_TASK, status=400, deletion=deletion)

    def file() -> HttpResponseBase:
        found = receipts.receipt(deletion, kind=kind, task_id=task_id)
        if found is None:
            return refused(request, NOT_IN_IT, status=404, deletion=deletion)
        return download(request, iter([found]), name=f"receipt-{deletion.code}.json")

    return _unless_refused(request, deletion, file)


def _numbered(deletion: Deletion, number: int) -> Certificate:
    certificate = deletion.certificates.issued().filter(number=number).first()
    if certificate is None:
        raise Http404
    return certificate
