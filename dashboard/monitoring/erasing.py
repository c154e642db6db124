"""Erasing a person: every row that names them gets a pseudonym, and what they typed or came from is gone for good.

Their deletions, and that one person made them all, stay in history. What the log says of them stands beside the chain
(`audit/commitments.py`), so that it still holds.
"""

from __future__ import annotations

import json
import secrets
from functools import reduce
from operator import or_

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from dashboard import sql
from dashboard.audit import chain, commitments, triggers
from dashboard.audit.models import AuditEvent
from dashboard.calls.models import Account
from dashboard.deletions.models import IN_FLIGHT, Deletion
from dashboard.inventory.models import ImportBatch, TrackedTask


class Refused(Exception):
    """The text says why."""


def erase(name: str) -> tuple[str, int]:
    """The pseudonym, and in how many places of the log it stands. Nobody is signed in under that name any more."""
    if commitments.PSEUDONYM.fullmatch(name):
        raise Refused(f"“{name}” is a pseudonym already.")
    if User.objects.filter(username=name, is_active=True).exists():
        raise Refused(f"“{name}” may still sign in. Disable that account first.")
    if Deletion.objects.filter(actor_name=name, state__in=IN_FLIGHT).exists():
        raise Refused(f"A deletion of “{name}” is under way. Wait until it has ended, or stop it.")
    if _naming(name).filter(commitments={}).exists():
        raise Refused(f"The log names “{name}” in entries of an older version, which are part of its chain.")
    pseudonym = f"erased-{secrets.token_hex(4)}"
    with transaction.atomic():
        _in_other_rows(name, pseudonym)
        triggers.drop(connection)
        places = commitments.Places(pseudonym)
        for event in list(chain.in_order(_naming(name))):
            _in_entry(event, name, pseudonym)
            places.take(event)
        triggers.create(connection)
        if places.names:
            chain.append(actor="", action=chain.ERASED, subject=pseudonym, detail=places.told())
    return pseudonym, places.names


def _in_other_rows(name: str, pseudonym: str) -> None:
    Deletion.objects.filter(actor_name=name).update(actor_name=pseudonym, reason="")
    TrackedTask.objects.filter(held_by=name).update(held_by=pseudonym, held_reason="")
    Deletion.objects.filter(paused_reason=f"Paused by {name}.").update(paused_reason=f"Paused by {pseudonym}.")
    ImportBatch.objects.filter(actor=name).update(actor=pseudonym, address="")
    LogEntry.objects.filter(object_repr=name).update(object_repr=pseudonym)
    Account.objects.filter(accepted_by=name).update(accepted_by=pseudonym)
    User.objects.filter(username=name).delete()


def _naming(name: str) -> QuerySet[AuditEvent]:
    of_people = (Q(action__startswith=beginning) for beginning in commitments.OF_PEOPLE)
    return AuditEvent.objects.filter(Q(actor=name) | (Q(subject=name) & reduce(or_, of_people)))


def _in_entry(event: AuditEvent, name: str, pseudonym: str) -> None:
    if commitments.erase(event, name, pseudonym):
        fields = {"actor": event.actor, "address": event.address, "subject": event.subject}
        fields |= {"detail": json.dumps(event.detail), "salts": json.dumps(event.salts)}
        sql.update("audit_auditevent", fields, "sequence = %s", event.sequence)
