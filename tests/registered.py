"""Which ids a sandbox takes for tasks that exist: those of the test's register."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connections

from dashboard.register.witnesses import in_register
from tensorslab_api.sandbox.world import Known


@contextmanager
def committed() -> Iterator[Known]:
    """Asked on one connection, in a thread that has nothing else to do. To connect takes PostgreSQL 20 ms, and each
    question comes in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        try:
            yield lambda kind, ids: pool.submit(in_register, kind, ids).result()
        finally:
            pool.submit(connections.close_all).result()


@contextmanager
def uncommitted() -> Iterator[Known]:
    """Asked on the test's own connection, while the test waits for the answer: sees what the test has not committed."""
    own = connections["default"]
    own.inc_thread_sharing()

    def known(kind: str, ids: Sequence[str]) -> set[str]:
        connections["default"] = own
        return in_register(kind, ids)

    yield known
    own.dec_thread_sharing()
