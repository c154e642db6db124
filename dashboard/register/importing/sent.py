"""Tasks that a program sends: read and stored by the rules of an import, at once and as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from dashboard.access.zones import zone_of
from dashboard.register.importing.cells.entries import Problem, Row, told
from dashboard.register.importing.formats.json_rows import read_objects
from dashboard.register.importing.repeats import sifted
from dashboard.register.importing.steps import imported
from dashboard.register.importing.storing import Stored, packed, store

SOURCE = "API"
"""What the audit log has in place of a file's name."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    stored: Stored
    problems: list[Problem]
    """Of rows that were rejected, then of those that are stored with a text cut; each by its place in `line`."""
    cut: frozenset[int]
    """The places of the latter."""


@transaction.atomic
def take_in(values: Iterable[object], *, actor: User, address: str, token: str, digest: str, now: datetime) -> Sent:
    """The audit log has an entry where the register was changed: programs send again what they are not sure of."""
    name, stored, problems, cut = actor.get_username(), Stored(), list[Problem](), set[int]()
    entries = (
        # A task that stands there twice is told by the place of the first.
        found._replace(file=f"index {found.line}") if isinstance(found, Row) else found
        for found in read_objects(values, zone=zone_of(actor))
    )
    for chunk in sifted(entries):
        rows = [found for found in chunk if isinstance(found, Row)]
        if rows:
            more = store(packed(rows), number=len(rows), now=now, added_by=name)
            stored = Stored(*(before + new for before, new in zip(stored, more, strict=True)))
        problems += told(chunk)
        cut.update(row.line for row in rows if row.remark)
    if stored.added or stored.updated:
        rejected = sum(found.line not in cut for found in problems)
        counts = {"added": stored.added, "updated": stored.updated, "rejected": rejected}
        imported(actor=name, address=address, source=SOURCE, digest=digest, counts=counts, token=token)
    return Sent(stored=stored, problems=problems, cut=frozenset(cut))
