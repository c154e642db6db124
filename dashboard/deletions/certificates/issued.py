"""Certificates as they are given to people: the signed text, and beside it the names that it has commitments of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dashboard.audit.commitments import personal
from dashboard.deletions.certificates.content import PEOPLE, entry_of
from dashboard.deletions.models import Certificate, Deletion, Forgetting, State

Opened = dict[str, dict[str, str | None] | None]
ENDED = {State.FINISHED, State.CANCELLED}
NOTHING = "Nothing of this was confirmed, so there is nothing to certify."
UNDER_WAY = "This deletion has not ended. Its certificate is made when it has."
CHECKED = "This deletion is being checked. A new certificate follows; the one before is number {}."
BEING_MADE = "This deletion has ended, and its certificate is being made. Ask again in a moment."


class NotIssued(Exception):
    """There is no certificate that says how the deletion is now. The text is for the person who asked."""


def newest(deletion: Deletion) -> Certificate:
    last = deletion.certificates.issued().last()
    if last and deletion.closed_at and not deletion.certificates.filter(issued_at=None).exists():
        return last
    if deletion.state in {State.DRAFT, State.DISCARDED}:
        raise NotIssued(NOTHING)
    if deletion.state in ENDED:
        raise NotIssued(BEING_MADE)
    raise NotIssued(CHECKED.format(last.number) if last else UNDER_WAY)


def opened(of: Deletion | Forgetting, people: Mapping[str, tuple[str, str]] = PEOPLE) -> Opened:
    """Who and why, with the salts that prove it. After a person was erased: the pseudonym, and no salt."""
    found: Opened = {}
    for name, (action, field) in people.items():
        entry = entry_of(of, action)
        if entry is None or field not in entry.commitments:
            found[name] = None
        else:
            found[name] = {"value": personal(entry).get(field, ""), "salt": entry.salts.get(field)}
    return found


def as_json(certificate: Certificate | Forgetting, named: Opened) -> str:
    beside = {"signature": certificate.signature, "opened": named}
    return f'{{"signed": {certificate.signed},\n {json.dumps(beside, ensure_ascii=False)[1:]}\n'


def said(certificate: Certificate | Forgetting) -> Any:
    """What the signed text says."""
    return json.loads(certificate.signed)
