"""The right to have a call in flight: at most `TENSORSLAB_CONCURRENCY` of them, over all workers and machines."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from dashboard.calls.models import ProviderCall, Slot

LEASE_MARGIN = 15.0


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A slot that is ours while the token in its row is."""

    number: int
    token: uuid.UUID


def lease() -> timedelta:
    return timedelta(seconds=settings.TENSORSLAB_TIMEOUT + LEASE_MARGIN)


def take(limit: int) -> list[Hold]:
    """Takes up to `limit` free slots. One with an expired lease is not free until a tick has found it lost."""
    wanted = range(settings.TENSORSLAB_CONCURRENCY)
    Slot.objects.bulk_create([Slot(number=number) for number in wanted], ignore_conflicts=True)
    holds: list[Hold] = []
    free = Slot.objects.filter(number__in=wanted, token__isnull=True)
    for number in free.order_by("number").values_list("number", flat=True):
        if len(holds) == limit:
            break
        token = uuid.uuid4()
        if free.filter(number=number).update(token=token, lease_until=Now() + lease()):
            holds.append(Hold(number=number, token=token))
    return holds


def any_free() -> bool:
    taken = Slot.objects.filter(number__lt=settings.TENSORSLAB_CONCURRENCY, token__isnull=False).count()
    return taken < settings.TENSORSLAB_CONCURRENCY


def renew(hold: Hold) -> bool:
    """Extends the lease; False when the slot was taken from us meanwhile."""
    return bool(Slot.objects.filter(number=hold.number, token=hold.token).update(lease_until=Now() + lease()))


def release(hold: Hold) -> None:
    Slot.objects.filter(number=hold.number, token=hold.token).update(token=None, lease_until=None)


def expired_tokens() -> set[uuid.UUID]:
    tokens = Slot.objects.filter(lease_until__lt=Now()).values_list("token", flat=True)
    return {token for token in tokens if token}


def free_lost(tokens: set[uuid.UUID]) -> None:
    Slot.objects.filter(token__in=tokens, lease_until__lt=Now()).update(token=None, lease_until=None)


def expired_calls() -> set[int]:
    in_hand = [ProviderCall.State.READY, ProviderCall.State.OPEN]
    return set(ProviderCall.objects.filter(state__in=in_hand, lease_until__lt=Now()).values_list("pk", flat=True))
