"""The state of the provider account that all workers share: whether calls may be sent, and when."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F, Q, QuerySet

from dashboard.calls.models import Account
from dashboard.calls.policy import growing_pause, rest_for
from dashboard.database import sql
from tensorslab_api.verdict import Ruling, Verdict

LONGEST_LAG = 60.0
LONGEST_REST = timedelta(hours=1, minutes=1)
OLDER = "This database is older than what was done with it"
"""The reason begins so when the database is older than the calls made with it. No answer changes or lifts that pause,
only a person does: see `deletions.restoring`."""
PAUSING = {Ruling.OUT_OF_CREDITS, Ruling.UNAUTHORIZED}
USABLE = {Ruling.SUCCESS, Ruling.REFUSED, Ruling.ABSENT, Ruling.THERE}
"""Rulings about the tasks of a call; all others are about the account or the network."""


def current_host() -> str:
    """The provider's address, path included, as `https://api.tensorslab.com`: always in the same spelling."""
    parts = urlsplit(settings.TENSORSLAB_API_URL)
    usual = {"http": 80, "https": 443}[parts.scheme]
    name = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    port = "" if parts.port in {None, usual} else f":{parts.port}"
    return f"{parts.scheme}://{name}{port}{parts.path.rstrip('/')}"


def current_key() -> str:
    """Fingerprint of the API key. It tells two keys apart, and reveals nothing of either."""
    return hashlib.sha256(f"tensorslab api key {settings.TENSORSLAB_API_KEY}".encode()).hexdigest()[:16]


def current() -> Account:
    return Account.objects.get_or_create(host=current_host(), defaults={"key": current_key()})[0]


def doubt() -> str:
    """Why look-ups can't be trusted now; empty if they can."""
    found = sql.rows("SELECT doubt FROM calls_account WHERE host = %s", current_host())
    return "".join(reason for (reason,) in found)


def locked() -> Account:
    row = Account.objects.select_for_update().filter(host=current_host())
    return row.first() or (current() and row.get())


def may_send(account: Account, *, now: datetime) -> bool:
    return not account.paused_reason and (account.rest_until is None or account.rest_until <= now)


def forget_impossible_rest(*, now: datetime) -> None:
    """Removes rests that are longer than any allowed rest: they were set by a clock that was wrong."""
    Account.objects.filter(rest_until__gt=now + LONGEST_REST).update(rest_until=None)


def resume(account: Account) -> None:
    """Lifts the pause. A rest that the provider asked for stays."""
    Account.objects.filter(pk=account.pk).update(paused_reason="", failures=0)


def is_older(account: Account) -> bool:
    """Whether it is paused because the database is older than the calls made with it."""
    return account.paused_reason.startswith(OLDER)


def prove(account: Account) -> None:
    """Records that the provider accepted the key. This lifts the pause, unless only a person may lift it."""
    resume_by_answer = Account.objects.filter(pk=account.pk).exclude(paused_reason__startswith=OLDER)
    resume_by_answer.update(paused_reason="", failures=0)


def learn(verdict: Verdict, *, host: str, now: datetime, jitter: float) -> str:
    """Records what an answer says about the whole account. Returns why all calls must pause, or an empty text."""
    rows = Account.objects.filter(host=host)
    if verdict.ruling in PAUSING:
        rows.exclude(paused_reason__startswith=OLDER).update(paused_reason=verdict.sentence)
        return verdict.sentence
    if verdict.ruling == Ruling.BUSY:
        _rest(rows, until=now + timedelta(seconds=rest_for(verdict.retry_after)), why="TensorsLab asked to slow down")
        return ""
    if verdict.ruling not in {Ruling.NOT_SENT, Ruling.LOST}:
        answered(host)
        return ""
    rows.update(failures=F("failures") + 1)
    # Calls in flight at the same time fail together, so only failures beyond one per slot count as a row.
    in_a_row = rows.values_list("failures", flat=True)[0] - (settings.TENSORSLAB_CONCURRENCY - 1)
    if in_a_row >= settings.DELETION_MAX_ATTEMPTS:
        reason = f"No usable answer {in_a_row} times in a row. Last: {verdict.sentence} Resume to try again."
        rows.exclude(paused_reason__startswith=OLDER).update(paused_reason=reason)
        return reason
    if in_a_row > 0 or verdict.ruling == Ruling.NOT_SENT:
        pause = timedelta(seconds=growing_pause(in_a_row, jitter=jitter))
        _rest(rows, until=now + pause, why="No usable answer from TensorsLab")
    return ""


def learn_lag(host: str, seconds: float) -> None:
    """Records how many seconds after a delete look-ups may still find the task."""
    lag = min(LONGEST_LAG, seconds)
    Account.objects.filter(host=host, lag__lt=lag).update(lag=lag)


def answered(host: str) -> None:
    """Sets the count of failures back to 0. The usual case, 0 already, locks no row."""
    sql.change("UPDATE calls_account SET failures = 0 WHERE host = %s AND failures > 0", host)


def _rest(rows: QuerySet[Account], *, until: datetime, why: str) -> None:
    # A rest is never shortened: another call's answer does not cancel what the provider asked for.
    rows.filter(Q(rest_until=None) | Q(rest_until__lt=until)).update(rest_until=until, rest_reason=why)
