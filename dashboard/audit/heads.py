"""The newest head of the audit log that each process saw, in files in `VAR_DIR/heads`, outside of the database.

A database that was restored from an older copy, or that lost commits in a failover, can't know what it lost. Hashes are
chained: a chain that contains a head contains all events before it; one that lacks it is older or has forked. There is
one file for each process and database. Its name has the hash of the log's first event, which identifies the database,
and the address of the database. Files are not synced to the disk: after a power failure a file may contain an older
head or none, but never one that was not committed.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import socket
import threading
import zlib
from collections.abc import Collection, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from dashboard.database import dialect, sql

logger = logging.getLogger(__name__)

NAME = re.compile(
    r"(?P<database>[0-9a-f]{64})@(?P<address>[0-9a-f]{16})-(?P<host>.+)-(?P<pid>\d{1,9})-(?P<start>[0-9a-f]{8})",
    re.ASCII,
)
RECORD = re.compile(r"(?P<fields>(?P<sequence>\d{20}) (?P<hash>[0-9a-f]{64}) (?P<at>\S{32})) (?P<sum>[0-9a-f]{8})\n")
SIZE = 20 + 1 + 64 + 1 + 32 + 1 + 8 + 1
HOST = re.sub(r"[^\w.-]", "_", socket.gethostname(), flags=re.ASCII)[:40]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A committed head: the last event at that time."""

    sequence: int
    hash: str
    at: datetime
    """In UTC."""


@dataclass(frozen=True, kw_only=True)
class Behind:
    """The database lacks a head that was seen of it."""

    seen: Seen
    """The highest of the heads that it lacks."""
    sequence: int
    """Sequence of the database's last event. `at` is that event's time."""
    at: datetime | None


class _Process:
    def __init__(self) -> None:
        # Process ids are used again after a restart.
        self.start = secrets.token_hex(4)
        self.lock = threading.Lock()
        self.database = ""
        self.recorded: Seen | None = None
        self.warned = False

    def name(self, database: str) -> str:
        return f"{database}@{_address()}-{HOST}-{os.getpid()}-{self.start}"

    def warn(self, error: OSError) -> None:
        if not self.warned:
            self.warned = True
            logger.warning(
                "%s can't be used: %s. A database that is set back may go unnoticed.", _folder(), error.strerror
            )


_process = _Process()


def recorded() -> int:
    """Sequence of the head that this process recorded, or 0. The next head must follow that event."""
    return _process.recorded.sequence if _process.recorded else 0


def leave(head: Seen, *, follows: Collection[str]) -> None:
    """Records `head`, which was just committed, for `behind`. A folder that can't be written is only logged.

    `follows` are hashes of earlier events that are known to be in the chain; if the recorded head is one, no query is
    made. A recorded head is replaced only by one that follows it. If the database lost it and went on otherwise, it
    stays as the proof of that until `accept`.
    """
    with _process.lock:
        # If the chain contains the recorded head, this is the same database.
        is_known = _process.recorded is not None and _process.recorded.hash in follows
        if not (database := _process.database if is_known else beginning()):
            return
        _process.database, _process.recorded = database, head
        try:
            with closing(_Record(_folder() / _process.name(database))) as record:
                before = record.read()
                makes_way = before is None or (
                    before.sequence < head.sequence and (before.hash in follows or bool(in_chain([before])))
                )
                if makes_way:
                    record.write(head)
                else:
                    _process.recorded = before
        except OSError as error:
            _process.warn(error)
            return
    if before is None:
        _tidy(database, head)


def behind() -> Behind | None:
    """What the database lost, or None. A database that is empty, or has another first event, counts as another one.

    All files are compared, not only the highest head: another process may have gone on from an older copy beyond it.
    Not for the middle of a transaction, or of a cursor on SQLite: it would miss later commits of others.
    """
    # The files are read first: their heads were committed before, so that a healthy database has them at the query.
    left = set(_left(beginning()).values())
    lost = _highest(left - in_chain(left))
    end = newest() if lost else None
    return Behind(seen=lost, sequence=end.sequence, at=end.at) if lost and end else None


def here() -> dict[Path, tuple[str, Seen | None]]:
    """By file, the heads of all logs at this database's address, each with the hash of its log's first event."""
    try:
        return {file: (parts["database"], _read(file)) for file, parts in _all() if parts["address"] == _address()}
    except OSError as error:
        _process.warn(error)
        return {}


def accept() -> None:
    """Forgets the recorded heads of this database and starts again from its present head: a person has handled the
    loss.

    Raises OSError if the folder can't be written.
    """
    database, end = beginning(), newest()
    if not database or not end:
        return
    own = _folder() / _process.name(database)
    with _process.lock, closing(_Record(own)) as record:
        record.write(end)
        _process.database, _process.recorded = database, end
    # Other live processes create new files.
    for file in _files(database):
        if file != own:
            file.unlink(missing_ok=True)


class _Record:
    """A file with one small record, written in place: after a crash it contains the old record or the new one.

    It is opened each time, because `accept` may have removed it. Replacing it by a rename costs thirty times as much.
    """

    def __init__(self, file: Path) -> None:
        try:
            self.descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)

    def read(self) -> Seen | None:
        return _parsed(os.pread(self.descriptor, SIZE + 1, 0))

    def write(self, head: Seen) -> None:
        fields = f"{head.sequence:020} {head.hash} {head.at.astimezone(UTC).isoformat(timespec='microseconds')}"
        os.pwrite(self.descriptor, f"{fields} {zlib.crc32(fields.encode()):08x}\n".encode(), 0)

    def close(self) -> None:
        os.close(self.descriptor)


def _parsed(content: bytes) -> Seen | None:
    record = RECORD.fullmatch(content.decode(errors="replace"))
    if not record or zlib.crc32(record["fields"].encode()) != int(record["sum"], 16):
        return None
    return Seen(sequence=int(record["sequence"]), hash=record["hash"], at=datetime.fromisoformat(record["at"]))


def _read(file: Path) -> Seen | None:
    # `_tidy` of another process, or `accept`, may have removed it.
    with suppress(FileNotFoundError):
        # A read may meet a half-written record, but hardly three times in a row.
        for _ in range(3):
            if head := _parsed(file.read_bytes()):
                return head
    return None


def _left(database: str) -> dict[Path, Seen]:
    left = {}
    try:
        for file in _files(database):
            if head := _read(file):
                left[file] = head
    except OSError as error:
        _process.warn(error)
    return left


def _files(database: str) -> list[Path]:
    return [file for file, parts in _all() if parts["database"] == database]


def _all() -> list[tuple[Path, re.Match[str]]]:
    with suppress(FileNotFoundError):
        return [(file, parts) for file in _folder().iterdir() if (parts := NAME.fullmatch(file.name))]
    return []


def _tidy(database: str, head: Seen) -> None:
    """Removes files of dead processes of this host whose heads are older than `head` and in the same chain."""
    gone = {file: other for file, other in _left(database).items() if other.sequence <= head.sequence and _gone(file)}
    known = in_chain(gone.values())
    for file, other in gone.items():
        if other in known:
            with suppress(OSError):
                file.unlink()


def _gone(file: Path) -> bool:
    parts = NAME.fullmatch(file.name)
    if not parts or parts["host"] != HOST:
        return False
    if int(parts["pid"]) == os.getpid():
        return parts["start"] != _process.start
    try:
        os.kill(int(parts["pid"]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def in_chain(heads: Collection[Seen]) -> set[Seen]:
    """The heads that are in the chain."""
    if not heads:
        return set()
    statement = f"SELECT sequence, hash FROM audit_auditevent WHERE {sql.among('sequence')}"  # nosec B608 # only names from the code
    found = dict(sql.rows(statement, sql.array_of([head.sequence for head in heads])))
    return {head for head in heads if found.get(head.sequence) == head.hash}


def newest() -> Seen | None:
    for sequence, last, at in sql.rows(
        "SELECT sequence, hash, at FROM audit_auditevent ORDER BY sequence DESC LIMIT 1"
    ):
        return Seen(sequence=sequence, hash=last, at=sql.moment(at) or at)
    return None


def beginning() -> str:
    """The hash of the first event, or empty. It identifies the database: no two chains begin with the same hash."""
    return "".join(first for (first,) in sql.rows("SELECT hash FROM audit_auditevent WHERE sequence = 1"))


def _address() -> str:
    """A hash of the database's address, which an attacker who has only the database can't change."""
    return hashlib.sha256(dialect.address().encode()).hexdigest()[:16]


def _highest(heads: Iterable[Seen]) -> Seen | None:
    return max(heads, key=lambda head: head.sequence, default=None)


def _folder() -> Path:
    return settings.VAR_DIR / "heads"
