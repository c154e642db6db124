"""Checks a file, then imports exactly what was checked; or both at once, for the command."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from django.db import transaction

from dashboard.access.zones import zone_of
from dashboard.calls import clock
from dashboard.register.importing import jobs, pieces
from dashboard.register.importing.cells.columns import listed
from dashboard.register.importing.cells.entries import Entry, Note, Problem, Row, name_columns, told
from dashboard.register.importing.repeats import sifted
from dashboard.register.importing.steps import STATE, Checking, Importing, Superseded, imported
from dashboard.register.importing.storing import packed, store
from dashboard.register.models import ImportBatch

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AT_ONCE = 5_000
"""The most rows that a request checks or imports itself; jobs do more."""


class AlreadyApplied(Exception):
    """These rows were imported before, or are being imported."""


class Nothing(Exception):
    """None of the rows can be imported."""


def check(*, source: str, stream: BinaryIO, user: User, kind: str = "") -> ImportBatch:
    """Reads and counts, and writes no task. A large file is still CHECKING afterwards, and jobs go on."""
    jobs.forget.call()
    batch = ImportBatch(user=user, source=source[:255], kind=kind, moved_at=clock.now())
    batch.zone = zone_of(user).key
    batch.digest = sha256(stream)
    batch.size = stream.seek(0, 2)
    batch.save()
    stream.seek(0)
    checking = Checking(batch, stream)
    while checking.step():
        if batch.entries > AT_ONCE:
            pieces.save_upload(batch, stream)
            jobs.start(batch)
            jobs.forget.using(run_after=clock.now() + 2 * jobs.LIFETIME).enqueue()
            break
    return batch


def apply(*, batch: ImportBatch, actor: User, address: str) -> ImportBatch:
    """Imports a checked file. A large one is still IMPORTING afterwards. Raises `AlreadyApplied`, `Nothing`."""
    if batch.state == STATE.CHECKED and not batch.importable:
        raise Nothing
    with transaction.atomic():
        pressed = ImportBatch.objects.filter(pk=batch.pk, state=STATE.CHECKED).update(
            state=STATE.IMPORTING, actor=actor.get_username(), address=address, moved_at=clock.now()
        )
        if not pressed:
            raise AlreadyApplied
        if batch.importable <= AT_ONCE:
            # If this process dies meanwhile, a job does the rest.
            jobs.watch_over(batch)
        else:
            jobs.start(batch)
    if batch.importable <= AT_ONCE:
        importing = Importing(batch)
        # A job won the race, and imports the rest.
        with suppress(Superseded):
            while importing.step():
                pass
    batch.refresh_from_db()
    return batch


class Taken(NamedTuple):
    added: int = 0
    updated: int = 0
    rejected: int = 0


def take_in(
    *,
    source: str,
    digest: str | Callable[[], str],
    entries: Iterable[Entry],
    actor: str,
    tell: Callable[[Problem | Note], None] = lambda _entry: None,
    progress: Callable[[Taken], None] = lambda _taken: None,
) -> Taken:
    """Stores rows as they are read, and tells of rejected and cut ones. Stored rows stay, even if it is interrupted.

    `digest` may be a function that is called when all is read.
    """
    now, taken = clock.now(), Taken()
    interrupted = True
    used: list[str] = []
    ignored: list[str] = []
    try:
        for chunk in sifted(entries):
            rows = [found for found in chunk if isinstance(found, Row)]
            added = store(packed(rows), number=len(rows), now=now).added
            rejected = sum(found.rejected for found in chunk if isinstance(found, Problem))
            taken = Taken(taken.added + added, taken.updated + len(rows) - added, taken.rejected + rejected)
            name_columns(chunk, used=used, ignored=ignored)
            for note in (found for found in chunk if isinstance(found, Note)):
                tell(note)
            for remark in told(chunk):
                tell(remark)
            progress(taken)
        interrupted = False
    finally:
        if ignored:
            tell(Note(f"Ignored: {listed(ignored)}."))
        counts = taken._asdict() | ({"interrupted": True} if interrupted else {})
        read = digest if isinstance(digest, str) else digest()
        with transaction.atomic():
            imported(actor=actor, address="", source=source, digest=read, counts=counts)
    return taken


def sha256(stream: BinaryIO) -> str:
    """The hash of the whole stream, which is then at its beginning again."""
    digest = hashlib.sha256()
    stream.seek(0)
    while piece := stream.read(1 << 20):
        digest.update(piece)
    stream.seek(0)
    return digest.hexdigest()
