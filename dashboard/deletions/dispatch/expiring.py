"""Requests for approval end by themselves when nobody decides."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dashboard.audit import chain
from dashboard.deletions.approvals.decisions import GIVEN_UP, give_up, lifetime, told
from dashboard.deletions.models import Decision, Deletion


def expire(*, now: datetime) -> None:
    due = Deletion.objects.awaiting_approval().filter(approval_asked_at__lte=now - lifetime())
    for pk in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            # Somebody may decide at this moment.
            row = due.select_for_update().filter(pk=pk).first()
            if row is not None:
                give_up(row, Decision.EXPIRED, now=now)
                chain.append(actor="", action=GIVEN_UP[Decision.EXPIRED], subject=str(row.uuid), detail=told(row))
