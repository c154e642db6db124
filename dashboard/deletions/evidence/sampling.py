"""Random samples of a deletion, and what they show.

Of all tasks with a Success some are picked at random, each with the same chance, and looked up. Other look-ups (ends of
lists, the canary) find other faults; they are not random, and are counted separately. The bound is the exact one for
drawing without replacement: the largest number of tasks still there at which so few of the sample would be found there
with a probability above 5 % (Buonaccorsi, "A note on confidence intervals for proportions in finite populations", The
American Statistician 41, 1987; Cochran, "Sampling Techniques", 3.6).
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, lgamma

from django.conf import settings

from dashboard.database import sql
from dashboard.database.sql import Sql
from dashboard.deletions.models import Deletion, DeletionItem, Outcome
from dashboard.deletions.moves import ITEMS, change_items, shift_counters

CONFIDENCE = 0.95
AT_LEAST = 30
"""The least number of random look-ups, if the deletion has as many."""
USUALLY, ONE_IN = 60, 100
"""How many are picked on average: one of a hundred, but at least `USUALLY`."""
CERTAINTY = 2**53

Picked = DeletionItem.Picked
dice = random.SystemRandom()


@dataclass(frozen=True, kw_only=True)
class Sample:
    said: int
    """Tasks with a Success that were not looked up."""
    looked_up: int
    gone: int
    there: int
    open: int = 0
    """Picked at random, and without an answer: they may still be there."""

    @property
    def of(self) -> int:
        """The number of tasks from which the sample was picked."""
        return self.said + self.looked_up

    @property
    def at_most_there(self) -> int:
        return at_most(self.of, self.looked_up + self.open, self.there + self.open)


def sample_of(deletion: Deletion) -> Sample | None:
    """None if there was no Success, or look-ups are off."""
    gone, there = deletion.sample_gone, deletion.sample_there
    if not (deletion.said + gone + there) or (settings.DELETION_VERIFY == "none" and not gone + there):
        return None
    open = min(max(deletion.sample_picked - gone - there, 0), deletion.said)
    return Sample(said=deletion.said, looked_up=gone + there, gone=gone, there=there, open=open)


def at_most(total: int, looked_up: int, there: int, *, confidence: float = CONFIDENCE) -> int:
    """The most of `total` that are there, with this confidence, if `there` of `looked_up` random ones were."""
    low, high = there, total - (looked_up - there)
    while low < high:
        middle = (low + high + 1) // 2
        if _so_few(total, middle, looked_up, there) > 1 - confidence:
            low = middle
        else:
            high = middle - 1
    return low


def _so_few(total: int, marked: int, drawn: int, found: int) -> float:
    """Probability that of `drawn` without replacement at most `found` are among the `marked`: hypergeometric."""
    least = max(0, drawn - (total - marked))
    ways = (_choose(marked, n) + _choose(total - marked, drawn - n) for n in range(least, min(found, marked) + 1))
    return sum(exp(way - _choose(total, drawn)) for way in ways)


def _choose(whole: int, part: int) -> float:
    """Logarithm of the binomial coefficient."""
    return lgamma(whole + 1) - lgamma(part + 1) - lgamma(whole - part + 1)


def picks(number: int, *, size: int, everything: bool) -> list[Picked | None]:
    """The items of a list with a Success that are looked up, in its order. `size` is that of the whole deletion."""
    if everything:
        return [Picked.BESIDES] * number
    if settings.DELETION_VERIFY == "none":
        return [None] * number
    chance = 1.0 if settings.DELETION_VERIFY == "all" else max(USUALLY, size / ONE_IN) / max(size, 1)
    # Each is picked independently: whatever the number of picks, every choice of so many is as likely.
    chosen = [Picked.RANDOM if secrets.randbelow(CERTAINTY) < chance * CERTAINTY else None for _ in range(number)]
    # A list that the provider cuts short lacks its end or its beginning.
    return [pick or (Picked.BESIDES if place in (0, number - 1) else None) for place, pick in enumerate(chosen)]


def top_up(deletion_id: int, *, now: datetime, lag: float) -> bool:
    """Adds to the random sample, once, if a deletion is otherwise done and too few were looked up. True if it did.

    The new ones are picked at random from the others, so that the whole sample stays random.
    """
    deletion = Deletion.objects.get(pk=deletion_id)
    short = AT_LEAST - deletion.sample_gone - deletion.sample_there
    if settings.DELETION_VERIFY != "sample" or deletion.topped_up_at or short <= 0 or not deletion.said:
        return False
    chosen = _unpicked(deletion, short)
    shift_counters(deletion_id, {}, topped_up_at=now, sample_picked=Sql(f"sample_picked + {len(chosen):d}"))
    due = now + timedelta(seconds=lag)
    return bool(change_items(chosen, {"picked": Picked.RANDOM, "not_before": due, "failures": 0})) if chosen else False


def _unpicked(deletion: Deletion, number: int) -> Sequence[int]:
    found = sql.rows(
        f"SELECT id FROM {ITEMS} WHERE deletion_id = %s AND outcome = %s AND evidence = 'said' AND picked IS NULL",  # nosec B608 # only names from the code
        deletion.pk,
        Outcome.DELETED,
    )
    keys = [pk for (pk,) in found]
    return dice.sample(keys, min(number, len(keys)))
