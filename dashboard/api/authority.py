"""What a call needs: a scope of its token, and the right of its person."""

from __future__ import annotations

from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja.security import HttpBearer

from dashboard.access.models import Token as Row
from dashboard.access.permissions import LOOK, REFUSALS
from dashboard.access.requests import Call, client_address
from dashboard.access.tokens.scopes import Scope
from dashboard.api.refusing import Problem
from dashboard.deletions import actions


class Token(HttpBearer):
    """One of the scopes is enough."""

    openapi_description = "Made on the page My account."

    def __init__(self, *scopes: Scope, permission: str = LOOK) -> None:
        super().__init__()
        self.scopes, self.permission = scopes, permission

    def __call__(self, request: HttpRequest) -> Row:
        token = cast(Call, request).token
        if not {*self.scopes} & {*token.scopes}:
            needed = " or ".join(self.scopes)
            scopes = f"This needs the scope {needed}, and the token has {', '.join(token.scopes)}."
            challenge = f'Bearer realm="TensorsLab tasks", error="insufficient_scope", scope="{" ".join(self.scopes)}"'
            raise Problem(scopes, status=403, kind="scope-missing", headers={"WWW-Authenticate": challenge})
        if not request.user.has_perm(self.permission):
            raise PermissionDenied(REFUSALS[self.permission])
        return token

    def authenticate(self, request: HttpRequest, token: str) -> None:
        """Was done before, for every call."""


def by(request: Call) -> actions.By:
    """The log names the token beside its person."""
    return actions.By(user=request.user, address=client_address(request), token=request.token.name)
