from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

LOOK = "access.look"
DELETE_TASKS = "access.delete_tasks"
IMPORT_TASKS = "access.import_tasks"
ALLOW_HOSTS = "access.allow_hosts"
APPROVE_DELETIONS = "access.approve_deletions"
HOLD_TASKS = "access.hold_tasks"
RELEASE_HOLDS = "access.release_holds"
MANAGE_PEOPLE = "access.manage_people"
FORGET_TASKS = "access.forget_tasks"

REFUSALS = {
    LOOK: "This account may not look at tasks yet. An administrator can make it a viewer or an operator.",
    DELETE_TASKS: "This account may look, but not delete tasks. An administrator can make it an operator.",
    IMPORT_TASKS: "This account may look, but not import tasks. An administrator can make it an operator.",
    ALLOW_HOSTS: "From which hosts pictures are shown is for an administrator to decide.",
    APPROVE_DELETIONS: "This account may not approve deletions. An administrator can make it an approver.",
    HOLD_TASKS: "This account may not hold tasks. An administrator can make it an operator.",
    RELEASE_HOLDS: "This account may not release holds. An administrator can make it an approver.",
    MANAGE_PEOPLE: "People, roles and limits are for an administrator to change.",
    FORGET_TASKS: "What is erased for good is for an administrator to decide.",
}

READING = {LOOK, MANAGE_PEOPLE}
"""What is left of them with `READ_ONLY`: pages that others see are shown."""
READ_ONLY = "The dashboard is read-only now, for maintenance or an audit. Nothing was changed."

View = Callable[..., HttpResponseBase]


def permission_required(permission: str) -> Callable[[View], View]:
    """Answers 403 with the sentence for `permission`: as a page, or for htmx as a fragment (`refusals.py`)."""
    refusal = REFUSALS[permission]

    def decorator(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                taken = settings.READ_ONLY and permission not in READING
                raise PermissionDenied(READ_ONLY if taken else refusal)
            return view(request, *args, **kwargs)

        return checked

    return decorator
