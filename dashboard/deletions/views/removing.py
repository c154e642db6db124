"""Remove from this deletion, on the page of a draft."""

from __future__ import annotations

import re
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from dashboard.access.permissions import DELETE_TASKS, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.deletions import actions
from dashboard.deletions.actions import Refused
from dashboard.deletions.models import Deletion
from dashboard.deletions.views.answers import by
from dashboard.deletions.views.items import BadPlace, Place
from dashboard.pages.refusals import refused

NO_ITEM = "This request names no task. Go back to the page and use a button there."


@require_POST
@permission_required(DELETE_TASKS)
def deletion_remove(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    deletion = get_object_or_404(Deletion, uuid=uuid)
    item = request.POST.get("item", "")
    if not re.fullmatch(r"[0-9]{1,18}", item, re.ASCII):
        return refused(request, NO_ITEM, status=422, deletion=deletion)
    try:
        place = Place.parsed(request.POST)
        actions.remove_item(deletion=deletion, item=int(item), by=by(request), now=clock.now())
    except BadPlace as bad:
        return refused(request, str(bad), status=422, deletion=deletion)
    except Refused as refusal:
        return refused(request, str(refusal), status=409, deletion=deletion)
    # The page that it was on, which begins with an item that may have been this one: the next one takes its place.
    return HttpResponseRedirect(f"{deletion.get_absolute_url()}?{place.query}#items", status=303)
