"""`READ_ONLY`: nothing is changed and nothing is sent, for maintenance and for auditors.

- Nobody has a right that writes, whoever they are: so pages have no buttons for it, and Django's admin only shows.
- Every request that could write is refused, whatever the page had. Visits that keep something by the way keep nothing.
- Commands that write refuse (`require_writing`), and a worker only reports that it is there.

Signing in and out goes on. It writes sessions, and entries of the log.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.management.base import CommandError
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from dashboard.access.permissions import READ_ONLY, READING
from dashboard.pages.refusals import permission_denied

SIGNING_IN = (
    *("login", "login-second-factor", "login-passkey", "login-passkey-options"),
    *("logout", "admin:logout"),
)
ONLY_WRITES = {
    "rule-new",
    "rule-change",
    "person-add",
    "role-limits",
    "task-looks",
    "view-new",
    "view-detail",
    "join",
    "admin-password-change",
}
"""Pages that are nothing but a form. Those that need a right are refused for the lack of it."""
HARMLESS = {"GET", "HEAD", "OPTIONS"}


class ReadOnlyMiddleware(MiddlewareMixin):
    """Comes after the sign-in: who is signed out learns nothing but where to sign in."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if not settings.READ_ONLY:
            return None
        match = request.resolver_match
        writes = request.method not in HARMLESS and request.path not in map(reverse, SIGNING_IN)
        if writes or (match and match.url_name in ONLY_WRITES):
            return permission_denied(request, PermissionDenied(READ_ONLY))
        if request.user.is_authenticated:
            take_rights(request.user)
        return None


def take_rights(person: Any) -> None:
    """Leaves this one object, for the length of a request, only rights to look. Nothing is saved."""
    has_perm = person.has_perm

    def may_look(permission: str, obj: Any = None) -> bool:
        looks = permission in READING or permission.partition(".")[2].startswith("view_")
        return looks and bool(has_perm(permission, obj))

    person.has_perm = may_look


def require_writing() -> None:
    """For commands that write."""
    if settings.READ_ONLY:
        raise CommandError("READ_ONLY is on, so nothing was changed and nothing was sent. Unset it first.")
