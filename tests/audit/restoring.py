"""A log that grows, a copy of it that takes its place, and the files that processes left of it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction

from dashboard.audit import chain, heads
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.database import append_only


def append(count: int = 1, *, actor: str = "olga") -> AuditEvent:
    for _ in range(count):
        with transaction.atomic():
            event = chain.append(actor=actor, action="a.b")
    return event


def as_seen(event: AuditEvent) -> heads.Seen:
    return heads.Seen(sequence=event.sequence, hash=event.hash, at=event.at)


@contextmanager
def unprotected() -> Iterator[None]:
    append_only.drop(connection)
    try:
        yield
    finally:
        append_only.create(connection)


def restore(sequence: int) -> AuditEvent:
    """Puts in the database's place a copy that was made when `sequence` was its head."""
    with unprotected():
        AuditEvent.objects.filter(sequence__gt=sequence).delete()
    newest = AuditEvent.objects.get(sequence=sequence)
    AuditHead.objects.update(sequence=sequence, hash=newest.hash)
    return newest


def exchange() -> None:
    """Puts an empty database in its place."""
    with unprotected():
        AuditEvent.objects.all().delete()
    AuditHead.objects.all().delete()


def gone() -> int:
    """A process id that was in use."""
    with subprocess.Popen(["/bin/true"]) as process:
        process.wait()
    return process.pid


def of_process(file: Path, pid: int, *, host: str = heads.HOST) -> Path:
    """As if the process that left `file` had that id."""
    database, start = file.name.partition("-")[0], file.name.rpartition("-")[2]
    return file.rename(file.with_name(f"{database}-{host}-{pid}-{start}"))


def only(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file
