"""The only door to the provider: builds the client from the settings and turns the result of a call into a verdict."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from dashboard.audit import chain
from dashboard.calls import accounts, controls, recording
from dashboard.calls.models import ProviderCall
from tensorslab_api.client import Client
from tensorslab_api.errors import TensorsLabError
from tensorslab_api.types import TaskKind
from tensorslab_api.verdict import Ruling, Verdict, judge_delete, judge_look_up

MISSING_KEY = "The API key is missing. Put it in TENSORSLAB_API_KEY and restart. Nothing was sent."


class Answered(NamedTuple):
    """A call, as it left, and its answer."""

    call: recording.Call
    verdict: Verdict
    answered_at: datetime


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


def settle_alone(
    call: recording.Call,
    verdict: Verdict,
    answered_at: datetime,
    *,
    actor: str = "",
    void: bool = False,
) -> None:
    """Completes a call without a deletion: a look-up for the register, or a control. A `void` one says nothing."""
    with transaction.atomic():
        account = accounts.locked()
        if not recording.complete(call.pk, verdict, answered_at=answered_at, sent_at=call.sent_at):
            return
        # A look-up for the register that is lost delays nothing else: it is made again another time.
        is_lost = not call.purpose and verdict.ruling in {Ruling.LOST, Ruling.NOT_SENT}
        if not is_lost and not controls.fails_alone(call.purpose, verdict):
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


def settle_together(answers: Sequence[Answered], *, actor: str) -> set[int]:
    """Completes look-ups for the register whose answers say nothing of the account, in one transaction. Returns those
    calls that no other process had given up before."""
    with transaction.atomic():
        ours = [
            one
            for one in answers
            if recording.complete(one.call.pk, one.verdict, answered_at=one.answered_at, sent_at=one.call.sent_at)
        ]
        chain.append_all(
            [recording.entry(one.call, one.verdict, answered_at=one.answered_at, actor=actor) for one in ours]
        )
    return {one.call.pk for one in ours}
