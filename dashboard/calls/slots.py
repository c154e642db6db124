"""The right to have a call in flight: at most `TENSORSLAB_CONCURRENCY` calls, over all workers and machines."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now

from dashboard.calls.models import ProviderCall, Slot
from dashboard.database.sql import Sql, among, array_of, from_now, update

LEASE_MARGIN = 15.0
LEAST_MARGIN = 5.0
"""Least seconds by which a slot's lease outlasts the call that leaves under it."""
OVER = ExpressionWrapper(Q(lease_until__lt=Now()), output_field=BooleanField())


class Lost(Exception):
    """The slot is not ours any more: its lease ran out, and another process freed it."""


@dataclass(frozen=True, kw_only=True)
class OurSlot:
    """A slot that is leased to us while its row has our token."""

    number: int
    token: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The lease of a slot (`of` is its token) or of a call (`of` is its key), and when it ends unless it is renewed."""

    of: str
    until: datetime | None


def length() -> timedelta:
    return timedelta(seconds=settings.TENSORSLAB_TIMEOUT + LEASE_MARGIN)


def take(limit: int) -> list[OurSlot]:
    """Takes up to `limit` free slots. One with an expired lease is not free until a tick finds it lost."""
    wanted = range(settings.TENSORSLAB_CONCURRENCY)
    Slot.objects.bulk_create([Slot(number=number) for number in wanted], ignore_conflicts=True)
    ours: list[OurSlot] = []
    free = Slot.objects.filter(number__in=wanted, token__isnull=True)
    for number in free.order_by("number").values_list("number", flat=True):
        if len(ours) == limit:
            break
        token = uuid.uuid4()
        if free.filter(number=number).update(token=token, lease_until=Now() + length()):
            ours.append(OurSlot(number=number, token=token))
    return ours


def any_free() -> bool:
    taken = Slot.objects.filter(number__lt=settings.TENSORSLAB_CONCURRENCY, token__isnull=False).count()
    return taken < settings.TENSORSLAB_CONCURRENCY


def lease_end(margin: float = LEASE_MARGIN) -> Sql | datetime:
    """When a lease that is taken now ends, by the database's clock: a value for `dashboard.database.sql`."""
    return from_now(settings.TENSORSLAB_TIMEOUT + margin)


def renew(slot: OurSlot) -> None:
    """Extends the lease. Raises `Lost` if another process freed the slot meanwhile."""
    if not update("calls_slot", {"lease_until": lease_end()}, "number = %s AND token = %s", slot.number, slot.token):
        raise Lost


def renew_all(ours: Sequence[OurSlot]) -> None:
    """Extends the leases of those slots that are still ours."""
    update("calls_slot", {"lease_until": lease_end()}, among("token"), array_of([slot.token for slot in ours]))


def release(slot: OurSlot) -> None:
    Slot.objects.filter(number=slot.number, token=slot.token).update(token=None, lease_until=None)


def taken() -> dict[Lease, bool]:
    """The leases of all taken slots; True for one that has run out."""
    rows = Slot.objects.filter(token__isnull=False).annotate(over=OVER)
    return {Lease(of=str(row.token), until=row.lease_until): row.over for row in rows}


def in_hand() -> dict[Lease, bool]:
    """The leases of all calls in hand (ready or open); True for one that has run out."""
    rows = ProviderCall.objects.in_hand().annotate(over=OVER).values_list("pk", "lease_until", "over")
    return {Lease(of=str(pk), until=until): over for pk, until, over in rows}


def free_lost(lease: Lease) -> None:
    """Frees a slot whose worker was found dead, unless the lease was renewed since."""
    Slot.objects.filter(token=lease.of, lease_until=lease.until).update(token=None, lease_until=None)


class Watch:
    """Finds lost leases: those that two looks in a row find run out.

    A lease is also lost if it was not renewed for its whole length by this process's monotonic clock: if the database's
    clock was put back, a lease would otherwise run out too late.
    """

    def __init__(self) -> None:
        self.since: dict[Lease, float] = {}
        self.over: set[Lease] = set()

    def lost(self, leases: dict[Lease, bool], *, at: float) -> set[Lease]:
        """The leases that are lost. `at` is a moment of `time.monotonic()`."""
        self.since = {lease: self.since.get(lease, at) for lease in leases}
        over = {lease for lease, has_run_out in leases.items() if has_run_out}
        twice, self.over = over & self.over, over
        return twice | {lease for lease, since in self.since.items() if at - since > length().total_seconds()}
