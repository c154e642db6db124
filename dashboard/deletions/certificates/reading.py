"""A deletion's items as its closing reads them: as texts, which the database writes faster than Python does."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.database import dialect, sql
from dashboard.deletions.drafts import fingerprint
from dashboard.deletions.models import Deletion
from dashboard.deletions.moves import ITEMS

Written = tuple[int, str, str, str]
"""An item's key; `<mark><kind> <task_id>`, as in the manifest's hash; its outcome; `<evidence>|<seen at>|<settled at>`,
each a word or `-`, with times in UTC, to the second. A named tuple would take as long to make as a row to read."""


def blocks(deletion: Deletion) -> Iterator[list[Written]]:
    """All of it, in the order in which it was frozen. No cursor or transaction stays open."""
    first = deletion.first_item
    while some := between(deletion, first, deletion.last_item, limit=fingerprint.LINES):
        yield some
        first = some[-1][0] + 1


def between(deletion: Deletion, first: int, last: int, *, limit: int) -> list[Written]:
    seen_at, settled_at = dialect.to_the_second("seen_at"), dialect.to_the_second("settled_at")
    return sql.rows(
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


def manifest_lines(some: list[Written]) -> bytes:
    return "".join([f"{task}\n" for _, task, _, _ in some]).encode()


def outcome_lines(some: list[Written]) -> bytes:
    return "".join([f"{task[1:]} {outcome}\n" for _, task, outcome, _ in some]).encode()


def keys(some: list[Written]) -> list[int]:
    return [pk for pk, _, _, _ in some]


def leaves(some: list[Written]) -> list[str]:
    """The line of each item that a certificate's tree covers. The id comes last: no id can be mistaken for more."""
    return [f"{outcome}|{known}|{task}" for _, task, outcome, known in some]
