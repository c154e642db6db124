from __future__ import annotations

from django.db.models import BooleanField, F, Func, Q

from dashboard.register.models import NOT_FINISHED, UNFINISHED


class IsUnfinished(Func):
    """In the words of the index `task_unfinished`: SQLite uses that for no values beside the statement."""

    template = f"%(expressions)s IN ({', '.join(repr(status.value) for status in NOT_FINISHED)})"
    output_field = BooleanField()

    def __init__(self) -> None:
        super().__init__(F("status"))


def of_status(wanted: str) -> Q:
    if wanted == UNFINISHED:
        return Q(IsUnfinished())
    return Q(status=wanted) if wanted else Q()


def statuses(wanted: str) -> list[str]:
    """Those that a task may have."""
    return [*NOT_FINISHED] if wanted == UNFINISHED else [wanted] if wanted else []
