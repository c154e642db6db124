"""A deletion's items as its closing reads them: as texts, which the database writes faster than Python does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dashboard.database import dialect, sql
from dashboard.deletions.drafts import fingerprint
from dashboard.deletions.models import Deletion
from dashboard.deletions.moves import ITEMS


class Written(NamedTuple):
    pk: int
    task: str
    """`<mark><kind> <task_id>`, as in the manifest's hash."""
    outcome: str
    known: str
    """`<evidence>|<seen at>|<settled at>`: each a word, or `-`. Times are in UTC, to the second."""


def blocks(deletion: Deletion) -> Iterator[list[Written]]:
    """All of it, in the order in which it was frozen. No cursor or transaction stays open."""
    first = deletion.first_item
    while some := between(deletion, first, deletion.last_item, limit=fingerprint.LINES):
        yield some
        first = some[-1].pk + 1


def between(deletion: Deletion, first: int, last: int, *, limit: int) -> list[Written]:
    seen_at, settled_at = dialect.to_the_second("seen_at"), dialect.to_the_second("settled_at")
    rows = sql.rows(
        f"""SELECT id,
            CASE WHEN outcome = 'skipped' AND settled_at IS NULL THEN '-' ELSE '+' END || kind || ' ' || task_id,
            outcome,
            COALESCE(evidence, '-') || '|' || COALESCE({seen_at}, '-') || '|' || COALESCE({settled_at}, '-')
        FROM "{ITEMS}" WHERE deletion_id + 0 = %s AND id >= %s AND id <= %s ORDER BY id LIMIT %s""",  # nosec B608 # only names from the code
        deletion.pk,
        first,
        last,
        limit,
    )
    return [Written._make(row) for row in rows]


def manifest_lines(some: list[Written]) -> bytes:
    return "".join([f"{task}\n" for _, task, _, _ in some]).encode()


def outcome_lines(some: list[Written]) -> bytes:
    return "".join([f"{task[1:]} {outcome}\n" for _, task, outcome, _ in some]).encode()


def leaves(some: list[Written]) -> list[str]:
    """The line of each item that a certificate's tree covers. The id comes last: no id can be mistaken for more."""
    return [f"{outcome}|{known}|{task}" for _, task, outcome, known in some]
