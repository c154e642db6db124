"""What goes wrong around the product: killed processes, a database that restarts, a full disk, clocks, a bad key."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.db import DatabaseError

from dashboard.inventory.models import TrackedTask
from tensorslab_api.sandbox import Sandbox
from tests.chaos.herd import Herd
from tests.cluster import Cluster
from tests.oracle import Ident

FULL_DISK_SECONDS = 1.5
CLOCK_JUMPS = [25.0, -40.0, 200.0, -200.0]
"""Seconds: longer than a lease, forward and back, and longer than any pause."""
MOST_WRONG = max(CLOCK_JUMPS)
WRONG_FOR = 4.0


@dataclass(kw_only=True)
class Gremlins:
    """`play(seconds)` makes one trouble every `every` seconds, as many of them on a slow machine."""

    dice: random.Random
    every: float
    herd: Herd
    provider: Sandbox
    clock_file: Path
    cluster: Cluster | None
    done: dict[str, int] = field(default_factory=dict)
    outages: list[float] = field(default_factory=list)
    """When the database could not be reached or written."""
    held: dict[Ident, float] = field(default_factory=dict)

    def play(self, seconds: float) -> None:
        for _ in range(round(seconds / self.every)):
            time.sleep(self.every)
            # A kill every time, and often something else besides.
            self._do(self.kill)
            if self.dice.random() < 0.5:
                self._do(self.dice.choice([self.outage, self.wrong_clock, self.refuse_key, self.hold, self.hold]))

    def _do(self, trouble: Callable[[], None]) -> None:
        trouble()
        self.done[trouble.__name__] = self.done.get(trouble.__name__, 0) + 1

    def kill(self) -> None:
        self.herd.kill(self.dice)

    def outage(self) -> None:
        self.outages.append(time.time())
        if self.cluster:
            self.cluster.restart()
        else:
            self.herd.fill_disk(True)
            time.sleep(FULL_DISK_SECONDS)
            self.herd.fill_disk(False)
        self.outages.append(time.time())

    def wrong_clock(self) -> None:
        self.clock_file.write_text(str(self.dice.choice(CLOCK_JUMPS)))
        threading.Timer(WRONG_FOR, self.clock_file.write_text, ["0"]).start()

    def refuse_key(self) -> None:
        self.provider.control(queue=[self.dice.choice(["401:before", "403:before", "9000:before"])])

    def hold(self) -> None:
        """Puts tasks that may be waiting in a confirmed deletion on hold, for good."""
        with suppress(DatabaseError):
            present = TrackedTask.objects.filter(held_by="", presence__in=["present", "deleting"])
            chosen = self.dice.sample(list(present.values_list("pk", "kind", "task_id")[:500]), 5)
            TrackedTask.objects.filter(pk__in=[pk for pk, _, _ in chosen]).update(held_by="chaos", held_reason="Wait")
            self.held |= {(kind, task_id): time.time() for _, kind, task_id in chosen}
