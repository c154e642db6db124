"""`API_CALLS_PER_MINUTE`: how many calls of one token are answered in a minute of the clock, over all web processes.

Each process takes a few calls at a time from the token's row, so that reading writes to the database once for many
calls. What a process took and did not use by the end of the minute is lost: a sixtieth of the limit at most.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Case, F, Q, Value, When

from dashboard.access.models import Token

MINUTE = 60
SHARES = 60
"""Into so many parts a minute's calls are divided for the processes."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What is left of a token's minute."""

    allowed: bool
    limit: int
    remaining: int
    resets_in: int
    """Seconds."""

    @property
    def headers(self) -> dict[str, str]:
        told = {"Limit": self.limit, "Remaining": self.remaining, "Reset": self.resets_in}
        return {f"RateLimit-{name}": str(number) for name, number in told.items()} | (
            {} if self.allowed else {"Retry-After": str(self.resets_in)}
        )


@dataclass(kw_only=True)
class _Held:
    minute: int
    calls: int
    """That this process may still answer."""
    beyond: int
    """What the row had left for others."""


_held: dict[int, _Held] = {}
_lock = threading.Lock()


def take(token: Token, *, now: datetime) -> Pace:
    """Counts one call."""
    limit, seconds = settings.API_CALLS_PER_MINUTE, int(now.timestamp())
    minute, resets_in = seconds // MINUTE, MINUTE - seconds % MINUTE
    with _lock:
        held = _held.get(token.pk)
        # Nothing is left for anybody: calls that are refused write nothing.
        is_spent = held is not None and held.minute == minute and not held.calls + held.beyond
        if held is None or held.minute != minute or not (held.calls or is_spent):
            held = _taken(token.pk, minute=minute, limit=limit, now=now)
            if len(_held) > 1000:
                _held.clear()
            _held[token.pk] = held
        allowed = held.calls > 0
        held.calls -= allowed
        remaining = held.calls + held.beyond
    return Pace(allowed=allowed, limit=limit, remaining=remaining, resets_in=resets_in)


def forget() -> None:
    """What this process holds; for tests."""
    _held.clear()


def _taken(pk: int, *, minute: int, limit: int, now: datetime) -> _Held:
    share = max(1, limit // SHARES)
    if settings.READ_ONLY:
        # Nothing is written: each process counts for itself.
        held = _held.get(pk)
        return held if held and held.minute == minute else _Held(minute=minute, calls=limit, beyond=0)
    row = Token.objects.filter(pk=pk)
    # Any other minute is over, or was of a clock that has been put back since.
    is_over = ~Q(minute=minute)
    counted = Case(When(is_over, then=Value(share)), default=F("calls") + share)
    used_at = Case(When(is_over, then=Value(now)), default=F("used_at"))
    taken = row.filter(is_over | Q(calls__lte=limit - share)).update(calls=counted, used_at=used_at, minute=minute)
    if not taken:
        return _Held(minute=minute, calls=0, beyond=0)
    spent = row.values_list("calls", flat=True).get()
    return _Held(minute=minute, calls=share, beyond=max(limit - spent, 0))
