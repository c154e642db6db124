"""From a file that was fetched to pictures of our own, and to the row that says so.

Files are stored before the row says so: a worker that dies between leaves files that nobody knows, and the row is due
again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from dashboard.media import formats, storing
from dashboard.media.decoding import Decoded, Decoder
from dashboard.media.models import PASSING, Picture, Reason, State
from dashboard.media.wanting import AGAIN, ATTEMPTS

MEGABYTE = 1024 * 1024


def make(row: Picture, file: Path, decoder: Decoder, *, now: datetime, may_go_on: Callable[[], bool]) -> None:
    """Raises `Interrupted`, and OSError when the store does not take it: the row is then due again by itself."""
    format = formats.format_of(file)
    if not format:
        fail(row, Reason.NOT_A_PICTURE, now=now)
        return
    if row.attempts > ATTEMPTS:
        # It was taken again and again, and each time its worker died.
        fail(row, Reason.UNDECODABLE, now=now)
        return
    decoded = decoder.decode(file, format=format, may_go_on=may_go_on)
    if decoded.reason:
        fail(row, decoded.reason, now=now)
    else:
        _keep(row, file, decoded, now=now)


def fail(row: Picture, reason: Reason, detail: str = "", *, now: datetime) -> None:
    passing = reason in PASSING and row.attempts < ATTEMPTS
    due_at = now + AGAIN[min(row.attempts, len(AGAIN)) - 1] if passing else None
    failed = {"state": State.FAILED, "reason": reason, "detail": detail[:255], "fetched_at": now, "urgent": 0}
    _write(row, due_at=due_at, **failed)


def _keep(row: Picture, file: Path, decoded: Decoded, *, now: datetime) -> None:
    token = _token(row, file)
    store = storing.store()
    for name, content in decoded.parts.items():
        store.put(token, name, content)
    size = file.stat().st_size
    original = size if decoded.film and size <= settings.MEDIA_KEEP_ORIGINALS_MB * MEGABYTE else None
    if original is not None:
        store.put(token, f"film.{decoded.film}", file)
    facts = {name: getattr(decoded, name) for name in ("width", "height", "duration", "frames", "film")}
    done = {"state": State.STORED, "reason": "", "detail": "", "fetched_at": now, "urgent": 0, "due_at": None}
    if _write(row, token=token, original=original, **facts, **done):
        return
    # Somebody had it forgotten meanwhile, or another worker has made the same.
    if not Picture.objects.filter(pk=row.pk, token=token).exists():
        store.remove(token)


def _write(row: Picture, **fields: Any) -> bool:
    """As long as it is ours: what was forgotten meanwhile is not due at any time."""
    return bool(Picture.objects.filter(pk=row.pk, due_at=row.due_at).update(**fields))


def _token(row: Picture, file: Path) -> str:
    """Of what it holds, and of whose it is: of two tasks with the same file, each can be forgotten by itself."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256")
    digest.update(f"{row.task_id} {row.number}".encode())
    return digest.hexdigest()[:32]
