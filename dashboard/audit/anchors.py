"""Publishes heads of the audit log as it grows, to a place that an attacker who has only the database can't reach.

`AUDIT_ANCHOR` is that place: `file:PATH` (a line is appended), `syslog:` (this machine's, or `syslog:HOST:PORT`), or
`https://…` (JSON is posted). A head is written as `SEQ:HASH`, as `verify_audit --expect` takes it.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from logging.handlers import SysLogHandler
from pathlib import Path
from urllib.parse import urlsplit

import requests
from django.conf import settings

from dashboard.audit import heads
from dashboard.audit.heads import Seen

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=10)
"""Time between two published heads."""
AGAIN = timedelta(minutes=1)
"""Time until the next try after a failure."""
PATIENCE = 10.0
"""Seconds to wait for a server's answer."""
LOCAL_SYSLOG = "/dev/log"
LINE = re.compile(r"(\d{4}-\d\d-\d\dT\S{8,24}) (\d{1,18}):([0-9a-f]{64})\n", re.ASCII)
BATCH = 500
"""Heads that are looked up in one query."""


class Publisher:
    """Publishes the heads of one process. Each process has its own, and relies on no other and not on the database."""

    def __init__(self) -> None:
        self.published: Seen | None = None
        self.next_at = datetime.min.replace(tzinfo=UTC)
        self.thread: threading.Thread | None = None

    def heed(self, *, now: datetime) -> None:
        """Publishes the newest head if that is due, in a thread, so that a slow server delays no caller."""
        busy = self.thread is not None and self.thread.is_alive()
        if not settings.AUDIT_ANCHOR or settings.SANDBOX or busy or now < self.next_at:
            return
        head = heads.newest()
        if head is None or head == self.published:
            return
        self.next_at = now + EVERY
        self.thread = threading.Thread(target=self._publish, args=(head, now), name="anchor", daemon=True)
        self.thread.start()

    def _publish(self, head: Seen, now: datetime) -> None:
        try:
            publish(head)
        except OSError as error:
            # `requests` and `logging.handlers` raise only this for trouble on the way.
            self.next_at = now + AGAIN
            logger.warning("The head of the audit log can't be published to %s: %s", _place(), _fault(error))
        else:
            self.published = head


def publish(head: Seen) -> None:
    """Sends a head to `AUDIT_ANCHOR`. Raises OSError if it does not arrive."""
    where, _, rest = settings.AUDIT_ANCHOR.partition(":")
    if where == "file":
        _append(Path(rest), f"{head.at.astimezone(UTC).isoformat()} {head.sequence}:{head.hash}\n")
    elif where == "syslog":
        _log(rest, f"tensorslab-tasks audit log {head.sequence}:{head.hash}")
    else:
        told = {"sequence": head.sequence, "hash": head.hash, "at": head.at.astimezone(UTC).isoformat()}
        answer = requests.post(settings.AUDIT_ANCHOR, json=told, timeout=PATIENCE, allow_redirects=False)
        if not 200 <= answer.status_code < 300:
            raise ConnectionError(f"it answers {answer.status_code}.")


def _place() -> str:
    """`AUDIT_ANCHOR` without the parts that may contain a token: user name, path and query."""
    address = urlsplit(settings.AUDIT_ANCHOR)
    if not address.scheme.startswith("http"):
        return settings.AUDIT_ANCHOR
    return f"{address.scheme}://{address.netloc.rpartition('@')[2]}"


def _fault(error: OSError) -> str:
    """The kind of fault only, for `requests`: its messages contain the whole address."""
    return type(error).__name__ if isinstance(error, requests.RequestException) else str(error)


def lost() -> Seen | None:
    """The first head in the file of `AUDIT_ANCHOR` that the database lacks; None if it is no file."""
    noted = _noted()
    while some := list(islice(noted, BATCH)):
        found = heads.in_chain(some)
        if lacking := [head for head in some if head not in found]:
            return lacking[0]
    return None


def _noted() -> Iterator[Seen]:
    where, _, rest = settings.AUDIT_ANCHOR.partition(":")
    if where != "file" or settings.SANDBOX or not Path(rest).exists():
        return
    with Path(rest).open(encoding="ascii", errors="replace") as lines:
        # A power failure may leave half a line.
        for parts in filter(None, map(LINE.fullmatch, lines)):
            yield Seen(sequence=int(parts[2]), hash=parts[3], at=datetime.fromisoformat(parts[1]))


def _append(file: Path, line: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Syslog(SysLogHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name in the base class
        """Runs while an error is handled. Raises that error, which the base class would hide."""
        raise


def _log(address: str, message: str) -> None:
    parts = urlsplit(f"//{address}")
    place = (parts.hostname or "localhost", parts.port or 514) if address else LOCAL_SYSLOG
    handler = _Syslog(address=place, facility=SysLogHandler.LOG_AUTHPRIV)
    try:
        handler.emit(logging.makeLogRecord({"msg": message, "levelno": logging.INFO, "levelname": "INFO"}))
    finally:
        handler.close()
