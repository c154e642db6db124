"""The database that `DATABASE_URL` names, as Django's settings."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from dashboard.env import Mistyped


def of(url: str, default_file: Path) -> dict[str, object]:
    """Django's database settings for `url`: postgres://…, sqlite:///path, or empty for `default_file`."""
    parts = urlsplit(url or f"sqlite:///{default_file}")
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path[1:]) or str(default_file))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise Mistyped(f"DATABASE_URL begins with “{parts.scheme}:”. Use postgres://… or sqlite:///path.")
    return _postgresql(parts)


def _sqlite(file: str) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        # Opening the file and reading its schema takes as long as finding a page of tasks.
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            # A large change writes the same index pages again and again: the WAL collects 40 MB of them before they go
            # into the file, ten times as many as by default.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            "PRAGMA wal_autocheckpoint=10000;",
        },
    }


def _postgresql(parts: SplitResult) -> dict[str, object]:
    try:
        port = parts.port or 5432
    except ValueError as error:
        raise Mistyped("DATABASE_URL names a port that is not a number.") from error
    if not parts.path.strip("/"):
        raise Mistyped("DATABASE_URL names no database. Use postgres://user:password@host:5432/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": port,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 10,
            **dict(parse_qsl(parts.query)),
            # The server must drop the locks of a machine that was cut off within seconds, not hours.
            "keepalives": 1,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
            "options": "-c lock_timeout=15s -c idle_in_transaction_session_timeout=10s",
        },
    }
