"""Sessions like Django's, except that the database contains a hash of each key.

With a copy of the database alone it is therefore impossible to sign in.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession

LENGTH = 40
"""Length of Django's column. Each character of the hash has four bits."""


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> AbstractBaseSession | None:
        key, self._session_key = self._session_key, stored(self._session_key or "")
        found: AbstractBaseSession | None = super()._get_session_from_db()  # type: ignore[misc]
        self._session_key = key if found else None
        return found

    def exists(self, session_key: str) -> bool:
        return bool(super().exists(stored(session_key)))

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(stored(key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        row: AbstractBaseSession = super().create_model_instance(data)
        row.session_key = stored(row.session_key)
        return row


def stored(session_key: str) -> str:
    """The hash that the database contains for a key."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:LENGTH]
