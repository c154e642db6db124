"""Rules take in what comes: in the transaction that adds or changes tasks, so that none of them is ever there unheld.

A rule that is made meanwhile waits for such transactions (`rules.make`), and these look for rules after they have
written: so either sees the other's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef

from dashboard.database import prompt_reading, proposals
from dashboard.register.holding import covered, matching
from dashboard.register.models import HeldTask, Hold, TrackedTask

AT_ONCE = 500
"""Tasks that are held against a rule by one statement."""


def take_in(numbers: Callable[[], Iterable[int]], *, now: datetime) -> int:
    """Puts tasks that match a rule under its hold, and returns how often that was. `numbers` of the tasks that were
    added or changed are asked for only where there is a rule."""
    rules = list(Hold.objects.rules().order_by("pk"))
    if not rules:
        return 0
    prompt_reading.keep_up()
    given = list(numbers())
    return sum(_taken(rule, given, now=now) for rule in rules)


def _taken(rule: Hold, numbers: Sequence[int], *, now: datetime) -> int:
    filter = matching.of(rule, now=now)
    # Without those that it has already: rows that this transaction did not write stay unlocked.
    under = HeldTask.objects.filter(task=OuterRef("pk"), hold=rule)
    number = 0
    for place in range(0, len(numbers), AT_ONCE):
        some = filter.among(list(numbers[place : place + AT_ONCE])).filter(~Exists(under))
        met = list(some.values_list("pk", flat=True))
        if met:
            number += covered.lay(rule, TrackedTask.objects.filter(proposals.one_of(met)), now=now)
    return number
