"""What happens in one run: a register, people, trouble, then calm; and what the oracle says at the end."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from dashboard.access.roles import ADMINISTRATOR, give
from dashboard.audit.models import AuditEvent
from dashboard.calls.models import ProviderCall
from dashboard.deletions.models import Deletion, DeletionItem, Inspection, State
from dashboard.operations import reconciling
from dashboard.register.models import TrackedTask
from tensorslab_api.sandbox import Sandbox
from tensorslab_api.sandbox.existence import in_shard
from tests.chaos.administrators import Administrator
from tests.chaos.approvers import Approver
from tests.chaos.gremlins import MOST_WRONG, Gremlins
from tests.chaos.herd import Herd
from tests.chaos.holders import Holder
from tests.chaos.one_run import CALM_WITHIN, GONE, LYING, MODELS, NATURES, POISON, UNKNOWN, Plan
from tests.chaos.operators import Operator
from tests.chaos.people import PASSWORD, NothingThere, Person, Seen
from tests.cluster import Cluster
from tests.consent import DECISIONS
from tests.oracle import violations
from tests.past import Circumstances, Ident

Answer = TypeVar("Answer")
Somebody = TypeVar("Somebody", bound=Person)
TOLD = [
    *("deletion.confirmed", "deletion.approval_asked", *DECISIONS),
    *("hold.placed", "hold.released", "hold.ended", "hold.took_in", "hold.rule_stopped"),
    *("person.limits_changed", "person.disabled", "person.opened", "person.sessions_ended"),
]
"""Of these entries of the log it says how many there are."""
EXCUSED_AFTER_OUTAGE = 30.0
"""Seconds in which a page may fail because the database did; PostgreSQL takes as long to be missed and found again."""


@dataclass(kw_only=True)
class Story:
    plan: Plan
    folder: Path
    provider: Sandbox
    existing: dict[str, set[str]]
    """By kind: which ids the provider ever had. It asks here."""
    cluster: Cluster | None
    seen: Seen = field(default_factory=Seen)

    def play(self) -> dict[str, Any]:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        self.dice = random.Random(f"{self.plan.seed} story")
        self.excused = self._make_register()
        self.provider.control(**self.plan.options)
        self._gather()
        with Herd(self.folder, port=settings.PORT, workers=self.plan.workers, environ=os.environ) as herd:
            gremlins = Gremlins(
                dice=random.Random(f"{self.plan.seed} gremlins"),
                every=self.plan.kill_every,
                herd=herd,
                provider=self.provider,
                clock_file=self.folder / "clock",
                cluster=self.cluster,
                clocks=self.plan.clocks,
            )
            self._confirm_much()
            for person in self.people:
                person.start()
            gremlins.play(self.plan.seconds)
            for person in self.people:
                person.ended.set()
            for person in self.people:
                person.join()
            calmed = self._calm(gremlins)
        if self.plan.logs:
            Path(self.plan.logs).write_text(herd.logs())
        return self._result(gremlins, herd, calmed)

    def _make_register(self) -> frozenset[Ident]:
        """Tasks, some of which the provider never had, refuses, or had deleted before. Returns what was never there."""
        now = timezone.now()
        rows = [
            TrackedTask(
                kind=self.dice.choice(["image", "image", "video"]),
                task_id=f"task-{number:06d}",
                model=f"model{self.dice.randrange(MODELS)}",
                status="completed",
                prompt="A lighthouse",
                created_at=now - timedelta(minutes=number),
                tracked_at=now,
            )
            for number in range(self.plan.tasks)
        ]
        TrackedTask.objects.bulk_create(rows, batch_size=1000)
        odd = self.dice.sample(rows, UNKNOWN + POISON + GONE)
        unknown, poison, gone = odd[:UNKNOWN], odd[UNKNOWN:-GONE], odd[-GONE:]
        never = {row.task_id for row in unknown}
        for row in rows:
            self.existing[row.kind] |= {row.task_id} - never
        self.hidden = frozenset(
            (row.kind, row.task_id)
            for row in rows
            if in_shard(row.task_id, NATURES[self.plan.nature].get("replica_lacks", 0))
        )
        self.provider.control(
            refuse={row.task_id: "task is running" for row in poison},
            gone={kind: [row.task_id for row in gone if row.kind == kind] for kind in ("image", "video")},
        )
        return frozenset((row.kind, row.task_id) for row in [*unknown, *gone])

    def _gather(self) -> None:
        """Everybody, with an account and a role."""
        plan = self.plan
        self.operators = [self._person(Operator, f"operator{number}") for number in range(plan.operators)]
        self.approvers = [self._person(Approver, f"approver{number}") for number in range(plan.approvers)]
        holders = [self._person(Holder, f"holder{number}", role="approver") for number in range(plan.holders)]
        others = [*self.operators, *self.approvers, *holders]
        for approver in self.approvers:
            approver.colleagues = tuple(other for other in self.approvers if other is not approver)
        numbers = dict(User.objects.values_list("username", "pk"))
        self.administrator = self._person(Administrator, ADMINISTRATOR)
        self.administrator.people = {person.name: numbers[person.name] for person in others}
        self.people = [*others, self.administrator]

    def _person(self, of: type[Somebody], name: str, *, role: str = "") -> Somebody:
        user = User.objects.create_user(name, password=PASSWORD)
        give(user, role or of.__name__.lower())
        models = [f"model{number}" for number in range(MODELS)]
        url = f"http://127.0.0.1:{settings.PORT}"
        return of(name, url=url, seed=str(self.plan.seed), models=models, seen=self.seen)

    def _confirm_much(self) -> None:
        """Half of the register in one deletion, which is approved, before the trouble begins."""
        operator = self.operators[0]
        for _ in range(100):
            with suppress(OSError, NothingThere):
                operator.sign_in()
                operator.delete_all_matching("kind=image")
                self._decide()
                return
            time.sleep(0.2)
        raise AssertionError(f"The product did not start.\n{operator.seen.answers}")

    def _decide(self) -> None:
        """What waits is approved, or declined if it can't be."""
        waiting = _patiently(lambda: list(Deletion.objects.awaiting_approval().values_list("uuid", flat=True)))
        for uuid, approver in product(waiting, self.approvers):
            for act in (approver.approve, approver.decline):
                approver.try_to(partial(act, str(uuid)))

    def _calm(self, gremlins: Gremlins) -> float | None:
        """Faults go on for as long as the trouble did, or until nothing is in flight. Then doubts are cleared up, and
        what has ended is looked at again. Returns seconds, None when it never comes to an end."""
        began = time.monotonic()
        faulty = True
        # Limits go on; nobody's account stays closed.
        self.administrator.try_to(self.administrator.open_all)
        while time.monotonic() < began + CALM_WITHIN:
            time.sleep(0.5)
            self._decide()
            undone = _patiently(lambda: list(Deletion.objects.in_flight()))
            clear = gremlins.better_weather()
            if faulty and (not undone or time.monotonic() > began + self.plan.seconds):
                faulty = False
                self.provider.control(fault_rate=0.0)
            for deletion in undone:
                if deletion.state == State.PAUSED:
                    self._press(deletion, "resume")
                    # Where no task is left that could vouch for look-ups; elsewhere it is refused.
                    self._press(deletion, "accept" if clear else "resume")
            unknown = _patiently(lambda: list(Deletion.objects.filter(state=State.FINISHED, unknown__gt=0)))
            inspected = _patiently(lambda: Inspection.objects.filter(at=None).exists())
            if undone or not clear:
                continue
            if not unknown and not inspected:
                return round(time.monotonic() - began, 1)
            for deletion in unknown:
                self._press(deletion, "check")
        return None

    def _press(self, deletion: Deletion, action: str) -> None:
        # The web server may be starting again; the next round presses once more.
        self.administrator.try_to(lambda: self.administrator.post(f"/deletions/{deletion.uuid}/{action}/"))

    def _result(self, gremlins: Gremlins, herd: Herd, calmed: float | None) -> dict[str, Any]:
        ledger = self.provider.ledger()
        wrong = MOST_WRONG if connection.vendor == "sqlite" and gremlins.done.get("wrong_clock") else 0.0
        known = Circumstances(
            gone_before=self.excused,
            skew=wrong,
            # A lenient one says Success of what it refuses.
            lies=self.plan.nature in LYING or self.plan.mode == "lenient" or gremlins.was_foreign,
            lag=NATURES[self.plan.nature].get("replica_lag", 0.0),
            hidden=self.hidden,
        )
        found = violations(ledger, known, ended=True)
        found += reconciling.differences()
        found += self.seen.lost
        found += [what for at, what in self.seen.errors if not _excused(at, gremlins.outages)]
        if calmed is None:
            found.insert(0, "It did not come to an end")
        deletions = Deletion.objects.confirmed()
        return {
            "seed": self.plan.seed,
            "database": connection.vendor,
            "mode": self.plan.mode,
            "already_gone": self.plan.already_gone,
            "nature": self.plan.nature,
            "violations": found,
            "deletions": deletions.count(),
            "items": sum(deletion.size for deletion in deletions),
            "evidence": dict(Counter(DeletionItem.objects.values_list("evidence", flat=True))),
            "looked_again": Inspection.objects.count(),
            "corrected": sum(Inspection.objects.values_list("changed", flat=True)),
            "alarms": sum(deletion.alarms for deletion in deletions),
            "outcomes": dict(sum((Counter(deletion.counts()) for deletion in deletions), Counter())),
            "calls": dict(Counter(call["operation"] for call in ledger["calls"])),
            "faults": sum(call["fault"] is not None for call in ledger["calls"]),
            "lost": ProviderCall.objects.filter(state="lost").count(),
            "in_flight": ledger["max_in_flight"],
            "troubles": gremlins.done,
            "people": dict(Counter(AuditEvent.objects.filter(action__in=TOLD).values_list("action", flat=True))),
            "deaths": herd.deaths,
            "answers": self.seen.answers,
            "calmed_after": calmed,
        }


def _excused(at: float, outages: Iterable[float]) -> bool:
    return any(outage <= at <= outage + EXCUSED_AFTER_OUTAGE for outage in outages)


def _patiently(ask: Callable[[], Answer]) -> Answer:
    """Asks the database until it answers: it may be starting again."""
    for _ in range(60):
        try:
            return ask()
        except DatabaseError:
            connection.close()
            time.sleep(0.5)
    return ask()
