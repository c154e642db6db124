"""Recognises files that are no text by their first bytes, so that nothing is read from them."""

from __future__ import annotations

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
UNPACK = "Unpack it and choose what is in it."
SAVE = "Open it in a spreadsheet and save its table as .xlsx or CSV."
BEGINNINGS = {
    b"\x1f\x8b": f"a gzip file within a gzip file. {UNPACK}",
    **{b"BZh%d1AY&SY" % level: f"a bzip2 file. {UNPACK}" for level in range(1, 10)},
    **{b"BZh%d\x17\x72\x45\x38\x50\x90" % level: f"a bzip2 file. {UNPACK}" for level in range(1, 10)},
    b"\x28\xb5\x2f\xfd": f"a zstd file. {UNPACK}",
    # A frame that readers skip.
    **{bytes([0x50 + number]) + b"\x2a\x4d\x18": f"a zstd file. {UNPACK}" for number in range(16)},
    # A zip archive on its own is handled by its content.
    **dict.fromkeys(ZIP, f"a zip archive or a workbook within a gzip file. {UNPACK}"),
    b"\xfd7zXZ\x00": f"an xz file. {UNPACK}",
    b"7z\xbc\xaf\x27\x1c": f"a 7-Zip archive. {UNPACK}",
    b"Rar!\x1a\x07": f"a RAR archive. {UNPACK}",
    b"\x04\x22\x4d\x18": f"an LZ4 file. {UNPACK}",
    b"\x1f\x9d": f"a file packed with compress (.Z). {UNPACK}",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": f"an old Excel workbook (.xls), or one with a password. {SAVE}",
    b"SQLite format 3\x00": "an SQLite database. Export its table as CSV.",
    b"PAR1": "a Parquet file. Export its table as CSV.",
    b"%PDF-": "a PDF document. Export its table as CSV.",
    b"{\\rtf": "an RTF document. Save it as plain text.",
    b"\x89PNG": "a picture, not a list of tasks.",
    b"\xff\xd8\xff": "a picture, not a list of tasks.",
    b"GIF8": "a picture, not a list of tasks.",
}
WITHIN = {
    (4, b"ftyp"): "a film, not a list of tasks.",
    (8, b"WEBP"): "a picture, not a list of tasks.",
    (257, b"ustar"): f"a tar archive. {UNPACK}",
}
"""By the position of these bytes."""
MARKUP = (b"<!doctype html", b"<!--", b"<html", b"<table", b"<?xml")
MOST = 512
"""Bytes that are needed."""
CONTROLS = bytes([*range(1, 9), *range(14, 26), 127])
"""Controls that no text has. Zeros are missing because UTF-16 has them, and separators."""
LOOKED_AT, MOST_CONTROLS = 4096, 4
NO_TEXT = "This is no text but a file of another kind. Save the tasks as CSV, JSON lines or .xlsx."


def is_zip(first: bytes) -> bool:
    return first.startswith(ZIP)


def is_text(first: bytes) -> bool:
    """Whether bytes that should be UTF-8 are text. Lines of other data may look like ids."""
    first = first[:LOOKED_AT]
    controls = len(first) - len(first.translate(None, CONTROLS))
    return controls < MOST_CONTROLS or 100 * controls < len(first)


def named(first: bytes) -> str:
    """A sentence that names the kind of file; empty if it may be text."""
    for beginning, words in BEGINNINGS.items():
        if first.startswith(beginning):
            return f"This is {words}"
    for (place, inside), words in WITHIN.items():
        if first.startswith(inside, place):
            return f"This is {words}"
    if first.removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower().startswith(MARKUP):
        return f"This is a page (HTML or XML), whatever its name says. {SAVE}"
    return ""
