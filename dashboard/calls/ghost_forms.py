"""How TensorsLab answers about an id that never existed: only in that very form is "no such task" believed.

It is learnt by majority over minutes, since a ghost may meet a busy moment.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from dashboard.calls.models import Control

THERE = "there"
"""The form of every answer that describes a task."""
GHOSTS = 5
"""So many answers of one form make it the usual one, where no ghost was answered otherwise."""
DISPUTED = 12
"""By so many answers it must lead where ghosts are answered in several ways. Should three look-ups in ten be busy, that
is taken for the usual form once in 26,000 times, (3/7)^12; a lead of five would be reached once in 70 times."""
REMEMBERED, REMEMBERED_FOR = 60, timedelta(minutes=10)
"""How many answers to ghosts are looked at, and how old they may be."""


def usual_form(control: Control, *, now: datetime) -> str:
    """How ghosts are answered. Empty while that is not known."""
    form, lacking = leader(control, now)
    return "" if lacking else form


def leader(control: Control, now: datetime) -> tuple[str, int]:
    """The form in which most ghosts were answered of late, and how many more answers would make it the usual one."""
    first, second = [*Counter(form for _, form in recent(control, now)).most_common(2), ("", 0), ("", 0)][:2]
    lead = first[1] - second[1]
    return first[0], max(0, (DISPUTED if second[1] else GHOSTS) - lead)


def recent(control: Control, now: datetime) -> list[list[Any]]:
    since, until = (now - REMEMBERED_FOR).timestamp(), now.timestamp()
    return [entry for entry in control.forms if since <= entry[0] <= until][-REMEMBERED:]


def is_unproven(control: Control) -> bool:
    """Whether a witness is still to be found while it is known how ghosts are answered."""
    return not control.proven_form and not control.exhausted
