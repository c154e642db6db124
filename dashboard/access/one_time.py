"""Keeps one-time links out of logs: who reads a log must not be able to use one."""

from __future__ import annotations

import logging
import re

LINK = re.compile(r"^/join/[^/]+/?$")


def hidden(path: str) -> str:
    return LINK.sub("/join/.../", path)


class HidesLinks(logging.Filter):
    """For `django.request`, which logs the path of each request that it refuses."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(hidden(value) if isinstance(value, str) else value for value in record.args)
        return True
