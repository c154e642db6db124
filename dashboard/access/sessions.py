"""Sessions like Django's, except that the database contains a hash of each key, and that a row knows its person.

With a copy of the database alone it is therefore impossible to sign in.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession

from dashboard.access.lifetimes import ADDRESS, BROWSER, SEEN_AT, SIGNED_IN_AT
from dashboard.access.models import OpenSession

LENGTH = 40
"""Length of Django's column. Each character of the hash has four bits."""


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls) -> type[AbstractBaseSession]:
        return OpenSession

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
        for name, value in columns(data).items():
            setattr(row, name, value)
        return row


def columns(data: dict[str, Any]) -> dict[str, Any]:
    """What `OpenSession` has columns for, from a session's data."""
    return {
        "user_id": int(data[SESSION_KEY]) if SESSION_KEY in data else None,
        "signed_in_at": _moment(data.get(SIGNED_IN_AT)),
        "seen_at": _moment(data.get(SEEN_AT)),
        "address": data.get(ADDRESS, ""),
        "browser": data.get(BROWSER, ""),
    }


def stored(session_key: str) -> str:
    """The hash that the database contains for a key."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:LENGTH]


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
