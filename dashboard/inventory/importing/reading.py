"""From bytes to entries: which format is it, and then each row, problem or note in the file's order."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path, PurePath
from typing import BinaryIO

from dashboard.inventory.importing.csv_rows import DELIMITERS, is_header, read_csv
from dashboard.inventory.importing.entries import Entry, Note, Problem, entry
from dashboard.inventory.importing.json_rows import read_json_file, read_json_lines
from dashboard.inventory.importing.lines import Lines, fault
from dashboard.inventory.importing.unpacking import Damaged, unpacked
from dashboard.inventory.importing.url_map import MOST_LINES, is_url_map, read_url_map


class Reading:
    """The entries of one file. Another reading may begin after the `lines` and `entries` that this one is done with."""

    def __init__(
        self,
        stream: BinaryIO,
        *,
        name: str,
        kind: str = "",
        lines: int = 0,
        entries: int = 0,
        most: int | None = None,
    ) -> None:
        """`kind` is that of bare ids, which can't say it themselves; `most` is how far a packed file is read."""
        self.lines, self.entries, self.ended = lines, entries, False
        self._stream, self._name, self._kind, self._most = stream, name, kind, most

    def __iter__(self) -> Iterator[Entry]:
        with unpacked(self._stream, most=self._most) as stream:
            lines = Lines(stream, after=self.lines)
            try:
                utf_16 = stream.peek(2)[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
                for found in [Problem(1, "The file is UTF-16. Save it as UTF-8.")] if utf_16 else self._entries(lines):
                    self.lines = lines.taken
                    self.entries += 1
                    yield found
            except Damaged as damaged:
                yield Problem(lines.taken + 1, str(damaged))
            finally:
                lines.release()
        self.ended = True

    def _entries(self, lines: Lines) -> Iterator[Entry]:
        first = lines.first()
        suffix = PurePath(self._name.lower().removesuffix(".gz")).suffix
        if not first:
            return iter([Problem(1, "There is nothing in it.")])
        if suffix in {".yaml", ".yml"} or is_url_map(first):
            # Its rows come when all of it is read, so what was done is found by its number.
            most = None if self._most is None else MOST_LINES
            return islice(read_url_map(lines, most=most), self.entries, None)
        if first.lstrip()[0] in "{[":
            # A lone bracket is the beginning of something printed over many lines.
            whole = suffix == ".json" or first.strip() in {"{", "["}
            return read_json_file(lines) if whole else read_json_lines(lines)
        if suffix in {".json", ".jsonl", ".ndjson"}:
            return read_json_lines(lines)
        several = any(delimiter in first for delimiter in DELIMITERS)
        if is_header(first) or (not self._kind and (several or suffix in {".csv", ".tsv"})):
            return read_csv(lines, kind=self._kind)
        if not self._kind:
            sentence = "The kind of these ids is missing. Choose one, or begin with the line kind,task_id."
            return iter([Problem(1, sentence)])
        return _ids(lines, kind=self._kind)


def folder_digest(folder: Path) -> str:
    """sha256 over the records that `read_folder` reads, in its order."""
    digest = hashlib.sha256()
    for file in record_files(folder):
        with suppress(OSError):
            # One that can't be read is a problem of its own there.
            digest.update(file.read_bytes())
    return digest.hexdigest()


def read_folder(folder: Path) -> Iterator[Entry]:
    """Every record of a `.tensorslab_tasks` folder; names that begin with a dot are still being written."""
    files = record_files(folder)
    if not files:
        yield Problem(1, "The folder holds no task record (*.json).")
    for file in files:
        yield from _record(file)


def record_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.json") if not file.name.startswith(".") and file.is_file())


def _record(file: Path) -> Iterator[Entry]:
    try:
        with file.open("rb") as stream:
            for found in Reading(stream, name=file.name):
                yield found if isinstance(found, Note) else found._replace(file=file.name)
    except OSError as error:
        yield Problem(1, f"The file can't be read: {error.strerror}.", file.name)


def _ids(lines: Lines, *, kind: str) -> Iterator[Entry]:
    lines.skip()
    for number, text in lines:
        word = text.strip()
        if not word:
            continue
        if sentence := fault(number, text):
            yield Problem(number, sentence)
        elif any(delimiter in word for delimiter in DELIMITERS):
            yield Problem(number, "The line holds more than an id. Put one id on each line.")
        else:
            yield entry({"kind": kind, "task_id": text}, line=number)
