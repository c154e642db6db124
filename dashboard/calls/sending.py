"""The only door to the provider: builds the client from the settings and turns the result of a call into a verdict."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import transaction

from dashboard.calls import accounts, clock, controls, judging, recording, slots
from dashboard.calls.models import ProviderCall
from tensorslab_api.client import Client
from tensorslab_api.errors import TensorsLabError
from tensorslab_api.types import TaskKind
from tensorslab_api.verdict import Ruling, Verdict, judge_delete, judge_look_up

MISSING_KEY = "The API key is missing. Put it in TENSORSLAB_API_KEY and restart. Nothing was sent."


class NoSlot(Exception):
    """All slots are taken, and none became free in the time to wait."""


class Paused(Exception):
    """The account is paused or rests; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A look-up's verdict, and the claim that it makes until controls vouch for it."""

    verdict: Verdict
    claim: judging.Claim


@lru_cache(maxsize=8)
def _client(base_url: str, api_key: str, auth_scheme: str, uid: str, timeout: float) -> Client:
    return Client(base_url=base_url, api_key=api_key, auth_scheme=auth_scheme, uid=uid, timeout=timeout)


def client() -> Client:
    if settings.READ_ONLY:
        raise RuntimeError("READ_ONLY is on. Nothing asks for this, so that it is a mistake of ours.")
    return _client(
        settings.TENSORSLAB_API_URL,
        settings.TENSORSLAB_API_KEY,
        settings.TENSORSLAB_AUTH_SCHEME,
        settings.TENSORSLAB_UID,
        settings.TENSORSLAB_TIMEOUT,
    )


def perform(call: recording.Call, *, deadline: float) -> Verdict:
    """Sends one request and judges its answer. Touches no database, because it runs in a shift's threads.

    `deadline` is a moment of `time.monotonic()`; nothing is sent after it.
    """
    kind = TaskKind(call.kind)
    if call.operation == ProviderCall.Operation.DELETE:
        try:
            return judge_delete(client().delete(kind, call.ids, deadline=deadline))
        except TensorsLabError as error:
            return judge_delete(error)
    try:
        return judge_look_up(client().look_up(kind, call.ids[0], deadline=deadline))
    except TensorsLabError as error:
        return judge_look_up(error)


def look_up(
    *, kind: str, task_id: str, actor: str, purpose: str = "", proving: bool = False, wait: float = 60.0
) -> Asked:
    """One look-up outside of any deletion, with the slots, records and pauses of every other call.

    `proving` sends it even if the account is paused, and lifts the pause if the provider accepts the key; except the
    pause of a database that is older than the calls made with it. Raises `Paused` if the account is paused or rests,
    `NoSlot` if no slot became free within `wait` seconds.
    """
    slot = _wait_for_slot(wait)
    try:
        account = accounts.current()
        if proving and not accounts.is_older(account):
            account.paused_reason = ""
        now = clock.now()
        if not accounts.may_send(account, now=now):
            raise Paused(account.paused_reason or account.rest_reason)
        deadline = time.monotonic() + settings.TENSORSLAB_TIMEOUT
        call = recording.prepare(operation=ProviderCall.Operation.LOOK_UP, kind=kind, ids=[task_id], purpose=purpose)
        if not recording.leave(call.pk, slot, now=now):
            recording.forget(call.pk)
            raise NoSlot("The slot was lost before the call could leave.")
        call = call._replace(sent_at=now)
        verdict = perform(call, deadline=deadline)
        answered_at = clock.now()
        settle_alone(call, verdict, answered_at=answered_at, actor=actor)
        if proving and verdict.ruling in {Ruling.THERE, Ruling.ABSENT}:
            accounts.prove(account)
        return Asked(verdict=verdict, claim=judging.Claim(form=verdict.form, sent_at=now, answered_at=answered_at))
    finally:
        slots.release(slot)


def settle_alone(
    call: recording.Call,
    verdict: Verdict,
    *,
    answered_at: datetime,
    actor: str = "",
    void: bool = False,
) -> None:
    """Completes a call without a deletion: of `refresh_tasks`, or a control. A `void` one says nothing."""
    with transaction.atomic():
        account = accounts.locked()
        if not recording.complete(call.pk, verdict, answered_at=answered_at):
            return
        if not controls.fails_alone(call.purpose, verdict):
            accounts.learn(verdict, host=account.host, now=answered_at, jitter=random.random())  # nosec B311 # spreads pauses, no secret
        if account.key != accounts.current_key():
            # Another process has another key, and what is learnt with one says nothing of the other.
            pass
        elif void:
            controls.note_void(controls.of(account, call.kind), at=answered_at)
        elif call.purpose in set(controls.Purpose):
            control, task_id = controls.of(account, call.kind), call.ids[0] if call.ids else ""
            sent_at = call.sent_at or answered_at
            controls.learn(control, call.purpose, task_id=task_id, verdict=verdict, sent_at=sent_at, at=answered_at)
        recording.audit(call, verdict, answered_at=answered_at, actor=actor)


def _wait_for_slot(seconds: float) -> slots.OurSlot:
    end = time.monotonic() + seconds
    while not (ours := slots.take(1)):
        if time.monotonic() > end:
            raise NoSlot("All calls that may be in flight are.")
        time.sleep(0.2)
    return ours[0]
