"""What happens at some statement of the database: a fault, or what somebody else does just then."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

CHANGES = r"\s*(INSERT|UPDATE|DELETE)\b"
"""Every statement that writes."""


@contextmanager
def before(pattern: str, act: Callable[[], object], *, number: int | None = 1) -> Iterator[None]:
    """Does `act` before the statement of that number that begins so, or before each of them."""
    watch = _Watch(pattern, number)

    def watched(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if watch.is_it(sql):
            act()
        return execute(sql, *rest)

    with connection.execute_wrapper(watched):
        yield


@contextmanager
def after(pattern: str, act: Callable[[], object], *, number: int | None = 1) -> Iterator[None]:
    watch = _Watch(pattern, number)

    def watched(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        is_it = watch.is_it(sql)
        done = execute(sql, *rest)
        if is_it:
            act()
        return done

    with connection.execute_wrapper(watched):
        yield


class _Watch:
    def __init__(self, pattern: str, number: int | None) -> None:
        self.pattern, self.number, self.met = re.compile(pattern), number, 0

    def is_it(self, sql: str) -> bool:
        fits = bool(self.pattern.match(sql))
        self.met += fits
        return fits and self.number in {None, self.met}


def raising(error: BaseException | type[BaseException]) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail
