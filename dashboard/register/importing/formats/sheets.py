"""Excel's sheets, one row at a time, through openpyxl.

Data that openpyxl loads as a whole is measured on its way, since a small file can unpack to any size.
"""

from __future__ import annotations

import io
import math
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

from django.db import Error
from openpyxl.reader.excel import ExcelReader

from dashboard.register.importing.formats.packing import SAVE, UNPACK
from dashboard.register.importing.formats.unpacking import Damaged
from dashboard.register.importing.pieces import Incomplete

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from openpyxl.worksheet.worksheet import Worksheet

T = TypeVar("T")

SHEETS = "xl/worksheets/"
STRINGS = "xl/sharedStrings.xml"
SHEET_ENDS = re.compile(rb"</(?:\w+:)?sheetData|<(?:\w+:)?sheetData */")
MOST_OF_A_ROW = 2_000_000
MOST_OF_THE_DIRECTORY = 1_000_000
"""Bytes."""
MOST_OF_A_PART, MOST_OF_STRINGS = (8_000_000, 100_000), (64_000_000, 2_000_000)
"""Bytes and tags of parts that are loaded as a whole; a text that cells share takes four tags."""
STRICT = b"http://purl.oclc.org/ooxml/"
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
"""The form in which workbooks write characters that XML lacks: a return is _x000D_."""
EXACT = 10**15
"""From this size a spreadsheet stores only a number's first fifteen digits."""

ARCHIVE = f"This is a zip archive, and no Excel workbook is in it. {UNPACK}"
CUT_OFF = "The zip archive is damaged or cut off. Nothing was read."
TOO_MANY = f"The zip archive holds too many files. {UNPACK}"
OPEN_DOCUMENT = f"This is an OpenDocument file. {SAVE}"
BINARY = f"This is a binary Excel workbook (.xlsb). {SAVE}"
OF_STRICT_FORM = "This Excel workbook is in the strict form. Save it as an ordinary Excel workbook (.xlsx)."
DAMAGED = "The Excel workbook is damaged here. What follows was not read."
TOO_LARGE = "The Excel workbook holds too much beside its rows. Save its sheet as CSV."
LONG_ROW = "A row of the workbook is too long to be one. What follows was not read."


def sheets_of(stream: BinaryIO) -> list[Worksheet]:
    reader = _guarded(lambda: _opened(stream))
    # In read-only mode openpyxl's sheets have only the parts of a worksheet that are needed here.
    sheets = cast("list[Worksheet]", reader.wb.worksheets if reader else [])
    return [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets


def _opened(stream: BinaryIO) -> ExcelReader:
    _measure_the_directory(stream)
    archive = _Archive(stream)
    names = set(archive.namelist())
    if "xl/workbook.bin" in names:
        raise Damaged(BINARY)
    if "mimetype" in names and "content.xml" in names:
        raise Damaged(OPEN_DOCUMENT)
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise Damaged(ARCHIVE)
    if STRICT in archive.read("xl/workbook.xml"):
        raise Damaged(OF_STRICT_FORM)
    reader = _Reader(stream, read_only=True, data_only=True, keep_links=False)
    reader.archive = archive
    reader.read()
    archive.is_open = True
    return reader


class _Reader(ExcelReader):
    def read_chartsheet(self, sheet: object, rel: object) -> None:
        """Ignores sheets that are charts: they have no rows, and some of them can't be read."""


def _measure_the_directory(stream: BinaryIO) -> None:
    """Checks the size first, because zipfile makes an object of each entry."""
    end = stream.seek(0, io.SEEK_END)
    stream.seek(max(end - (1 << 16) - 64, 0))
    tail = stream.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        raise Damaged(CUT_OFF)
    size = int.from_bytes(tail[place + 12 : place + 16], "little")
    if size > MOST_OF_THE_DIRECTORY or b"PK\x06\x07" in tail[max(place - 20, 0) : place]:
        raise Damaged(TOO_MANY)


class _Archive(zipfile.ZipFile):
    """Gives openpyxl the parts of the archive, with a limit for each."""

    is_open = False
    """Until it is set, sheets are given without rows: openpyxl would read all of them to find their size."""

    def open(self, name: str | zipfile.ZipInfo, *args: Any, **kwargs: Any) -> Any:
        path = name if isinstance(name, str) else name.filename
        part = super().open(name)
        if path.startswith(SHEETS) and path.endswith(".xml"):
            return _Watched(part, _Rows()) if self.is_open else io.BytesIO(b"<worksheet/>")
        return _Watched(part, _Bound(*(MOST_OF_STRINGS if path == STRINGS else MOST_OF_A_PART)))


class _Watched(io.RawIOBase):
    def __init__(self, part: IO[bytes], watch: Callable[[bytes], None]) -> None:
        self._part, self._watch = part, watch

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        room = memoryview(buffer).cast("B")
        piece = self._part.read(len(room))
        self._watch(piece)
        room[: len(piece)] = piece
        return len(piece)


class _Bound:
    """Limits a part that is loaded as a whole: bytes, and tags, because each tag becomes an object."""

    def __init__(self, most: int, most_tags: int) -> None:
        self._left, self._tags_left = most, most_tags

    def __call__(self, piece: bytes) -> None:
        self._left -= len(piece)
        self._tags_left -= piece.count(b"<")
        if self._left < 0 or self._tags_left < 0:
            raise Damaged(TOO_LARGE)


class _AllRead(Exception):
    """The rows have ended, and the rest, which may be long, is not needed."""


class _Rows:
    """Limits a row, which is in memory until it ends."""

    def __init__(self) -> None:
        self._since, self._tail, self._past = 0, b"", False

    def __call__(self, piece: bytes) -> None:
        if self._past:
            raise _AllRead
        both = self._tail + piece
        self._past = SHEET_ENDS.search(both) is not None
        ends = max(both.rfind(b"<row"), both.rfind(b"</row"), both.rfind(b":row"))
        self._since = self._since + len(piece) if ends < 0 else len(both) - ends
        self._tail = piece[-16:]
        if self._since > MOST_OF_A_ROW:
            raise Damaged(LONG_ROW)


def rows_of(sheet: Worksheet) -> Iterator[tuple[int, list[str]]]:
    """Each row's number and cells, without the empty ones at its end."""
    rows = iter(sheet.iter_rows(values_only=True))
    number = 0
    while (cells := _guarded(lambda: next(rows, None))) is not None:
        number += 1
        texts = [_text(value) for value in cells]
        while texts and not texts[-1].strip():
            texts.pop()
        yield number, texts


def _guarded(read: Callable[[], T]) -> T | None:
    """The result of openpyxl, which raises exceptions of every kind, and warnings, for broken files."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read()
    except _AllRead:
        return None
    except (Damaged, Incomplete, Error, OSError, MemoryError):
        raise
    except Exception as error:
        raise Damaged(DAMAGED) from error


def _text(value: object) -> str:
    """A cell's value as a person reads it, or would write it in CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float) and math.isfinite(value):
        if abs(value) >= EXACT:
            return f"{min(value, 1e300):.14E}"
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    text = str(value)
    if "_x" in text:
        text = ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
