"""From bytes to entries: which format is it, and then each row, problem or note in the file's order."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePath
from typing import BinaryIO

from dashboard.inventory.importing.csv_rows import DELIMITERS, is_header, read_csv
from dashboard.inventory.importing.entries import Entry, Note, Problem, Row, entry
from dashboard.inventory.importing.json_rows import read_json_file, read_json_lines
from dashboard.inventory.importing.lines import Lines, is_utf8, not_utf8
from dashboard.inventory.importing.url_map import is_url_map, read_url_map


def read(stream: BinaryIO, *, name: str, kind: str = "") -> Iterator[Entry]:
    """`kind` is that of bare ids, which can't say it themselves."""
    if stream.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        yield Problem(line=1, sentence="The file is UTF-16. Save it as UTF-8.")
        return
    stream.seek(0)
    lines = Lines(stream)
    try:
        yield from _without_repeats(_entries(lines, name=name, kind=kind))
    finally:
        lines.release()


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
        yield Problem(line=1, sentence="The folder holds no task record (*.json).")
    yield from _without_repeats(found for file in files for found in _record(file))


def record_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.json") if not file.name.startswith(".") and file.is_file())


def _record(file: Path) -> Iterator[Entry]:
    try:
        with file.open("rb") as stream:
            for found in read(stream, name=file.name):
                yield found if isinstance(found, Note) else replace(found, file=file.name)
    except OSError as error:
        yield Problem(line=1, file=file.name, sentence=f"The file can't be read: {error.strerror}.")


def _entries(lines: Lines, *, name: str, kind: str) -> Iterator[Entry]:
    first = lines.first()
    suffix = PurePath(name).suffix.lower()
    if not first:
        return iter([Problem(line=1, sentence="There is nothing in it.")])
    if suffix in {".yaml", ".yml"} or is_url_map(first):
        return read_url_map(lines)
    if first.lstrip()[0] in "{[":
        # A lone bracket is the beginning of something printed over many lines.
        return read_json_file(lines) if suffix == ".json" or first.strip() in {"{", "["} else read_json_lines(lines)
    if suffix in {".json", ".jsonl", ".ndjson"}:
        return read_json_lines(lines)
    several = any(delimiter in first for delimiter in DELIMITERS)
    if is_header(first) or (not kind and (several or suffix in {".csv", ".tsv"})):
        return read_csv(lines, kind=kind)
    if not kind:
        sentence = "The kind of these ids is missing. Choose one, or begin with the line kind,task_id."
        return iter([Problem(line=1, sentence=sentence)])
    return _ids(lines, kind=kind)


def _ids(lines: Lines, *, kind: str) -> Iterator[Entry]:
    for number, text in lines:
        word = text.strip()
        if not word:
            continue
        if not is_utf8(text):
            yield Problem(line=number, sentence=not_utf8(number))
        elif any(delimiter in word for delimiter in DELIMITERS):
            yield Problem(line=number, sentence="The line holds more than an id. Put one id on each line.")
        else:
            yield entry({"kind": kind, "task_id": text}, line=number)


def _without_repeats(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The first row of a task counts. A later one is a problem even when it says the same: someone should know."""
    seen: dict[tuple[str, str], tuple[int, str, int]] = {}
    for found in entries:
        if not isinstance(found, Row):
            yield found
            continue
        content = hash(repr(sorted(found.values.items())))
        line, file, first = seen.setdefault(found.key, (found.line, found.file, content))
        if (line, file) == (found.line, found.file):
            yield found
            continue
        sentence = f"Repeats {found.kind} {found.task_id[:60]} of {file or f'line {line}'}"
        sentence += "." if content == first else " with other values. The first one counts."
        yield Problem(line=found.line, sentence=sentence, file=found.file)
