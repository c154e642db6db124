"""Check, then apply exactly what was checked; or both at once, for the command."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO

from django.db import transaction
from django.utils import timezone

from dashboard.audit import chain
from dashboard.inventory.importing.entries import Entry, Problem, Row
from dashboard.inventory.importing.reading import read
from dashboard.inventory.importing.storing import chunks, known, store
from dashboard.inventory.models import ImportBatch

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_ROWS = 200_000
"""Per check, which keeps its rows in the database. `import_tasks` streams, and has no limit."""
PROBLEMS_KEPT = 200
BATCHES_KEPT_FOR = timedelta(days=1)


class AlreadyApplied(Exception):
    """These rows were imported before."""


class Nothing(Exception):
    """No row of it can be imported."""


class TooManyRows(Exception):
    """More than a check may hold."""


@dataclass(frozen=True, kw_only=True)
class Applied:
    added: int
    updated: int
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class _Aside:
    """What a pass over entries leaves behind beside its rows."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def rows(self, entries: Iterable[Entry]) -> Iterator[Row]:
        for entry in entries:
            if isinstance(entry, Row):
                yield entry
            elif isinstance(entry, Problem):
                self.problems.append(entry)
            elif entry.sentence not in self.notes:
                self.notes.append(entry.sentence)


def check(*, source: str, stream: BinaryIO, user: User, kind: str = "") -> ImportBatch:
    """Reads everything and writes nothing but the batch. Raises `TooManyRows`."""
    ImportBatch.objects.filter(created_at__lt=timezone.now() - BATCHES_KEPT_FOR).delete()
    digest = sha256(stream)
    aside = _Aside()
    kept: list[dict[str, object]] = []
    to_update = 0
    for rows in chunks(aside.rows(read(stream, name=source, kind=kind))):
        if len(kept) + len(rows) > MOST_ROWS:
            raise TooManyRows
        to_update += len(known(rows))
        kept += [{"kind": row.kind, "task_id": row.task_id, "values": row.values} for row in rows]
    return ImportBatch.objects.create(
        user=user,
        source=source[:255],
        digest=digest,
        rows=kept,
        problems=[{"line": problem.line, "sentence": problem.sentence} for problem in aside.problems[:PROBLEMS_KEPT]],
        notes=aside.notes,
        to_add=len(kept) - to_update,
        to_update=to_update,
        rejected=len(aside.problems),
    )


def apply(*, batch: ImportBatch, actor: User, address: str) -> Applied:
    """Applies what was checked. Raises `AlreadyApplied`, `Nothing`.

    It is marked as applied at the end, since storing a row twice does no harm: if we die between two chunks,
    pressing the button again does the rest.
    """
    if batch.applied_at:
        raise AlreadyApplied
    if not batch.rows:
        raise Nothing
    now = timezone.now()
    added = updated = 0
    for rows in chunks(Row(line=0, **row) for row in batch.rows):
        some_added, some_updated = store(rows, now=now)
        added, updated = added + some_added, updated + some_updated
    with transaction.atomic():
        if not ImportBatch.objects.filter(pk=batch.pk, applied_at=None).update(applied_at=now, rows=[]):
            raise AlreadyApplied
        _log(
            actor=actor.get_username(),
            address=address,
            source=batch.source,
            digest=batch.digest,
            counts={"added": added, "updated": updated, "rejected": batch.rejected},
        )
    return Applied(added=added, updated=updated)


def take_in(*, source: str, digest: str, entries: Iterable[Entry], actor: str) -> Applied:
    """Stores rows as they are read, and leaves out what can't be."""
    now = timezone.now()
    aside = _Aside()
    added = updated = 0
    for rows in chunks(aside.rows(entries)):
        some_added, some_updated = store(rows, now=now)
        added, updated = added + some_added, updated + some_updated
    with transaction.atomic():
        counts = {"added": added, "updated": updated, "rejected": len(aside.problems)}
        _log(actor=actor, address="", source=source, digest=digest, counts=counts)
    return Applied(added=added, updated=updated, problems=aside.problems, notes=aside.notes)


def sha256(stream: BinaryIO) -> str:
    """Over all of it; it is left at its beginning."""
    digest = hashlib.sha256()
    stream.seek(0)
    while piece := stream.read(1 << 20):
        digest.update(piece)
    stream.seek(0)
    return digest.hexdigest()


def _log(*, actor: str, address: str, source: str, digest: str, counts: dict[str, int]) -> None:
    chain.append(
        actor=actor,
        address=address,
        action="tasks.imported",
        subject=source[:200],
        detail={"file": source, "sha256": digest, **counts},
    )
