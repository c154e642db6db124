"""Finds tasks that a file names again, for any number of tasks: they are remembered in a file, not in memory."""

from __future__ import annotations

import hashlib
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator

from dashboard.register.importing.cells.entries import Columns, Entry, Problem, Row

CHUNK = 5000
CHUNK_CHARACTERS = 1_000_000
"""The limits of one transaction. SQLite's index is slow for prompts whose three-character pieces don't repeat."""
CACHE_KILOBYTES = 24 * 1024
MARK = struct.Struct("<qLL")
"""A row that was seen: the hashes of its key and content, and its line."""


def chunks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Thousands of entries at a time, fewer if they are large."""
    chunk: list[Entry] = []
    characters = number = 0
    for found in entries:
        chunk.append(found)
        number += not isinstance(found, Columns)
        if isinstance(found, Row):
            characters += len(found.values.get("prompt", "")) + sum(map(len, found.values.get("urls", ())))
            characters += len(found.values.get("error", ""))
        if number == CHUNK or characters > CHUNK_CHARACTERS:
            yield chunk
            chunk, characters, number = [], 0, 0
    if chunk:
        yield chunk


def sifted(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    seen = Seen()
    return (seen.sift(chunk) for chunk in chunks(entries))


class Seen:
    """Keys are hashed to 64 bits to save space; two tasks of one file with the same hash are not to be expected."""

    def __init__(self) -> None:
        # SQLite's own temporary file: it is used if the cache is full, and is deleted with the process.
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute(f"PRAGMA cache_size = -{CACHE_KILOBYTES}")
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("CREATE TABLE seen (key INTEGER PRIMARY KEY, content INTEGER, line INTEGER, file TEXT)")
        self.marks = b""
        """Marks of the rows that passed the last `sift`."""

    def sift(self, entries: list[Entry]) -> list[Entry]:
        """The first row of a task counts. A repeated one is a problem even if it is equal, so that people notice it."""
        rows = [found for found in entries if isinstance(found, Row)]
        marks = [(_key(row), zlib.crc32(repr(row.values).encode()), row.line, row.file) for row in rows]
        if self._add(marks) < len(marks):
            judged = {id(row): self._judged(row, mark) for row, mark in zip(rows, marks, strict=True)}
            entries = [judged.get(id(found), found) for found in entries]
            marks = [mark for row, mark in zip(rows, marks, strict=True) if judged[id(row)] is row]
        self.marks = b"".join([MARK.pack(key, content, line) for key, content, line, _file in marks])
        return entries

    def recall(self, marks: bytes) -> None:
        """Adds the marks of rows that passed an earlier `sift`."""
        self._add([(*mark, "") for mark in MARK.iter_unpack(marks)])

    def _add(self, marks: list[tuple[int, int, int, str]]) -> int:
        """Adds marks, and returns how many are new."""
        self._rows.execute("BEGIN")
        new = self._rows.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?)", marks).rowcount
        self._rows.execute("COMMIT")
        return max(new, 0)

    def _judged(self, row: Row, mark: tuple[int, int, int, str]) -> Entry:
        first = self._rows.execute("SELECT content, line, file FROM seen WHERE key = ?", mark[:1])
        content, line, file = first.fetchone()
        if (line, file) == (row.line, row.file):
            return row
        sentence = f"Repeats {row.kind} {row.task_id[:60]} of {file or f'line {line}'}"
        sentence += "." if content == mark[1] else " with other values. The first one counts."
        return Problem(row.line, sentence, row.file)


def _key(row: Row) -> int:
    digest = hashlib.blake2b(f"{row.kind} {row.task_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
