"""A deletion's items as its closing reads them: as texts, which the database writes faster than Python does."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.database import dialect
from dashboard.deletions.drafts import fingerprint
from dashboard.deletions.models import Deletion

Written = tuple[int, str, str, str]
"""An item's key; `<mark><kind> <task_id>`, as in the manifest's hash; its outcome; `<evidence>|<seen at>|<settled at>`,
each a word or `-`, with times in UTC, to the second. A named tuple would take as long to make as a row to read."""


def blocks(deletion: Deletion) -> Iterator[list[Written]]:
    """All of it, in the order in which it was frozen."""
    return fingerprint.read(deletion, _columns())


def between(deletion: Deletion, first: int, last: int) -> list[Written]:
    return fingerprint.read_between(deletion, _columns(), first, last)


def _columns() -> str:
    seen_at, settled_at = (f"COALESCE({dialect.to_the_second(name)}, '-')" for name in ("seen_at", "settled_at"))
    return f"id, {fingerprint.FROZEN}, outcome, COALESCE(evidence, '-') || '|' || {seen_at} || '|' || {settled_at}"


def manifest_lines(some: list[Written]) -> bytes:
    return "".join([f"{task}\n" for _, task, _, _ in some]).encode()


def outcome_lines(some: list[Written]) -> bytes:
    return "".join([f"{task[1:]} {outcome}\n" for _, task, outcome, _ in some]).encode()


def keys(some: list[Written]) -> list[int]:
    return [pk for pk, _, _, _ in some]


def leaves(some: list[Written]) -> list[str]:
    """The line of each item that a certificate's tree covers. The id comes last: no id can be mistaken for more."""
    return [f"{outcome}|{known}|{task}" for _, task, outcome, known in some]
