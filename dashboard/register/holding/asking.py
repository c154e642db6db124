"""What holding and releasing have in common: who asks, for which frozen set, and what can't be asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from dashboard.pages import moments
from dashboard.pages.filter_forms import DayField
from dashboard.pages.foreign import is_blank, quoted
from dashboard.register import membership, selecting
from dashboard.register.models import Selection, TaskQuerySet
from dashboard.register.models.holds import LONGEST_REASON
from dashboard.register.selecting import Role


class Invalid(Exception):
    """What was typed can't be used; `errors` has a sentence for each field, under `""` for the form as a whole."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


class Refused(Exception):
    """It was done already, or can't be done any more. The text is for the person who asked."""


@dataclass(frozen=True, kw_only=True)
class By:
    user: User
    address: str = ""

    @property
    def name(self) -> str:
        return self.user.get_username()


def reason_errors(reason: str, *, stays: str) -> dict[str, str]:
    if is_blank(reason):
        return {"reason": f"Give a reason. {stays}"}
    if len(reason) > LONGEST_REASON:
        return {"reason": f"The reason has {len(reason):,} characters. Use at most {LONGEST_REASON}."}
    return {"reason": "The reason holds a NUL character. Remove it."} if "\0" in reason else {}


def until_of(text: str, *, now: datetime, besides: dict[str, str] | None = None) -> datetime | None:
    """The end of that day in the person's zone; None if there is none. Raises `Invalid`, with what else is wrong."""
    others = besides or {}
    try:
        day = DayField(required=False).clean(text)
    except ValidationError:
        raise Invalid({**others, "until": f"Until: {quoted(text)} is not a day. {DayField.how}"}) from None
    end = moments.end_of(day) if day else None
    if end is not None and end < now:
        raise Invalid(
            {**others, "until": f"Until: {quoted(text)} is over. Choose today or a later day, or leave it empty."}
        )
    return end


def frozen(selection: Selection) -> Selection:
    """What is selected at this moment, in a copy that nobody ticks or clears."""
    return selecting.copy(selection, role=Role.DRAFT)


def frozen_of_one(task: int, *, user: User) -> Selection:
    return frozen_of([task], user=user)


@transaction.atomic
def frozen_of(tasks: Collection[int], *, user: User) -> Selection:
    selection: Selection = Selection.objects.create(user=user, role=Role.DRAFT)
    membership.change(selection, entered=tasks, left=())
    selection.save(update_fields=["count"])
    return selection


def found(uuid: UUID, *, user: User) -> Selection | None:
    """A frozen set of this person."""
    return Selection.objects.filter(uuid=uuid, user=user, role=Role.DRAFT).first()


def tasks_of(selection: Selection) -> TaskQuerySet:
    return selecting.selected(selection)


def holdable(selection: Selection) -> int:
    """How many of its tasks can be held: those that are deleted or missing can't."""
    return tasks_of(selection).filter(listed=1).count()
