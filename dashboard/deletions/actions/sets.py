"""Drafts of what is named in words, and not ticked on a page: all that match a filter, or tasks by their ids."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from dashboard.deletions.actions.asking import By
from dashboard.deletions.actions.drafting import draft
from dashboard.deletions.models import Deletion
from dashboard.register import presses
from dashboard.register.filters.filter import Filter
from dashboard.register.models import Selection


@transaction.atomic
def draft_matching(*, filter: Filter, reason: str, by: By, now: datetime) -> tuple[Deletion, int]:
    """What matches at this moment, and the number of starred tasks that were left out. Raises `NothingSelected`."""
    selection = presses.select_all(user=by.user, filter=filter)
    return _drafted(selection, back=filter.query_string(), reason=reason, by=by, now=now), selection.starred_out


@transaction.atomic
def draft_named(*, numbers: Collection[int], reason: str, by: By, now: datetime) -> Deletion:
    """The tasks of these rows; those that can't be deleted are skipped, and say why. Raises `NothingSelected`."""
    selection = presses.add_numbers(user=by.user, numbers=numbers, selection=None)
    return _drafted(selection, back="", reason=reason, by=by, now=now)


def _drafted(selection: Selection, *, back: str, reason: str, by: By, now: datetime) -> Deletion:
    deletion = draft(selection=selection, by=by, back=back, made={"reason": reason}, now=now)
    # No page knows it, and a draft that is frozen in steps has a copy of its own.
    selection.delete()
    return deletion
