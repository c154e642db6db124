from __future__ import annotations

from dashboard.access.requests import SignedInRequest, client_address
from dashboard.deletions import actions


def by(request: SignedInRequest) -> actions.By:
    return actions.By(user=request.user, address=client_address(request))
