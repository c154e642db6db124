"""The form of TensorsLab's answer about an id that never existed: "no such task" is believed only in that form.

It is learnt by majority over minutes, since some ghosts may meet a busy provider.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from dashboard.calls.models import Control

THERE = "there"
"""The form of every answer that describes a task."""
GHOSTS = 5
"""Answers of one form that make it the usual one, if all ghosts were answered in it."""
DISPUTED = 12
"""The lead that a form needs if ghosts are answered in several. If three look-ups in ten are busy, the busy form gets
this lead once in 26,000 times, (3/7)^12; it would get a lead of five once in 70 times."""
REMEMBERED, REMEMBERED_FOR = 60, timedelta(minutes=10)
"""The number of answers to ghosts that count, and their greatest age."""


def usual_form(control: Control, *, now: datetime) -> str:
    """The form in which ghosts are answered. Empty while it is not known."""
    form, lacking = leader(control, now)
    return "" if lacking else form


def leader(control: Control, now: datetime) -> tuple[str, int]:
    """The most frequent form of recent answers to ghosts, and how many more answers would make it the usual one."""
    first, second = [*Counter(form for _, form in recent(control, now)).most_common(2), ("", 0), ("", 0)][:2]
    lead = first[1] - second[1]
    return first[0], max(0, (DISPUTED if second[1] else GHOSTS) - lead)


def recent(control: Control, now: datetime) -> list[list[Any]]:
    since, until = (now - REMEMBERED_FOR).timestamp(), now.timestamp()
    return [entry for entry in control.forms if since <= entry[0] <= until][-REMEMBERED:]


def is_unproven(control: Control) -> bool:
    """Whether no witness was found yet while the form of ghosts was known."""
    return not control.proven_form and not control.exhausted
