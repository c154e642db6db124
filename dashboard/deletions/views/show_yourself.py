"""Above `DELETION_REAUTH_ABOVE` tasks, whoever confirms shows first that it is them: sessions are left open."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect

from dashboard.access.requests import SignedInRequest
from dashboard.access.signing_in import fresh
from dashboard.calls import clock
from dashboard.deletions import actions
from dashboard.deletions.models import Deletion
from dashboard.deletions.views.answers import by


def first(request: SignedInRequest, deletion: Deletion, *, reason: str, typed: str) -> HttpResponse | None:
    """Leads to where it is shown, and from there back to this draft, which keeps the reason; None if nothing is asked.

    What is wrong with the form is told before that.
    """
    if not actions.is_person_asked(deletion) or fresh.is_fresh(request):
        return None
    if actions.check_confirmation(deletion, reason=reason.strip(), typed=typed):
        return None
    actions.keep_reason(deletion=deletion, by=by(request), reason=reason, now=clock.now())
    address = fresh.address(deletion.get_absolute_url())
    return HttpResponse(headers={"HX-Redirect": address}) if request.htmx else HttpResponseRedirect(address, status=303)
