"""The valid cells of each column. A reader returns the cleaned value, or raises `Rejected` with a sentence."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import tzinfo
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from dashboard.calls.models import Kind
from dashboard.calls.texts import LONGEST_PROMPT, LONGEST_TEXT, LONGEST_URL, MOST_URLS, cut
from dashboard.register.importing.cells.times import in_utc, moment_of
from dashboard.register.importing.cells.words import Rejected, has_invisible, quoted, text_of, word_of
from dashboard.register.models import Status, TrackedTask

MODEL_LIMIT: int = TrackedTask._meta.get_field("model").max_length or 100
TIME_LIMIT: int = TrackedTask._meta.get_field("created_raw").max_length or 64
PIXELS_LIMIT = 1_000_000
SECONDS_LIMIT = 1_000_000
CUT_AT = {"prompt": LONGEST_PROMPT, "error": LONGEST_TEXT}
"""Texts that are cut if they are too long: that is no reason to reject a row."""
# Millions of cells are read: compiled patterns and plain sets are faster than properties.
DECIMAL_COMMA = re.compile(r"(-?\d+),(\d+)", re.ASCII)
BETWEEN_ADDRESSES = re.compile(r"""\s+|(?<![,;|])[,;|]++(?=["']?https?://|\s|$)""")
KINDS = frozenset(Kind.values)
STATUSES = frozenset(Status.values)
KIND_WORDS = {"images": "image", "videos": "video", "图片": "image", "图像": "image", "视频": "video"}
KIND_WORDS |= {"文生图": "image", "图生图": "image", "文生视频": "video", "图生视频": "video"}
STATUS_WORDS = {
    "submitted": "queued",
    "pending": "queued",
    "排队中": "queued",
    "等待中": "queued",
    "处理中": "processing",
    "生成中": "processing",
    "上传中": "uploading",
    "已完成": "completed",
    "完成": "completed",
    "成功": "completed",
    "失败": "failed",
}
SHORT, REMEMBERED = 100, 1000
"""Cells up to this length may repeat, and each column remembers this many."""
CODES = {"1": "queued", "2": "processing", "3": "completed", "4": "failed", "5": "uploading"}
"""The meaning of TensorsLab's `image_status` and `task_status`."""


Reader = Callable[[object], dict[str, Any]]
"""The model's fields of a cell that is not empty."""


def kind(value: object) -> str:
    if isinstance(value, str) and value in KINDS:
        return value
    word = word_of("kind", value).lower()
    word = KIND_WORDS.get(word, word)
    if not word:
        raise Rejected("The kind is blank. Use image or video.")
    if word not in KINDS:
        raise Rejected(f"The kind is {quoted(word)}. Use image or video.")
    return word


def fit(values: dict[str, Any]) -> str:
    """Cuts texts that are too long for the register. Returns a remark for people; empty if nothing was cut."""
    remarks = []
    for name, limit in CUT_AT.items():
        if len(words := values.get(name, "")) > limit:
            values[name] = cut(words, limit)
            remarks.append(f"The {name} has {len(words):,} characters and is cut at {limit:,}.")
    if len(urls := values.get("urls", ())) > MOST_URLS:
        values["urls"] = urls[:MOST_URLS]
        remarks.append(f"There are {len(urls):,} urls, of which the first {MOST_URLS} are kept.")
    return " ".join(remarks)


def _status(value: object) -> dict[str, Any]:
    if isinstance(value, str) and value in STATUSES:
        return {"status": value}
    word = word_of("status", value).lower()
    word = STATUS_WORDS.get(word, word)
    if word and word not in STATUSES:
        raise Rejected(f"The status is {quoted(word)}. Use {', '.join(Status.values[:-1])} or {Status.values[-1]}.")
    return {"status": word} if word else {}


def _status_code(value: object) -> dict[str, Any]:
    """The status of the API's own columns, which is a number; a spreadsheet may have written 3.0."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:g}"
    word = word_of("status", value)
    return _status(CODES.get(word.removesuffix(".0"), word))


def _model(value: object) -> dict[str, Any]:
    word = word_of("model", value)
    if len(word) > MODEL_LIMIT:
        raise Rejected(f"The model has {len(word):,} characters. The limit is {MODEL_LIMIT}.")
    return {"model": word} if word else {}


def _prompt(value: object) -> dict[str, Any]:
    words = text_of("prompt", value)
    return {"prompt": words} if words else {}


def _error(value: object) -> dict[str, Any]:
    words = text_of("error", value)
    return {"error": words} if words else {}


def address(value: object) -> dict[str, Any]:
    addresses = value if isinstance(value, list) else _addresses(word_of("url", value))
    urls = [word_of("url", address) for address in addresses]
    for url in urls:
        if not is_web_address(url):
            raise Rejected(f"The url is {quoted(url)}. Only http and https addresses are kept.")
    return {"urls": urls} if urls else {}


def _addresses(text: str) -> list[Any]:
    """The addresses of a cell: separated by blanks or other marks, or as a list of JSON or Python."""
    if text[:4] == "http" and not ("," in text or ";" in text or "|" in text):
        return list[Any](text.split())
    if text[:1] == "[" and text[-1:] == "]":
        with suppress(ValueError, RecursionError):
            values = json.loads(text)
            return values if isinstance(values, list) else [values]
        return [word.strip("'\"") for word in BETWEEN_ADDRESSES.split(text[1:-1]) if word]
    return [word for word in BETWEEN_ADDRESSES.split(text) if word]


def is_web_address(url: str) -> bool:
    if len(url) > LONGEST_URL or has_invisible(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _created_at(zone: tzinfo | None) -> Reader:
    """A reader for times. One without an offset is in this zone, and its text is stored too, or the text alone."""

    def reader(value: object) -> dict[str, Any]:
        word = word_of("created_at", value)
        if not word:
            return {}
        if len(word) > TIME_LIMIT:
            raise Rejected(f"The created_at has {len(word):,} characters. Use at most {TIME_LIMIT}.")
        try:
            moment = moment_of(word)
            if moment.tzinfo is not None:
                return {"created_at": in_utc(moment, moment.tzinfo)}
            if zone is None:
                return {"created_raw": word}
            return {"created_at": in_utc(moment, zone), "created_raw": word}
        except (ValueError, OverflowError):
            raise Rejected(
                f"The created_at is {quoted(word)}. Use ISO 8601, such as 2026-01-30T12:00:00+00:00."
            ) from None

    return reader


def _pixels(name: str, *, semicolons: bool) -> Reader:
    def reader(value: object) -> dict[str, Any]:
        number = _number(value, semicolons=semicolons)
        if number is None:
            return {}
        if not 1 <= number <= PIXELS_LIMIT or number != int(number):
            raise Rejected(f"The {name} is {quoted(value)}. Use a whole number of pixels, from 1 to {PIXELS_LIMIT:,}.")
        return {name: int(number)}

    return reader


def _duration(*, semicolons: bool) -> Reader:
    def reader(value: object) -> dict[str, Any]:
        number = _number(value, semicolons=semicolons)
        if number is None:
            return {}
        if not 0 < number <= SECONDS_LIMIT:
            raise Rejected(f"The duration is {quoted(value)}. Use a number of seconds above 0.")
        return {"duration": number}

    return reader


def _number(value: object, *, semicolons: bool) -> float | None:
    """None if it is blank; NaN, which passes no limit, if it is no number."""
    if isinstance(value, str) and not value.strip():
        return None
    # float() would also take “1_000” and digits of other scripts.
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        return math.nan
    if isinstance(value, str) and "," in value:
        value = _with_a_point(value.strip(), semicolons=semicolons)
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def _with_a_point(text: str, *, semicolons: bool) -> str:
    """Reads a decimal comma: 5,5 is 5.5. 1,024 may mean a thousand and more, unless semicolons separate the cells."""
    match = DECIMAL_COMMA.fullmatch(text)
    return f"{match[1]}.{match[2]}" if match and (semicolons or len(match[2]) != 3) else text


def _remembered(reader: Reader) -> Reader:
    """A reader with a cache, for columns with few different texts."""
    text = lru_cache(maxsize=REMEMBERED)(reader)

    def read(value: object) -> dict[str, Any]:
        return text(value) if isinstance(value, str) and len(value) <= SHORT else reader(value)

    return read


def readers(zone: tzinfo, *, semicolons: bool = False) -> dict[str, Reader]:
    """Readers by column, in the order of checks: if two give the same field, the later one counts.

    `zone` is for times without an offset. If `semicolons` separate cells, a comma is a decimal one.
    """
    return {
        "status code": _remembered(_status_code),
        "status": _remembered(_status),
        "model": _remembered(_model),
        "prompt": _prompt,
        "url": address,
        # TensorsLab does not tell its zone.
        "starttime": _created_at(None),
        "created_at": _created_at(zone),
        "width": _remembered(_pixels("width", semicolons=semicolons)),
        "height": _remembered(_pixels("height", semicolons=semicolons)),
        "duration": _remembered(_duration(semicolons=semicolons)),
        "error": _error,
    }
