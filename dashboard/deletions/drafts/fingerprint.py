"""Counts, describes and hashes a deletion's items in constant memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet
from django.db.models.functions import Collate

from dashboard.calls.models import Kind
from dashboard.database import dialect, sql
from dashboard.deletions.drafts import facts
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, stretches
from dashboard.deletions.moves import ITEMS

LINES = 5000
REASONS = 20
"""The most reasons for skipping that are shown; the rest are added up."""

MARK = "CASE WHEN outcome = 'skipped' AND settled_at IS NULL THEN '-' ELSE '+' END"
"""SQL: items that were skipped later, at the arming, were confirmed: they have a moment in `settled_at`."""
FROZEN = f"{MARK} || kind || ' ' || task_id"
"""SQL: the line of `as_frozen` for one item, without its end. The database makes it faster for a million items."""


class Line(NamedTuple):
    """The fields of an item that hashes cover."""

    pk: int
    mark: str
    """`+` for an item that was confirmed, `-` for one that was skipped before."""
    kind: str
    task_id: str
    outcome: str
    attempts: int


def sign(deletion: Deletion) -> None:
    """Sets the deletion's counters, facts and hashes from its current items."""
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
    deletion.facts = (
        facts.kept_facts(deletion)
        | facts.found(deletion)
        | {
            "images": kinds[Kind.IMAGE],
            "skipped": sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0])),
        }
    )


def fingerprint(deletion: Deletion) -> tuple[str, dict[str, int]]:
    """sha256 over a line `<kind> <task_id>` per item not skipped, sorted by bytes; and the number of each kind."""
    rows = DeletionItem.objects.between(deletion, deletion.first_item, deletion.last_item)
    return of_rows(rows.exclude(outcome=Outcome.SKIPPED))


def of_rows(rows: QuerySet[Any]) -> tuple[str, dict[str, int]]:
    """The same of whatever has kind and task id."""
    digest = hashlib.sha256()
    kinds = dict.fromkeys(sorted(Kind.values), 0)
    for kind in kinds:
        # Sorted by id for each kind: a common beginning would make every comparison long.
        in_order = Collate("task_id", dialect.bytewise())
        chosen = rows.filter(kind=kind).order_by(in_order)
        ids = chosen.values_list("task_id", flat=True).iterator(chunk_size=LINES)
        while some := list(islice(ids, LINES)):
            kinds[kind] += len(some)
            digest.update("".join([f"{kind} {task_id}\n" for task_id in some]).encode())
    return digest.hexdigest(), kinds


def manifest_hash(deletion: Deletion) -> str:
    """sha256 over the lines of `as_frozen` of all its items. Their later results don't change it."""
    digest = hashlib.sha256()
    for some in read(deletion, FROZEN):
        digest.update("".join([f"{line}\n" for (line,) in some]).encode())
    return digest.hexdigest()


def as_frozen(some: list[Line]) -> bytes:
    """A line `<mark><kind> <task_id>` per item."""
    return "".join([f"{mark}{kind} {task_id}\n" for _, mark, kind, task_id, _, _ in some]).encode()


def as_ended(some: list[Line]) -> bytes:
    """A line `<kind> <task_id> <outcome>` per item."""
    return "".join([f"{kind} {task_id} {outcome}\n" for _, _, kind, task_id, outcome, _ in some]).encode()


def lines(deletion: Deletion) -> Iterator[list[Line]]:
    """All its items in the order in which they were frozen, in blocks."""
    for some in read(deletion, f"id, {MARK}, kind, task_id, outcome, attempts"):
        yield [Line._make(row) for row in some]


def read(deletion: Deletion, columns: str) -> Iterator[list[tuple[Any, ...]]]:
    """SQL of its items, in the order in which they were frozen, in blocks."""
    for first, last in stretches(deletion, LINES):
        if some := read_between(deletion, columns, first, last):
            yield some


def read_between(deletion: Deletion, columns: str, first: int, last: int) -> list[tuple[Any, ...]]:
    mine = "deletion_id + 0 = %s AND id >= %s AND id <= %s ORDER BY id"
    return sql.rows(f'SELECT {columns} FROM "{ITEMS}" WHERE {mine}', deletion.pk, first, last)  # nosec B608 # only names from the code
