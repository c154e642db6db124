"""The only door to the provider: builds the client from the settings and turns what came of a call into a verdict."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import transaction

from dashboard.calls import accounts, clock, recording, slots
from dashboard.calls.models import ProviderCall
from tensorslab_api.client import Client
from tensorslab_api.errors import TensorsLabError
from tensorslab_api.types import TaskKind
from tensorslab_api.verdict import Ruling, Verdict, judge_delete, judge_look_up

MISSING_KEY = "The API key is missing. Put it in TENSORSLAB_API_KEY and restart. Nothing was sent."


class NoSlot(Exception):
    """All calls that may be in flight are, and stayed so for as long as we were ready to wait."""


class Paused(Exception):
    """The account is paused or rests; the text says why."""


@lru_cache(maxsize=8)
def _client(base_url: str, api_key: str, auth_scheme: str, uid: str, timeout: float) -> Client:
    return Client(base_url=base_url, api_key=api_key, auth_scheme=auth_scheme, uid=uid, timeout=timeout)


def client() -> Client:
    return _client(
        settings.TENSORSLAB_API_URL,
        settings.TENSORSLAB_API_KEY,
        settings.TENSORSLAB_AUTH_SCHEME,
        settings.TENSORSLAB_UID,
        settings.TENSORSLAB_TIMEOUT,
    )


def perform(*, operation: str, kind: str, ids: Sequence[str], deadline: float) -> Verdict:
    """Sends one request and judges its answer. Touches no database: it runs in a shift's threads.

    `deadline` is a moment of `time.monotonic()`; past it nothing is sent any more.
    """
    if operation == ProviderCall.Operation.DELETE:
        try:
            return judge_delete(client().delete(TaskKind(kind), ids, deadline=deadline))
        except TensorsLabError as error:
            return judge_delete(error)
    try:
        return judge_look_up(client().look_up(TaskKind(kind), ids[0], deadline=deadline))
    except TensorsLabError as error:
        return judge_look_up(error)


def look_up(*, kind: str, task_id: str, actor: str, proving: bool = False, wait: float = 60.0) -> Verdict:
    """One look-up outside any deletion, under the same slots, records and pauses as every other call.

    `proving` asks although the account is paused, and lifts the pause when the provider takes the key.
    Raises `Paused` when the account is paused or rests, `NoSlot` when none became free within `wait` seconds.
    """
    hold = _wait_for_slot(wait)
    try:
        account = accounts.current()
        if proving:
            account.paused_reason = ""
        now = clock.now()
        if not accounts.may_send(account, now=now):
            raise Paused(account.paused_reason or account.rest_reason)
        deadline = time.monotonic() + settings.TENSORSLAB_TIMEOUT
        call = recording.prepare(operation=ProviderCall.Operation.LOOK_UP, kind=kind, ids=[task_id])
        if not recording.leave(call.pk, hold, now=now):
            recording.forget(call.pk)
            raise NoSlot("The slot was lost before the call could leave.")
        call = call._replace(sent_at=now)
        verdict = perform(operation=call.operation, kind=kind, ids=[task_id], deadline=deadline)
        settle_alone(call, verdict, ids=[task_id], now=clock.now(), actor=actor)
        if proving and verdict.ruling in {Ruling.THERE, Ruling.GONE}:
            accounts.resume(account)
        return verdict
    finally:
        slots.release(hold)


def settle_alone(call: recording.Call, verdict: Verdict, *, ids: Sequence[str], now: datetime, actor: str = "") -> None:
    """Completes a call that belongs to no deletion."""
    with transaction.atomic():
        accounts.locked()
        if recording.complete(call.pk, verdict, answered_at=now):
            accounts.learn(verdict, host=accounts.current_host(), now=now, jitter=random.random())  # noqa: S311
            recording.audit(call, verdict, ids=ids, answered_at=now, actor=actor)


def _wait_for_slot(seconds: float) -> slots.Hold:
    end = time.monotonic() + seconds
    while not (holds := slots.take(1)):
        if time.monotonic() > end:
            raise NoSlot("All calls that may be in flight are.")
        time.sleep(0.2)
    return holds[0]
