"""From bytes to entries: detects the file's format, and yields each row, problem or note in order.

Bytes are unpacked (`unpacking`) or recognised (`packing`), become text (`encoding`, `lines`), then records (`csv_rows`,
`json_values`, `workbook`, `url_map`), whose cells are found by column names (`header`, `columns`, `tables`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import tzinfo
from io import BufferedReader, RawIOBase
from itertools import islice
from pathlib import Path, PurePath
from typing import BinaryIO, cast

from django.utils import timezone

from dashboard.register.importing.cells.entries import Columns, Entry, Problem, Row
from dashboard.register.importing.formats import packing
from dashboard.register.importing.formats.csv_rows import csv_header, read_csv
from dashboard.register.importing.formats.encoding import SAMPLE, encoding_of
from dashboard.register.importing.formats.ids import read_ids, without_kind
from dashboard.register.importing.formats.json_rows import read_json
from dashboard.register.importing.formats.lines import FENCE, Lines
from dashboard.register.importing.formats.unpacking import Damaged, unpacked
from dashboard.register.importing.formats.url_map import MOST_LINES, is_url_map, read_url_map

JSON = {".json", ".jsonl", ".ndjson"}
YAML = {".yaml", ".yml"}
TABLES = {".csv", ".tsv"}
NOTHING = "There is nothing in it."


class Reading:
    """The entries of one file. Another reading can go on from the `lines`, `within` and `entries` of this one."""

    def __init__(
        self,
        stream: BinaryIO,
        *,
        name: str,
        kind: str = "",
        zone: tzinfo | None = None,
        lines: int = 0,
        within: int = 0,
        entries: int = 0,
        most: int | None = None,
    ) -> None:
        """`kind` is for ids without one, `zone` for times without an offset. `most` limits a packed file's bytes."""
        self.lines, self.within, self.entries, self.ended = lines, within, entries, False
        self._stream, self._name, self._kind, self._most = stream, name, kind, most
        self._zone = zone or timezone.get_default_timezone()
        self._taken = 0
        self._by_number = False
        """Rows come after all is read, so the next reading goes on by the number of entries."""

    def __iter__(self) -> Iterator[Entry]:
        again, line = self.within, self.lines + 1
        empty = not (self.lines or self.within or self.entries)
        for found in self._read():
            if isinstance(found, Row | Problem) and not self._by_number:
                # Several may begin on one line, and an earlier reading had the first of them.
                if found.line == line and again:
                    again -= 1
                    continue
                self.within = self.within + 1 if found.line == line else 1
                line, again = found.line, 0
                self.lines = line - 1
            self.entries += self._by_number or not isinstance(found, Columns)
            empty = empty and isinstance(found, Columns)
            yield found
        self.ended = True
        if empty:
            yield Problem(1, NOTHING)

    def _read(self) -> Iterator[Entry]:
        try:
            with unpacked(self._stream, most=self._most) as (stream, packed):
                first = stream.peek(packing.MOST)
                if packing.is_zip(first) and not packed:
                    yield from self._workbook()
                elif sentence := packing.named(first):
                    yield Problem(1, sentence)
                else:
                    yield from self._text(stream)
        except Damaged as damaged:
            yield Problem(self._taken + 1, str(damaged))

    def _workbook(self) -> Iterator[Entry]:
        # Imported here, because openpyxl takes half a second to load, and most files are no workbooks.
        from dashboard.register.importing.formats.workbook import Workbook

        whole = BufferedReader(cast(RawIOBase, self._stream))
        rows = Workbook(whole, kind=self._kind, zone=self._zone, after=self.lines, paged=self._most is not None)
        try:
            yield from rows
        finally:
            self._taken = rows.taken
            whole.detach()

    def _text(self, stream: BufferedReader) -> Iterator[Entry]:
        sample = stream.peek(SAMPLE)
        encoding = encoding_of(sample)
        suffix = PurePath(self._name.lower().removesuffix(".gz")).suffix
        begins = _beginning(sample.decode(encoding, "ignore"))
        is_json = suffix not in YAML and (suffix in JSON or begins in {"{", "["})
        lines = Lines(stream, encoding=encoding, after=self.lines, whole=not is_json)
        try:
            if encoding == "utf-8-sig" and not packing.is_text(sample):
                yield Problem(1, packing.NO_TEXT)
            elif not lines.first():
                return
            elif is_json:
                yield from read_json(lines, kind=self._kind, zone=self._zone)
            elif suffix in YAML or is_url_map(lines):
                yield from self._map(lines)
            else:
                yield from self._table(lines, suffix)
        finally:
            self._taken = lines.taken
            lines.release()

    def _map(self, lines: Lines) -> Iterator[Entry]:
        self._by_number = True
        most = None if self._most is None else MOST_LINES
        return islice(read_url_map(lines, kind=self._kind, most=most), self.entries, None)

    def _table(self, lines: Lines, suffix: str) -> Iterator[Entry]:
        header = csv_header(lines, kind=self._kind)
        may_be = not self._kind and (suffix in TABLES or (header and len(header.way.cells) > 1))
        if header and (header.is_one or may_be):
            return read_csv(lines, header, kind=self._kind, zone=self._zone)
        if not self._kind:
            return iter([without_kind(lines)])
        return read_ids(lines, kind=self._kind)


def _beginning(text: str) -> str:
    """The first character of the content, after marks, blanks and fences."""
    text = text.lstrip("\ufeff \t\r\n")
    fence = FENCE.match(text)
    return text[fence.end() :].lstrip()[:1] if fence else text[:1]


def folder_digest(folder: Path) -> str:
    """sha256 over the records that `read_folder` reads, in its order."""
    digest = hashlib.sha256()
    for file in record_files(folder):
        with suppress(OSError):
            # `read_folder` reports a record that can't be read.
            digest.update(file.read_bytes())
    return digest.hexdigest()


def read_folder(folder: Path) -> Iterator[Entry]:
    """Every record of a `.tensorslab_tasks` folder; files whose names begin with a dot are still being written."""
    files = record_files(folder)
    if not files:
        yield Problem(1, "The folder holds no task record (*.json).")
    for file in files:
        yield from _record(file)


def record_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.json") if not file.name.startswith(".") and file.is_file())


def record_entries(stream: BinaryIO, *, name: str) -> Iterator[Entry]:
    """One record, whose rows and problems say of which file they are."""
    for found in Reading(stream, name=name):
        yield found._replace(file=name) if isinstance(found, Row | Problem) else found


def _record(file: Path) -> Iterator[Entry]:
    try:
        with file.open("rb") as stream:
            yield from record_entries(stream, name=file.name)
    except OSError as error:
        yield Problem(1, f"The file can't be read: {error.strerror}.", file.name)
