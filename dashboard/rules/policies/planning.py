"""What policies would delete now, to the task, with a fingerprint: only that is applied later."""

from __future__ import annotations

import hashlib
import json
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dashboard.access.zones import zone_of
from dashboard.calls import accounts
from dashboard.database import proposals
from dashboard.deletions.drafts import fingerprint
from dashboard.deletions.drafts.eligibility import allowed_to, blocked, takers
from dashboard.register.command_line import choosing
from dashboard.register.models import Star, TrackedTask
from dashboard.rules.models import Plan
from dashboard.rules.policies.reading import Policy

SAMPLES = 5


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one policy would delete. Of tasks that several match, the first has them."""

    policy: Policy
    filter: str
    """With moments in place of ages."""
    numbers: Sequence[int]
    fingerprint: str
    kinds: dict[str, int]
    samples: list[tuple[str, str]]

    @property
    def is_over(self) -> bool:
        return len(self.numbers) > self.policy.cap

    @property
    def goes(self) -> Sequence[int]:
        return [] if self.is_over else self.numbers


@dataclass(frozen=True, kw_only=True)
class Difference:
    """From the plan before."""

    since: datetime
    came: int
    went: int


@dataclass(frozen=True, kw_only=True)
class Planned:
    parts: list[Part]
    fingerprint: str

    @property
    def goes(self) -> set[int]:
        return {number for part in self.parts for number in part.goes}


def plan(policies: list[Policy], *, now: datetime) -> Planned:
    parts: list[Part] = []
    seen: set[int] = set()
    for policy in policies:
        parts.append(part := _part(policy, seen, now=now))
        seen.update(part.numbers)
    return Planned(parts=parts, fingerprint=_fingerprint(parts))


def _part(policy: Policy, seen: set[int], *, now: datetime) -> Part:
    filter = replace(choosing.filter_of(policy.filter), now=now, zone=zone_of(policy.owner))
    why = blocked(others=takers(besides=policy.owner, since=now), allowed=allowed_to(policy.owner))
    tasks = filter.queryset().exclude(pk__in=Star.objects.values("task")).annotate(why=why).filter(why="")
    numbers = sorted({*tasks.order_by().values_list("pk", flat=True)} - seen)
    rows = TrackedTask.objects.filter(proposals.one_of(numbers))
    digest, kinds = fingerprint.of_rows(rows)
    samples = list(rows.order_by("-pk").values_list("kind", "task_id")[:SAMPLES])
    return Part(
        policy=policy,
        filter=filter.frozen().query_string(),
        numbers=numbers,
        fingerprint=digest,
        kinds=kinds,
        samples=samples,
    )


def _fingerprint(parts: list[Part]) -> str:
    """Of all that a person would look at before they apply it: the sets, and what the policies say."""
    told: list[dict[str, Any]] = [
        {
            "name": part.policy.name,
            "filter": part.policy.filter,
            "reason": part.policy.reason,
            "owner": part.policy.owner.get_username(),
            "tasks": part.fingerprint if part.goes else "",
        }
        for part in parts
    ]
    whole = json.dumps({"host": accounts.current_host(), "policies": told}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(whole.encode()).hexdigest()


def compare(planned: Planned) -> Difference | None:
    """With the last plan that was kept."""
    last = Plan.objects.order_by("-pk").first()
    if last is None:
        return None
    before = {*_unpacked(last.numbers)}
    came, went = planned.goes - before, before - planned.goes
    return Difference(since=last.made_at, came=len(came), went=len(went))


def keep(planned: Planned, *, now: datetime) -> None:
    """The last one only."""
    packed = zlib.compress(array("Q", sorted(planned.goes)).tobytes())
    counts = {part.policy.name: len(part.goes) for part in planned.parts}
    row = Plan.objects.create(made_at=now, fingerprint=planned.fingerprint, counts=counts, numbers=packed)
    Plan.objects.filter(pk__lt=row.pk).delete()


def _unpacked(packed: bytes | memoryview) -> array[int]:
    numbers = array("Q")
    numbers.frombytes(zlib.decompress(packed))
    return numbers
