"""A call is written down before it leaves, and completed exactly once after."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from dashboard.audit import chain
from dashboard.calls import slots
from dashboard.calls.models import ProviderCall
from tensorslab_api.verdict import Ruling, Verdict


def begin(
    *,
    operation: str,
    kind: str,
    ids: Sequence[str],
    hold: slots.Hold,
    now: datetime,
    deletion: UUID | None = None,
    purpose: str = "",
) -> ProviderCall:
    """The last thing written before the request leaves, in the transaction that says which items are in it."""
    return ProviderCall.objects.create(
        deletion=deletion,
        kind=kind,
        operation=operation,
        purpose=purpose,
        ids=len(ids),
        digest=digest(ids),
        sent_at=now,
        lease_until=Now() + slots.length(),
        slot=hold.number,
        token=hold.token,
        state=ProviderCall.State.OPEN,
    )


def _state(verdict: Verdict) -> str:
    if not verdict.sent:
        return ProviderCall.State.NOT_SENT
    return ProviderCall.State.LOST if verdict.ruling == Ruling.LOST else ProviderCall.State.ANSWERED


def complete(call_id: int, verdict: Verdict, *, now: datetime) -> bool:
    """The fence: only the first to complete an open call may settle what it was about."""
    return bool(
        ProviderCall.objects.filter(pk=call_id, state=ProviderCall.State.OPEN).update(
            state=_state(verdict),
            http_status=verdict.http_status,
            code=verdict.code,
            status=(verdict.status or "")[:200],
            message=verdict.message,
            error=verdict.error,
            answered_at=now,
            lease_until=None,
            # Found out only now: it never left.
            **({} if verdict.sent else {"sent_at": None}),
        )
    )


def audit(call: ProviderCall, verdict: Verdict, *, ids: Sequence[str], now: datetime, actor: str = "") -> None:
    """One event a call, its ids inside. The transaction's last statement."""
    detail: dict[str, Any] = {
        "call": call.pk,
        "kind": call.kind,
        "ids": list(ids),
        "http_status": verdict.http_status,
        "code": verdict.code,
        "status": verdict.status,
        "ruling": str(verdict.ruling),
        "error": verdict.error,
        "sent_at": call.sent_at.isoformat() if call.sent_at else None,
        "answered_at": now.isoformat(),
    }
    chain.append(actor=actor, action=f"call.{call.operation}", subject=str(call.deletion or ""), detail=detail)


def digest(ids: Sequence[str]) -> str:
    return hashlib.sha256("".join(f"{task_id}\n" for task_id in ids).encode()).hexdigest()
