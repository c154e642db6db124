"""`Idempotency-Key`: a call that comes again is answered as it was, and not done again.

    begun ──▶ answered ──▶ forgotten after a day
      └─────▶ forgotten: it failed, or was refused before anything was looked at

The row is written before the call is done. One without an answer is being answered, or its process died: after a while
it may be begun again, since what calls do is guarded by the state that it starts from.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpResponse

from dashboard.access.models import Answered, Token

KEPT = timedelta(days=1)
PATIENCE = timedelta(minutes=2)
"""No request takes longer: the web server ends it before."""
KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
UNUSABLE = "An Idempotency-Key has 1 to 255 visible ASCII characters."
REUSED = "This Idempotency-Key was sent with another request in the last 24 hours. Take a new key for a new request."
IN_FLIGHT = "The same request is being answered just now. Ask again in a second, with the same key."
KEPT_HEADERS = ("Content-Type", "Location", "Retry-After")
NOT_KEPT = {401, 403, 429}
"""Refusals that may be others the next time."""
REPLAYED = "Idempotency-Replayed"


class InFlight(Exception):
    pass


class Reused(Exception):
    pass


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked, as a program may ask it again."""

    token: Token
    key: str
    method: str
    path: str
    body: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(b"\n".join([self.method.encode(), self.path.encode(), self.body])).hexdigest()


def begin(asked: Asked, *, now: datetime) -> Answered:
    """The call's row: with a status, if it was answered before. Raises `Reused`, or `InFlight`."""
    forget_old(now=now)
    row, is_new = Answered.objects.get_or_create(
        token=asked.token, key=asked.key, defaults={"digest": asked.digest, "asked_at": now}
    )
    if is_new:
        return row
    if row.digest != asked.digest:
        raise Reused
    # On either side: the clock may have been put back since.
    is_left = row.status is None and abs(now - row.asked_at) > PATIENCE
    if is_left and Answered.objects.filter(pk=row.pk, status=None, asked_at=row.asked_at).update(asked_at=now):
        row.asked_at = now
        return row
    if row.status is None:
        raise InFlight
    return row


def end(row: Answered, response: HttpResponse) -> None:
    """Keeps the answer, if the same call would have the same again."""
    # By who began it: another may have begun it again, if this took too long.
    mine = Answered.objects.filter(pk=row.pk, status=None, asked_at=row.asked_at)
    if response.status_code >= 500 or response.status_code in NOT_KEPT:
        mine.delete()
        return
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    mine.update(status=response.status_code, headers=headers, body=response.content.decode())


def forget(row: Answered) -> None:
    Answered.objects.filter(pk=row.pk, status=None, asked_at=row.asked_at).delete()


def answer(row: Answered) -> HttpResponse:
    return HttpResponse(row.body, status=row.status, headers={**row.headers, REPLAYED: "true"})


def forget_words(words: Iterable[str]) -> int:
    """Answers that hold one of these, as JSON writes it: of everybody's calls, since they may tell of others."""
    written = (json.dumps(one)[1:-1] for one in words)
    return sum(Answered.objects.filter(body__contains=one).delete()[0] for one in written)


def forget_old(*, now: datetime) -> None:
    Answered.objects.filter(asked_at__lt=now - KEPT).delete()
