"""A new database for every run: a file, or a database on a server that is dropped afterwards."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

VENDORS = ("sqlite", "postgresql")


def server() -> str:
    """The PostgreSQL server in `TEST_DATABASE_URL`; the database in it does not matter."""
    parts = urlsplit(os.environ.get("TEST_DATABASE_URL") or "postgres://postgres@127.0.0.1:5432")
    return f"{parts.scheme}://{parts.netloc}"


def available(vendors: Sequence[str]) -> list[str]:
    """The vendors that can be measured here; prints why if PostgreSQL can't."""
    try:
        if "postgresql" in vendors:
            psycopg.connect(f"{server()}/postgres", connect_timeout=5).close()
    except psycopg.OperationalError as error:
        sys.stderr.write(f"No PostgreSQL to measure: {str(error).strip()}. Name one in TEST_DATABASE_URL.\n")
        return [vendor for vendor in vendors if vendor != "postgresql"]
    return list(vendors)


@contextmanager
def fresh(vendor: str, folder: Path) -> Iterator[str]:
    """The `DATABASE_URL` of an empty database that is removed after the block."""
    if vendor == "sqlite":
        yield f"sqlite:///{folder / 'bench.sqlite3'}"
        return
    name = f"bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{server()}/postgres", autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            yield f"{server()}/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
