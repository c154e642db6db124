"""What an entry says of a person stands beside the chain: the chain covers a salted hash of it, a commitment.

With its salt a value is proven; without, nobody can tell what it was. So it can be erased for good, and the chain
still holds. Erased values are a pseudonym or nothing, and an entry of the log says where each pseudonym stands.
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
"""Actions whose subject is a person's name."""
PSEUDONYM = re.compile(r"erased-[0-9a-f]{8}", re.ASCII)
REASON = "reason"

Values = dict[str, str]


def personal(event: Entry) -> Values:
    """What an entry says of people, by the name of its field; the reason they gave stands in its detail."""
    values = {"actor": event.actor, "address": event.address}
    if event.action.startswith(OF_PEOPLE):
        values["subject"] = event.subject
    if REASON in event.detail and event.actor:
        values[REASON] = str(event.detail[REASON])
    return {name: value for name, value in values.items() if value}


def commit(event: AuditEvent) -> None:
    """Gives an entry that is about to be written its salts and commitments."""
    values = personal(event)
    event.salts = {name: secrets.token_hex(16) for name in values}
    event.commitments = {name: _hash(event.salts[name], value) for name, value in values.items()}


def impersonal(event: Entry, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an entry without what it commits to."""
    rest = {name: value for name, value in fields.items() if name not in event.commitments}
    if REASON in event.commitments:
        rest["detail"] = {name: value for name, value in event.detail.items() if name != REASON}
    return rest


def mismatch(event: Entry) -> str:
    """Which field is neither what was committed to nor erased; empty when each is."""
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
    # They are erased with whose they are: where nobody acted, a failed sign-in, with whom it names.
    owner = "actor" if "actor" in event.commitments else "subject"
    return not value and owner in event.commitments and owner not in event.salts


def pseudonyms(event: Entry) -> set[str]:
    """Those that stand where a name was erased."""
    return {getattr(event, field) for field in _erased(event)}


def _erased(event: Entry) -> list[str]:
    return [name for name in ("actor", "subject") if name in event.commitments and name not in event.salts]


class Places:
    """Where a pseudonym stands in the log: how often, and a sum over the places, in whatever order they are taken.

    The sum is one of HMACs: who has no key can't choose other places with the same sum.
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
        """The detail of the entry that tells of them."""
        return {"names": self.names, "places": f"{self.sums[0] % 2**256:064x}"}

    def wrong(self, told: Sequence[Mapping[str, Any]]) -> str:
        """Why these details don't tell of them; empty when they do."""
        if missing := self.names - sum(one["names"] for one in told):
            return f"it does not tell of each name that “{self.pseudonym}” stands for: {missing:+}."
        where = sum(int(one["places"], 16) for one in told)
        fits = any((total - where) % 2**256 == 0 for total in self.sums)
        return "" if fits else f"“{self.pseudonym}” does not stand where it was put."


def erase(event: AuditEvent, name: str, pseudonym: str) -> None:
    """Puts a pseudonym where an entry names a person. Nothing is saved."""
    values = personal(event)
    named = [field for field in ("actor", "subject") if values.get(field) == name and field in event.commitments]
    gone = {*named}
    if "actor" in named or (named and not event.actor):
        gone |= {"address", REASON}
        event.address = ""
    for field in named:
        setattr(event, field, pseudonym)
    if "actor" in named:
        event.detail = {key: value for key, value in event.detail.items() if key != REASON}
    event.salts = {field: salt for field, salt in event.salts.items() if field not in gone}


def _hash(salt: str, value: str) -> str:
    return hashlib.sha256(f"{salt} {value}".encode()).hexdigest()
