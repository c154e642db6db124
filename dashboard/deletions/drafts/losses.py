"""Tells, beside a selection, which of its tasks other people's deletions took."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet

from dashboard.database import marks, proposals
from dashboard.deletions.drafts.eligibility import Takers, blocked, taken_by, takers
from dashboard.register import membership
from dashboard.register.counting import COUNT_CAP, in_words
from dashboard.register.models import Presence, Selection, TrackedTask
from dashboard.register.selecting import Summary

FEW = 5000
"""Ticks of one person, by hand, that are looked at again whenever the toolbar is drawn."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A selection as the toolbar shows it."""

    count: int
    """The number of its tasks that can be deleted."""
    words: str
    losses: list[str]


def standing_of(selection: Selection, said: Summary, *, user: User) -> Standing:
    """Of what somebody ticked it is told why it can't be deleted now; of what a press brought, what others took."""
    ticked = marks.ticked(selection.pk, limit=FEW)
    lost = TrackedTask.objects.filter(proposals.one_of(ticked)).exclude(presence=Presence.PRESENT, held_by="")
    some_lost = bool(ticked) and lost.exists()
    some_pressed = selection.count > len(ticked)
    others = takers(besides=user, since=selection.created_at) if some_lost or some_pressed else {}
    losses = _of_ticked(lost, others) if some_lost else Counter[str]()
    taken = _of_pressed(selection, others) if some_pressed and others else Counter[str]()
    number = losses.total() + taken.total()
    left = replace(said, count=max(said.count - number, 0), all=said.all and not number)
    told = [_loss(f"{number:,}", why) for why, number in losses.items()]
    told += [_loss(in_words(number), taken_by(name)) for name, number in taken.items()]
    return Standing(count=left.count, words=left.words, losses=told)


def _loss(number: str, why: str) -> str:
    return f"{number} {why[0].lower()}{why[1:]}"


def _of_ticked(lost: QuerySet[TrackedTask], others: Takers) -> Counter[str]:
    """Why they can't be deleted now, and how many."""
    reasons = lost.annotate(why=blocked(others=others)).values_list("why").annotate(number=Count("pk"))
    return Counter({why: number for why, number in reasons.order_by("-number", "why") if why})


def _of_pressed(selection: Selection, others: Takers) -> Counter[str]:
    """How many each took, of as many as are counted anywhere."""
    names = {uuid: name for name, theirs in others.items() for uuid in theirs}
    # What was deleted before is not in it; asking so spares looking at old tombstones.
    gone = Q(presence=Presence.DELETED, deleted_at__gte=selection.created_at)
    taken = TrackedTask.objects.filter(gone | Q(presence=Presence.DELETING), last_deletion__in=names)
    taken = taken.filter(membership.each_asked(selection.pk), membership.each_asked(selection.pk, of="pressed"))
    by_deletion = taken.order_by().values_list("last_deletion", flat=True)[: COUNT_CAP + 1]
    return Counter(names[uuid] for uuid in by_deletion if uuid)
