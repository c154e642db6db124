from __future__ import annotations

from django.db.models import BooleanField, F, Func, Q

from dashboard.register.models import Held
from dashboard.register.search import predicate


class IsHeld(Func):
    """In the words of the index `task_held`: SQLite uses that for no value beside the statement."""

    template = "%(expressions)s > ''"
    output_field = BooleanField()

    def __init__(self) -> None:
        super().__init__(F("held_by"))


def held(wanted: str) -> Q:
    if wanted == Held.YES:
        return Q(IsHeld())
    # One by one, since hardly any is.
    return predicate.opaque(Q(held_by="")) if wanted else Q()
