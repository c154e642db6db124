from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

LOOK = "access.look"
DELETE_TASKS = "access.delete_tasks"
IMPORT_TASKS = "access.import_tasks"
ALLOW_HOSTS = "access.allow_hosts"

REFUSALS = {
    LOOK: "This account may not look at tasks yet. An administrator can add it to the group viewer or operator.",
    DELETE_TASKS: "This account may look, but not delete tasks. An administrator can add it to the group operator.",
    IMPORT_TASKS: "This account may look, but not import tasks. An administrator can add it to the group operator.",
    ALLOW_HOSTS: "From which hosts pictures are shown is for an administrator to decide.",
}

View = Callable[..., HttpResponseBase]


def permission_required(permission: str) -> Callable[[View], View]:
    """Answers 403 with the sentence for `permission`: as a page, or for htmx as a fragment (`refusals.py`)."""
    refusal = REFUSALS[permission]

    def decorator(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied(refusal)
            return view(request, *args, **kwargs)

        return checked

    return decorator
