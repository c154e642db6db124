"""Personal values of an entry: the chain covers a salted hash of each (a commitment), not the value itself.

The salt proves the value; without the salt the value can't be guessed. So a value can be erased, and the chain is still
valid. An erased name becomes a pseudonym, other values become empty, and a log entry tells where a pseudonym stands.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from dashboard.audit import keys
from dashboard.audit.entries import Entry
from dashboard.audit.models import AuditEvent

OF_PEOPLE = ("user.", "person.")
"""In entries of these actions the subject is a person's name."""
PSEUDONYM = re.compile(r"erased-[0-9a-f]{8}", re.ASCII)
REASON = "reason"
TYPED = (REASON, "token")
"""What a person typed, in the detail of their entry: a reason, and the name of the token with which a program asked."""

Values = dict[str, str]


def personal(event: Entry) -> Values:
    """An entry's personal values, by the name of the field. What a person typed is part of the detail."""
    values = {"actor": event.actor, "address": event.address}
    if event.action.startswith(OF_PEOPLE):
        values["subject"] = event.subject
    if event.actor:
        values |= {name: str(event.detail[name]) for name in TYPED if name in event.detail}
    return {name: value for name, value in values.items() if value}


def commit(event: AuditEvent) -> None:
    """Gives a new entry its salts and commitments."""
    values = personal(event)
    event.salts = {name: secrets.token_hex(16) for name in values}
    event.commitments = {name: _hash(event.salts[name], value) for name, value in values.items()}


def impersonal(event: Entry, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an entry without those that have a commitment."""
    rest = {name: value for name, value in fields.items() if name not in event.commitments}
    if typed := [name for name in TYPED if name in event.commitments]:
        rest["detail"] = {name: value for name, value in event.detail.items() if name not in typed}
    return rest


def mismatch(event: Entry) -> str:
    """The name of a field that neither fits its commitment nor was erased; empty if all are right."""
    values = personal(event)
    names = sorted({**event.commitments, **values})
    return next((name for name in names if not _fits(event, name, values.get(name, ""))), "")


def _fits(event: Entry, name: str, value: str) -> bool:
    if salt := event.salts.get(name):
        return hmac.compare_digest(_hash(salt, value), event.commitments.get(name, ""))
    if name not in event.commitments:
        return False
    if name in {"actor", "subject"}:
        return bool(PSEUDONYM.fullmatch(value))
    # These are erased together with the name they belong to: the actor, or for a failed sign-in the subject. A reason
    # may be erased alone as well (`is_wordless`).
    owner = "actor" if "actor" in event.commitments else "subject"
    return not value and owner in event.commitments and (owner not in event.salts or name == REASON)


def is_wordless(event: Entry) -> bool:
    """Whether its reason was erased and who gave it was not: another entry has to tell of that."""
    return REASON in event.commitments and REASON not in event.salts and "actor" in event.salts


def pseudonyms(event: Entry) -> set[str]:
    """The pseudonyms that replace erased names in an entry."""
    return {getattr(event, field) for field in _erased(event)}


def _erased(event: Entry) -> list[str]:
    return [name for name in ("actor", "subject") if name in event.commitments and name not in event.salts]


class Places:
    """The places of a pseudonym in the log: their number, and a sum that does not depend on their order.

    The sum is one of HMACs, so that without the key no other places with the same sum can be found.
    """

    def __init__(self, pseudonym: str) -> None:
        self.pseudonym = pseudonym
        self.names, self.sums = 0, [0] * len(settings.AUDIT_KEYS)

    def take(self, event: Entry) -> None:
        for field in _erased(event):
            if getattr(event, field) == self.pseudonym:
                each = keys.numbers(f"{self.pseudonym} {event.sequence} {field}")
                self.names, self.sums = self.names + 1, [old + new for old, new in zip(self.sums, each, strict=True)]

    def told(self) -> dict[str, Any]:
        """The detail of a `log.erased` entry for these places."""
        return {"names": self.names, "places": f"{self.sums[0] % 2**256:064x}"}

    def wrong(self, told: Sequence[Mapping[str, Any]]) -> str:
        """Why the details of the `log.erased` entries don't fit these places; empty if they do."""
        if missing := self.names - sum(one["names"] for one in told):
            return f"it does not tell of each name that “{self.pseudonym}” stands for: {missing:+}."
        where = sum(int(one["places"], 16) for one in told)
        fits = any((total - where) % 2**256 == 0 for total in self.sums)
        return "" if fits else f"“{self.pseudonym}” does not stand where it was put."


def erase(event: AuditEvent, name: str, pseudonym: str) -> None:
    """Replaces a person's name in an entry by a pseudonym. Does not save it."""
    values = personal(event)
    named = [field for field in ("actor", "subject") if values.get(field) == name and field in event.commitments]
    gone = {*named}
    if "actor" in named or (named and not event.actor):
        gone |= {"address", *TYPED}
        event.address = ""
    for field in named:
        setattr(event, field, pseudonym)
    if "actor" in named:
        event.detail = {key: value for key, value in event.detail.items() if key not in TYPED}
    event.salts = {field: salt for field, salt in event.salts.items() if field not in gone}


def erase_reason(event: AuditEvent) -> None:
    """Takes the reason from an entry, and leaves who gave it. Does not save it."""
    event.detail = {key: value for key, value in event.detail.items() if key != REASON}
    event.salts = {field: salt for field, salt in event.salts.items() if field != REASON}


def _hash(salt: str, value: str) -> str:
    return hashlib.sha256(f"{salt} {value}".encode()).hexdigest()
