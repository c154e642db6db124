"""Counting, describing and signing a deletion's items, in flat memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Case, CharField, Count, TextField, Value, When
from django.db.models.functions import Collate, Concat

from dashboard.calls.models import Kind
from dashboard.database import dialect
from dashboard.deletions.drafts.facts import ages_of
from dashboard.deletions.models import Deletion, DeletionItem, Outcome

LINES = 5000
THUMBNAILS = 9
REASONS = 20
"""So many reasons for skipping are told apart; the rest are summed up."""

# What was skipped later, when the rest was armed, was confirmed, and has a moment at which it was.
MARK = Case(
    When(outcome=Outcome.SKIPPED, settled_at=None, then=Value("-")), default=Value("+"), output_field=CharField()
)
# What `as_frozen` says of one item: while a million are frozen, the database is quicker at that.
FROZEN = Concat(MARK, "kind", Value(" "), "task_id", Value("\n"), output_field=TextField())


class Line(NamedTuple):
    """An item, as hashes see it."""

    pk: int
    mark: str
    """`+` for what was confirmed, `-` for what was skipped before."""
    kind: str
    task_id: str
    outcome: str
    attempts: int


def sign(deletion: Deletion) -> None:
    """Sets its counters, its facts and its hashes from the items as they are now."""
    deletion.manifest_hash = manifest_hash(deletion)
    deletion.fingerprint, kinds = fingerprint(deletion)
    found = deletion.items.filter(outcome=Outcome.SKIPPED).values_list("kind", "message").annotate(Count("pk"))
    reasons: dict[str, int] = {}
    deletion.images = kinds[Kind.IMAGE]
    for kind, reason, number in found.order_by().iterator():
        deletion.images += number if kind == Kind.IMAGE else 0
        known = reason if reason in reasons or len(reasons) < REASONS else "Other reasons"
        reasons[known] = reasons.get(known, 0) + number
    deletion.waiting, deletion.skipped = sum(kinds.values()), sum(reasons.values())
    first = deletion.items.filter(outcome=Outcome.WAITING).order_by("pk").values_list("tracked_id", flat=True)
    deletion.facts = ages_of(deletion).stored() | {
        "images": kinds[Kind.IMAGE],
        "skipped": sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0])),
        "thumbnails": list(first[:THUMBNAILS]),
    }


def fingerprint(deletion: Deletion) -> tuple[str, dict[str, int]]:
    """sha256 over one line `<kind> <task_id>` per item not skipped, sorted by bytes; and how many of each kind."""
    digest = hashlib.sha256()
    kinds = dict.fromkeys(sorted(Kind.values), 0)
    rows = DeletionItem.objects.between(deletion, deletion.first_item, deletion.last_item)
    for kind in kinds:
        # Sorted by their ids alone: a beginning that all have in common would make every comparison a long one.
        in_order = Collate("task_id", dialect.bytewise())
        chosen = rows.filter(kind=kind).exclude(outcome=Outcome.SKIPPED).order_by(in_order)
        ids = chosen.values_list("task_id", flat=True).iterator(chunk_size=LINES)
        while some := list(islice(ids, LINES)):
            kinds[kind] += len(some)
            digest.update("".join([f"{kind} {task_id}\n" for task_id in some]).encode())
    return digest.hexdigest(), kinds


def manifest_hash(deletion: Deletion) -> str:
    """sha256 over what `as_frozen` says of all its items: whatever becomes of them, it stays the same."""
    digest = hashlib.sha256()
    for some in _windows(deletion, "frozen"):
        digest.update("".join([line for _, line in some]).encode())
    return digest.hexdigest()


def as_frozen(some: list[Line]) -> bytes:
    """A line `<mark><kind> <task_id>` each."""
    return "".join([f"{mark}{kind} {task_id}\n" for _, mark, kind, task_id, _, _ in some]).encode()


def as_ended(some: list[Line]) -> bytes:
    """A line `<kind> <task_id> <outcome>` each."""
    return "".join([f"{kind} {task_id} {outcome}\n" for _, _, kind, task_id, outcome, _ in some]).encode()


def lines(deletion: Deletion) -> Iterator[list[Line]]:
    """All its items in the order in which they were frozen, some at a time."""
    for some in _windows(deletion, *Line._fields[1:]):
        yield [Line._make(row) for row in some]


def _windows(deletion: Deletion, *columns: str) -> Iterator[list[tuple[Any, ...]]]:
    """Key and columns, by windows of rows: no cursor and no transaction stays open."""
    first = deletion.first_item
    while True:
        rows = DeletionItem.objects.between(deletion, first, deletion.last_item).annotate(mark=MARK, frozen=FROZEN)
        some = list(rows.values_list("pk", *columns)[:LINES])
        if not some:
            return
        yield some
        first = some[-1][0] + 1
