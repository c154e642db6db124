"""What goes wrong around the product: killed processes, a database that restarts, a full disk, clocks, days that pass,
a bad key, and a provider that is under maintenance, or answers for another account."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from dashboard.calls.models import Account, ProviderCall
from dashboard.deletions.approvals.decisions import lifetime
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.register.models import Hold
from tensorslab_api.sandbox import Sandbox
from tests.chaos.herd import Herd
from tests.cluster import Cluster

FULL_DISK_SECONDS = 1.5
CLOCK_JUMPS = [25.0, -40.0, 200.0, -200.0]
"""Seconds: longer than a lease, forward and back, and longer than any pause."""
MOST_WRONG = max(CLOCK_JUMPS)
WRONG_FOR = 4.0
WEATHER = {"foreign_keys": ["chaos"]}, {"maintenance": "System under maintenance"}
CLEAR = {"foreign_keys": [], "maintenance": ""}
WEATHER_FOR = 6.0
QUIET_LOOKS = 5
"""Looks in a row at which no answer waits to be vouched for."""


@dataclass(kw_only=True)
class Gremlins:
    """`play(seconds)` makes one trouble every `every` seconds, as many of them on a slow machine."""

    dice: random.Random
    every: float
    herd: Herd
    provider: Sandbox
    clock_file: Path
    cluster: Cluster | None
    clocks: bool
    done: dict[str, int] = field(default_factory=dict)
    outages: list[float] = field(default_factory=list)
    """When the database could not be reached or written."""
    weather_since: float | None = None
    was_foreign: bool = False
    """It has answered for another account: it said Success of what it never had."""

    def play(self, seconds: float) -> None:
        others = [self.outage, self.refuse_key, *2 * [self.days_pass], *([self.wrong_clock] if self.clocks else [])]
        rounds = round(seconds / self.every)
        for number in range(rounds):
            time.sleep(self.every)
            # A kill every time, and often something else besides.
            self._do(self.kill)
            if self.dice.random() < 0.5:
                self._do(self.dice.choice(others))
            if number in {rounds // 4, 3 * rounds // 4}:
                self._do(self.bad_weather)
            self.better_weather()

    def bad_weather(self) -> None:
        """For a while the whole provider is under maintenance, or answers as another account of its would."""
        if self.weather_since is None:
            self.weather_since = time.monotonic()
            weather = self.dice.choice(WEATHER)
            self.was_foreign |= "foreign_keys" in weather
            self.provider.control(**weather)

    def better_weather(self) -> bool:
        """Ends that, after a while, and where the product can tell. False when it has yet to notice.

        Answers of another account look right: only controls that are made under it too can show what they are.
        """
        if self.weather_since is None:
            return True
        if time.monotonic() < self.weather_since + WEATHER_FOR or not self._is_noticed():
            return False
        self.provider.control(**CLEAR)
        self.weather_since = None
        return True

    def _is_noticed(self) -> bool:
        with suppress(DatabaseError):
            for _ in range(QUIET_LOOKS):
                if Account.objects.exclude(doubt="").exists():
                    return True
                look_ups = ProviderCall.objects.in_hand().filter(operation="look_up", deletion__isnull=False)
                if look_ups.exists() or DeletionItem.objects.filter(claim__isnull=False).exists():
                    return False
                time.sleep(0.02)
            return True
        return False

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

    def days_pass(self) -> None:
        """For requests that nobody decided on, and for holds with an end: these are over now, or in a moment."""
        with suppress(DatabaseError):
            asked = Deletion.objects.awaiting_approval()
            asked.update(approval_asked_at=F("approval_asked_at") - lifetime())
            with_end = Hold.objects.in_force().filter(until__gt=timezone.now())
            with_end.update(until=timezone.now() + timedelta(seconds=self.dice.uniform(0.0, 2.0)))
