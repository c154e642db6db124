"""Disable: closes an account, and stops what its person has under way, if that is wanted.

An account is `access`'s, and a deletion `deletions`', which lies above it: only a room above both can ask for the two
at once. The page with the button is `access`'s; a template tag of `deletions` shows on it what is under way.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from dashboard.access.people import asking, closing
from dashboard.access.people.views import back, by, named, person_page
from dashboard.access.permissions import MANAGE_PEOPLE, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.deletions import actions
from dashboard.deletions.actions import leaving
from dashboard.pages.refusals import refused

CHOICES = ("stop", "go_on")
UNDECIDED = "Say what happens to it first: stop it, or let it go on."


@require_POST
@permission_required(MANAGE_PEOPLE)
def person_disable(request: SignedInRequest, person: int) -> HttpResponse:
    """The account is closed first: what is stopped then is all there can be. If this process dies between the two, the
    person's page shows what still goes on, with a link to its own **Stop the rest**."""
    row = get_object_or_404(User, pk=person)
    wanted, theirs = request.POST.get("deletions", ""), leaving.under_way(row)
    if row.is_active and theirs and wanted not in CHOICES:
        return person_page(request, row, status=422, undecided=UNDECIDED)
    try:
        closing.disable(person=row, by=by(request), deletions=wanted if theirs else "")
    except asking.Refused as refusal:
        return refused(request, str(refusal), status=409)
    sentence = f"{named(row)} is disabled and signed out everywhere."
    if theirs and wanted == "stop":
        asked = by(request)
        left = leaving.stop_all(person=row, by=actions.By(user=asked.user, address=asked.address), now=clock.now())
        codes = ", ".join(deletion.code for deletion in left)
        sentence += (
            f" These could not be stopped, look at them: {codes}." if left else " What they had under way is stopped."
        )
    elif theirs:
        sentence += " What they had under way goes on."
    return back(request, row, sentence, signed_out=True)
