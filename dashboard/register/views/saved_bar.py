"""The line above the list that tells which saved view it was opened as."""

from __future__ import annotations

from django.http import QueryDict
from django.urls import reverse

from dashboard.access.requests import SignedInRequest
from dashboard.register.listing import Address
from dashboard.register.models import SavedView
from dashboard.register.saved_views import keeping


def bar(request: SignedInRequest, address: Address, *, look: str) -> dict[str, object]:
    """What the list says about the view that it was opened as, and where it is saved."""
    kept = address.kept(look=look)
    view = SavedView.objects.visible_to(request.user).filter(uuid=address.saved).first() if address.saved else None
    context: dict[str, object] = {"save_url": f"{reverse('view-new')}?{kept}", "saved_gone": address.saved and not view}
    if view is None:
        return context
    # Without a look in the address it is the view's own.
    own_look = QueryDict(view.query).get("view", look)
    return context | {
        "saved": view,
        "saved_changed": address.kept(look=own_look) != view.query,
        "saved_may_change": keeping.may_change(view, request.user),
        "saved_update_url": f"{reverse('view-update', args=[view.uuid])}?{kept}",
    }
