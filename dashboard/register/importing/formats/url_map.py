"""`urls.yaml` of the vendor's client: a flat map from `{task_id}_{index}{ext}` to an address."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from dashboard.register.importing.cells.entries import Columns, Entry, Problem, Row, made
from dashboard.register.importing.cells.fields import address, fit
from dashboard.register.importing.cells.words import shown
from dashboard.register.importing.formats.lines import Lines

NAME = re.compile(r"(?P<task_id>.+)_(?P<index>[0-9]{1,9})(?P<extension>\.[A-Za-z0-9]{1,8})")
ENTRY = re.compile(r"""["']?[^"',;\s]+_[0-9]+\.[A-Za-z0-9]+["']?\s*:\s""")
EXTENSIONS = {
    "image": {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".avif", ".tif", ".tiff"},
    "video": {".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v"},
}
ASIDE = ("#", "---", "...", "%")
MOST_COMMENTS = 20
LONGEST_ENTRY = 20_000
MOST_LINES = 200_000
"""The limit on the page, where each job reads the whole map again. The command has none."""
# The C parser, if PyYAML has it: ten times as fast, with the same events.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PLAIN = re.compile(r"([A-Za-z0-9][^\s:#'\"\0-\x1f\x7f]*): (https?://[^\s#'\"\0-\x1f\x7f]*)\n")
"""The usual form of an entry, which YAML would read to the same result: a hundred times as fast."""
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
    """The text is not `name: address`."""


def is_url_map(lines: Lines) -> bool:
    """Detected by the first entry, which comments may precede."""
    for place in range(MOST_COMMENTS):
        line = lines.peek(place)
        if line is None or (not line.startswith(ASIDE) and line.strip()):
            return line is not None and bool(ENTRY.match(line))
    return False


class _Results:
    """The results of one id."""

    __slots__ = ("kinds", "line", "unknown", "urls")

    def __init__(self, line: int) -> None:
        self.line = line
        self.urls: dict[tuple[int, str], str] = {}
        """By index and kind: a video and its last frame may both be number one."""
        self.kinds: set[str] = set()
        self.unknown = ""
        """An extension that belongs to no kind."""

    def kind(self, chosen: str) -> str:
        """A video may come with images, an image never with videos."""
        return "video" if "video" in self.kinds else "image" if self.kinds else chosen


def read_url_map(lines: Lines, *, kind: str, most: int | None) -> Iterator[Entry]:
    """Several lines share one id, so rows come at the end, each with the line that named its id first.

    `kind` is for ids whose extensions tell none. Lines after `most` are not read.
    """
    found: dict[str, _Results] = {}
    for number, text in _pieces(lines):
        if most is not None and number > most:
            yield Problem(line=number, sentence=TOO_LONG)
            break
        if sentence := lines.fault(number, text) or _noted(found, text, line=number):
            yield Problem(number, sentence)
    if found:
        yield Columns(used=("name", "address"))
    for task_id, results in found.items():
        if not (decided := results.kind(kind)):
            sentence = f"The extension {results.unknown} is neither an image's nor a video's. Choose the kind."
            yield Problem(results.line, sentence)
            continue
        values = {"urls": [results.urls[place] for place in sorted(results.urls)]}
        yield Row(line=results.line, kind=decided, task_id=task_id, values=values, remark=fit(values))


def _noted(found: dict[str, _Results], text: str, *, line: int) -> str:
    """Adds an entry to its id. Returns why it is left out, or an empty text."""
    try:
        name, url = _pair(text)
    except NotFlat:
        return "The line is not “name: address”."
    if not (match := NAME.fullmatch(name)):
        return f"The name “{shown(name, 60)}” is not a task id, an index and an extension."
    if not url:
        return f"The address of “{shown(name, 60)}” is blank."
    row = made("image", match["task_id"], [(address, [url])], line=line)
    if isinstance(row, Problem):
        return row.sentence
    extension = match["extension"].lower()
    kind = next((kind for kind, known in EXTENSIONS.items() if extension in known), "")
    results = found.setdefault(row.task_id, _Results(line))
    place = int(match["index"]), kind
    if place in results.urls:
        return f"Repeats result {place[0]} of {row.task_id}, first named on line {results.line}."
    results.urls[place] = row.values["urls"][0]
    if kind:
        results.kinds.add(kind)
    else:
        results.unknown = results.unknown or extension
    return ""


def _pieces(lines: Lines) -> Iterator[tuple[int, str]]:
    """One top-level entry at a time, so that a broken one costs only itself."""
    start, piece = 0, ""
    for number, text in lines:
        if not text.strip() or text.startswith(ASIDE):
            continue
        # Long names are written “? name” and then “: address”.
        if piece and (text[0] in " \t" or text.startswith(": ")):
            # An entry that is too long already grows no further.
            piece += text if len(piece) <= LONGEST_ENTRY else ""
            continue
        if piece:
            yield start, piece
        start, piece = number, text
    if piece:
        yield start, piece


def _pair(text: str) -> tuple[str, str]:
    """Reads events, never objects: no tags, no aliases, nothing nested, no recursion."""
    if text.isascii() and len(text) <= LONGEST_ENTRY and (plain := PLAIN.fullmatch(text)):
        return plain[1], plain[2]
    if len(text) > LONGEST_ENTRY or "\0" in text:
        raise NotFlat
    # The caller reports text that is not UTF-8; here it must only not break the parser.
    try:
        events = list(yaml.parse(text.encode("utf-8", "replace").decode(), Loader=LOADER))
    except yaml.YAMLError as error:
        raise NotFlat from error
    if [type(event) for event in events] != FLAT:
        raise NotFlat
    name, url = (event.value for event in events if isinstance(event, yaml.ScalarEvent))
    return name, url.strip()
