"""`urls.yaml` of the vendor's client: a flat map from `{task_id}_{index}{ext}` to an address."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from dashboard.inventory.importing.entries import Entry, Problem, Row, entry
from dashboard.inventory.importing.fields import fit, shown
from dashboard.inventory.importing.lines import Lines, fault

NAME = re.compile(r"(?P<task_id>.+)_(?P<index>[0-9]{1,9})(?P<extension>\.[A-Za-z0-9]{1,8})")
ENTRY = re.compile(r"""["']?[^"',;\s]+_[0-9]+\.[A-Za-z0-9]+["']?\s*:\s""")
EXTENSIONS = {
    "image": {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".avif", ".tif", ".tiff"},
    "video": {".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v"},
}
LONGEST_ENTRY = 20_000
MOST_LINES = 200_000
"""On the page, where each job reads the whole map once more. The command reads any."""
# The C parser where PyYAML was built with it: ten times as fast, the same events.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PLAIN = re.compile(r"([A-Za-z0-9][^\s:#'\"\0-\x1f\x7f]*): (https?://[^\s#'\"\0-\x1f\x7f]*)\n")
"""An entry as clients write nearly all of them, which YAML reads as it stands: a hundred times as fast."""
FLAT = [
    yaml.StreamStartEvent,
    yaml.DocumentStartEvent,
    yaml.MappingStartEvent,
    yaml.ScalarEvent,
    yaml.ScalarEvent,
    yaml.MappingEndEvent,
    yaml.DocumentEndEvent,
    yaml.StreamEndEvent,
]


TOO_LONG = (
    f"On this page {MOST_LINES:,} lines of a map are read at most. What follows was not read. "
    "manage.py import_tasks reads all of it."
)


class NotFlat(Exception):
    """This is no `name: address`."""


def is_url_map(line: str) -> bool:
    return bool(ENTRY.match(line))


def read_url_map(lines: Lines, *, most: int | None = None) -> Iterator[Entry]:
    """Several lines share one id, so rows come at the end, each with the line that named its id first.

    Of more than `most` lines the rest is not read.
    """
    found: dict[tuple[str, str], tuple[int, dict[int, str]]] = {}
    for number, text in _pieces(lines):
        if most is not None and number > most:
            yield Problem(line=number, sentence=TOO_LONG)
            break
        try:
            name, url = _pair(text)
        except NotFlat:
            yield Problem(line=number, sentence="The line is not “name: address”.")
            continue
        sentence = fault(number, text)
        row = Problem(line=number, sentence=sentence) if sentence else _row(name, url, line=number)
        if not isinstance(row, Row):
            yield row
            continue
        index = int(name.rpartition("_")[2].partition(".")[0])
        line, urls = found.setdefault(row.key, (number, {}))
        if index in urls:
            yield Problem(line=number, sentence=f"Repeats result {index} of {row.task_id}, first named on line {line}.")
        else:
            urls[index] = row.values["urls"][0]
    for (kind, task_id), (line, urls) in found.items():
        values = {"urls": [urls[index] for index in sorted(urls)]}
        yield Row(line=line, kind=kind, task_id=task_id, values=values, remark=fit(values))


def _row(name: str, url: str, *, line: int) -> Row | Problem:
    if not (match := NAME.fullmatch(name)):
        return Problem(line=line, sentence=f"The name “{shown(name, 60)}” is not a task id, an index and an extension.")
    extension = match["extension"].lower()
    kind = next((kind for kind, known in EXTENSIONS.items() if extension in known), "")
    if not kind:
        return Problem(line=line, sentence=f"The extension {extension} is neither an image's nor a video's.")
    if not url:
        return Problem(line=line, sentence=f"The address of “{shown(name, 60)}” is blank.")
    return entry({"kind": kind, "task_id": match["task_id"], "url": [url]}, line=line)


def _pieces(lines: Lines) -> Iterator[tuple[int, str]]:
    """One top-level entry at a time, so that a broken one costs only itself."""
    start, piece = 0, ""
    for number, text in lines:
        if not text.strip() or text.startswith(("#", "---", "...", "%")):
            continue
        # Long names are written “? name” and then “: address”.
        if piece and (text[0] in " \t" or text.startswith(": ")):
            # One that is too long to be an entry already is not made longer.
            piece += text if len(piece) <= LONGEST_ENTRY else ""
            continue
        if piece:
            yield start, piece
        start, piece = number, text
    if piece:
        yield start, piece


def _pair(text: str) -> tuple[str, str]:
    """Reads events, never objects: no tags, no aliases, nothing nested, and nothing to recurse into."""
    if text.isascii() and len(text) <= LONGEST_ENTRY and (plain := PLAIN.fullmatch(text)):
        return plain[1], plain[2]
    if len(text) > LONGEST_ENTRY or "\0" in text:
        raise NotFlat
    # What is not UTF-8 is reported by the caller; the parser must only not stumble over it.
    try:
        events = list(yaml.parse(text.encode("utf-8", "replace").decode(), Loader=LOADER))
    except yaml.YAMLError as error:
        raise NotFlat from error
    if [type(event) for event in events] != FLAT:
        raise NotFlat
    name, url = (event.value for event in events if isinstance(event, yaml.ScalarEvent))
    return name, url.strip()
