"""The steps of a check and of an import, which requests or jobs take.

A step is one transaction: its data and the batch's progress are written together or not at all. So a process may die at
any point, and of two processes that take the same step one notices it.
"""

from __future__ import annotations

from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from dashboard.audit import chain
from dashboard.calls import clock
from dashboard.register.importing import pieces
from dashboard.register.importing.cells.entries import Entry, Note, Problem, Row, name_columns, told
from dashboard.register.importing.pieces import ROLE
from dashboard.register.importing.reading import Reading
from dashboard.register.importing.repeats import Seen, chunks
from dashboard.register.importing.sample import ROWS, sampled
from dashboard.register.importing.storing import forgotten, known, packed, store
from dashboard.register.models import ImportBatch, ImportPiece
from dashboard.register.models.forgotten import WORDS

PROBLEMS_KEPT = 200
MOST_UNPACKED = 2_000_000_000
"""Bytes. If a file unpacks to more, the rest is not read."""
STATE = ImportBatch.State


class Superseded(Exception):
    """Another process took this step."""


class Checking:
    def __init__(self, batch: ImportBatch, stream: BinaryIO | pieces.Upload) -> None:
        self.batch, self.stream = batch, stream
        self.seen = Seen()
        for piece in batch.pieces.filter(role=ROLE.SEEN).order_by("number").iterator(chunk_size=20):
            self.seen.recall(pieces.content(piece))
        place = {"lines": batch.lines, "within": batch.within, "entries": batch.entries}
        stream = cast(BinaryIO, stream)
        zone = ZoneInfo(batch.zone)
        self.reading = Reading(stream, name=batch.source, kind=batch.kind, zone=zone, most=MOST_UNPACKED, **place)
        self.chunks = chunks(self.reading)

    def step(self) -> bool:
        """Reads some thousand entries. False if they were the last. Raises `Superseded`."""
        chunk = self.seen.sift(next(self.chunks, []))
        rows = [found for found in chunk if isinstance(found, Row)]
        text = packed(rows)
        if erased := forgotten(text):
            chunk, rows = self._leave_words_out(chunk, erased)
            text = packed(rows)
        before = self.batch.entries
        come = self._come_to(chunk, rows, updates=known(text) if rows else 0)
        with transaction.atomic():
            place = ImportBatch.objects.filter(pk=self.batch.pk, state=STATE.CHECKING, entries=before)
            if not place.update(**come):
                raise Superseded
            if self.reading.ended:
                self.batch.pieces.filter(role__in=[ROLE.UPLOAD, ROLE.SEEN]).delete()
            else:
                pieces.save(self.batch, ROLE.SEEN, self.seen.marks, number=before)
            if rows:
                pieces.save(self.batch, ROLE.ROWS, text.encode(), number=before, count=len(rows))
        return not self.reading.ended

    def _leave_words_out(self, chunk: list[Entry], tasks: set[tuple[str, str]]) -> tuple[list[Entry], list[Row]]:
        """Of forgotten tasks nothing is kept that their rows will not have."""
        kept = [found.without(WORDS) if isinstance(found, Row) and found.key in tasks else found for found in chunk]
        self.batch.wordless += sum(one is not other for one, other in zip(kept, chunk, strict=True))
        return kept, [found for found in kept if isinstance(found, Row)]

    def _come_to(self, chunk: list[Entry], rows: list[Row], *, updates: int) -> dict[str, object]:
        batch = self.batch
        remarks = told(chunk)
        rejected = [found for found in chunk if isinstance(found, Problem)]
        notes = [found.sentence for found in chunk if isinstance(found, Note)]
        room = PROBLEMS_KEPT - len(batch.problems)
        batch.problems += [_as_stored(found) for found in remarks[:room]]
        batch.notes += [sentence for sentence in dict.fromkeys(notes) if sentence not in batch.notes]
        name_columns(chunk, used=batch.used, ignored=batch.ignored)
        batch.sample += [sampled(row, zone=ZoneInfo(batch.zone)) for row in rows[: ROWS - len(batch.sample)]]
        batch.rejected += sum(found.rejected for found in rejected)
        batch.cut += len(remarks) - len(rejected)
        batch.to_add += len(rows) - updates
        batch.to_update += updates
        batch.lines, batch.within, batch.entries = self.reading.lines, self.reading.within, self.reading.entries
        batch.state = STATE.CHECKED if self.reading.ended else STATE.CHECKING
        batch.offset = self.stream.tell()
        batch.moved_at = clock.now()
        names = ["problems", "notes", "used", "ignored", "sample", "rejected", "cut", "wordless", "to_add", "to_update"]
        names += ["lines", "within", "entries", "state", "offset", "moved_at"]
        return {name: getattr(batch, name) for name in names}


def _as_stored(found: Problem) -> dict[str, object]:
    stored: dict[str, object] = {"line": found.line, "sentence": found.sentence}
    return {**stored, "ids": found.ids} if found.ids else stored


class Importing:
    def __init__(self, batch: ImportBatch) -> None:
        self.batch = batch

    def step(self) -> bool:
        """Imports one piece. False if no piece was left. Raises `Superseded`."""
        piece = self.batch.pieces.filter(role=ROLE.ROWS).order_by("number").first()
        rows = pieces.content(piece).decode() if piece else ""
        with transaction.atomic():
            if piece is None:
                self._end()
            else:
                self._store(piece, rows)
        return piece is not None

    def _store(self, piece: ImportPiece, rows: str) -> None:
        # The process that deletes a piece stores its rows.
        if not ImportPiece.objects.filter(pk=piece.pk).delete()[0]:
            raise Superseded
        now, ours = clock.now(), ImportBatch.objects.filter(pk=self.batch.pk)
        # As it is now: who is erased meanwhile waits for this step, or it has the pseudonym.
        actor = ours.select_for_update().values_list("actor", flat=True).get()
        stored = store(rows, number=piece.count, now=now, added_by=actor)
        come = {"added": F("added") + stored.added, "updated": F("updated") + piece.count - stored.added}
        ours.update(moved_at=now, **come)

    def _end(self) -> None:
        at_the_end = ImportBatch.objects.filter(pk=self.batch.pk, state=STATE.IMPORTING)
        if not at_the_end.update(state=STATE.IMPORTED, applied_at=clock.now()):
            raise Superseded
        batch = self.batch
        batch.refresh_from_db()
        counts = {"added": batch.added, "updated": batch.updated, "rejected": batch.rejected}
        imported(actor=batch.actor, address=batch.address, source=batch.source, digest=batch.digest, counts=counts)


def imported(*, actor: str, address: str, source: str, digest: str, counts: dict[str, int], token: str = "") -> None:
    """Adds the entry of one import to the audit log, as the last statement of the transaction that ends it. `token` is
    the name of the one with which a program sent it."""
    told = {"token": token} if token else {}
    chain.append(
        actor=actor,
        address=address,
        action="tasks.imported",
        subject=source[:200],
        detail={"file": source, "sha256": digest, **counts, **told},
    )
