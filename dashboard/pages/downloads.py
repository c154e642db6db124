"""Files that are written while they are sent. Each takes a thread until its reader has all, so there is a limit."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse

PER_PERSON = 2
AT_ONCE = 4
"""For all people, in one process of the web server: half of its threads."""

TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "jsonl": "application/jsonl"}
"""By the ending of the file's name."""

_under_way: Counter[int] = Counter()
_lock = threading.Lock()


class TooMany(Exception):
    """Too many downloads are under way. The text is for the person."""


class Download:
    """Lines for one person. It counts until it is closed, which the web server always does."""

    def __init__(self, person: int, lines: Iterator[str]) -> None:
        self._lines = lines
        self._person: int | None = None
        with _lock:
            if _under_way[person] >= PER_PERSON:
                raise TooMany(f"You have {PER_PERSON} downloads under way. Wait until one has ended.")
            if _under_way.total() >= AT_ONCE:
                raise TooMany("Others download just now. Try again in a minute.")
            _under_way[person] += 1
            self._person = person

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def close(self) -> None:
        with _lock:
            if self._person is not None:
                _under_way[self._person] -= 1
                self._person = None


def download(request: HttpRequest, lines: Iterator[str], *, name: str) -> StreamingHttpResponse:
    """The only way to send a file. Raises `TooMany`, which is answered with 429 and the sentence."""
    response = StreamingHttpResponse(Download(request.user.pk or 0, lines), content_type=TYPES[name.rpartition(".")[2]])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
