"""On what a measurement was made, without which its figures say nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import psycopg

from bench import databases


def description(vendors: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {
        "cpu": _value_in("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory": _value_in("/proc/meminfo", "MemTotal"),
        "system": platform.system(),
        "python": platform.python_version(),
        "django": version("django"),
        "sqlite": sqlite3.sqlite_version,
    }
    if "postgresql" in vendors:
        with psycopg.connect(f"{databases.server()}/postgres") as connection:
            found["postgresql"] = connection.info.parameter_status("server_version")
    return found


def _value_in(file: str, name: str) -> str:
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() == name:
            return value.strip()
    return "unknown"
