"""Above `DELETION_REAUTH_ABOVE` tasks, people show that it is them before they confirm or approve: sessions are left
open."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect

from dashboard.access.requests import SignedInRequest
from dashboard.access.signing_in import fresh
from dashboard.calls import clock
from dashboard.deletions import actions
from dashboard.deletions.models import Deletion
from dashboard.deletions.views.answers import by


def before_confirming(request: SignedInRequest, deletion: Deletion, *, reason: str, typed: str) -> HttpResponse | None:
    """Leads to where it is shown, and from there back to this draft, which keeps the reason; None if nothing is asked.

    What is wrong with the form is told before that.
    """
    if not _is_asked(request, deletion) or actions.check_confirmation(deletion, reason=reason.strip(), typed=typed):
        return None
    actions.keep_reason(deletion=deletion, by=by(request), reason=reason, now=clock.now())
    return _lead(request, deletion)


def before_approving(request: SignedInRequest, deletion: Deletion) -> HttpResponse | None:
    return _lead(request, deletion) if _is_asked(request, deletion) else None


def _is_asked(request: SignedInRequest, deletion: Deletion) -> bool:
    return actions.is_person_asked(deletion) and not fresh.is_fresh(request)


def _lead(request: SignedInRequest, deletion: Deletion) -> HttpResponse:
    address = fresh.address(deletion.get_absolute_url())
    return HttpResponse(headers={"HX-Redirect": address}) if request.htmx else HttpResponseRedirect(address, status=303)
