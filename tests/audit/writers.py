from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from django.db import connection


def four_at_once(write: Callable[[], object]) -> Iterator[None]:
    """Four threads write, each with its own connection. Yields for as long as any is at it, then raises what failed."""
    failures: list[BaseException] = []
    start = threading.Barrier(4)

    def run() -> None:
        try:
            start.wait()
            write()
        except BaseException as failure:
            # A thread can't raise to who started it: kept for that one to raise.
            failures.append(failure)
        finally:
            connection.close()

    writers = [threading.Thread(target=run) for _ in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        yield
    for writer in writers:
        writer.join()
    assert failures == []
