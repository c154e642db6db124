"""What was read of a watched folder, in the register's own database: another, or an older one, is filled anew."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Collection
from pathlib import Path

from dashboard.register.models import WatchedFile
from dashboard.register.watching.scanning import Found

AT_ONCE = 1000


class Progress:
    def __init__(self, folder: Path) -> None:
        # The same path is another folder on another machine.
        self.place = _hash(f"{socket.gethostname()}\0{folder}")
        rows = WatchedFile.objects.filter(place=self.place)
        self._stamps: dict[str, str] = dict(rows.values_list("name", "stamp"))

    def is_read(self, found: Found) -> bool:
        return self._stamps.get(_hash(found.path)) == found.stamp

    def note(self, read: Collection[Found]) -> None:
        stamps = {_hash(found.path): found.stamp for found in read}
        rows = [WatchedFile(place=self.place, name=name, stamp=stamp) for name, stamp in sorted(stamps.items())]
        WatchedFile.objects.bulk_create(
            rows,
            batch_size=AT_ONCE,
            update_conflicts=True,
            unique_fields=["place", "name"],
            update_fields=["stamp"],
        )
        self._stamps.update(stamps)

    def forget_others(self, there: Collection[Found]) -> None:
        """Files that are gone. Where none at all is there the disk may be, and nothing is forgotten."""
        if not there:
            return
        gone = list(self._stamps.keys() - {_hash(found.path) for found in there})
        for begin in range(0, len(gone), AT_ONCE):
            WatchedFile.objects.filter(place=self.place, name__in=gone[begin : begin + AT_ONCE]).delete()
        for name in gone:
            del self._stamps[name]


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="surrogateescape"), digest_size=16).hexdigest()
