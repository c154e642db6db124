"""What the dialog shows of a draft, in lines and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings

from dashboard.calls import accounts
from dashboard.deletions.approvals import needs
from dashboard.deletions.drafts.facts import Facts, facts_of
from dashboard.deletions.history.report import about
from dashboard.deletions.models import Deletion
from dashboard.pages.foreign import plain
from dashboard.pages.moments import in_words


def words(number: int) -> str:
    return f"{number:,} task{'' if number == 1 else 's'}"


def question(deletion: Deletion, asks: list[str]) -> Iterator[str]:
    facts = facts_of(deletion)
    verb = "Ask to delete" if asks else "Delete"
    yield f"{verb} {words(deletion.size)}?" if deletion.size else "There is nothing to delete: every task was skipped."
    if deletion.skipped:
        yield f"  Skipped {deletion.skipped:,} of {deletion.total:,}:"
        yield from (f"    {row['count']:,} {plain(row['reason'])}" for row in facts.skipped)
    for chart in facts.charts:
        bars = ", ".join(f"{plain(bar.label)} {bar.count:,}" for bar in chart.bars)
        yield f"  {chart.title}: {bars}"
    yield from _ages(facts)
    yield from (f"  ! {odd.sentence}" for odd in facts.odd)
    if deletion.drift:
        yield f"  {deletion.drift:,} match that were added since: they are not in it."
    if doubt := accounts.doubt():
        yield f"  ! {doubt}"
    yield f"  Fingerprint: {deletion.fingerprint}"
    if asks:
        yield "  Somebody else has to agree:"
        yield from (f"    {plain(why)}" for why in asks)
        approvers = ", ".join(map(plain, needs.approvers_besides(deletion.actor)))
        yield f"    Who may: {approvers or 'nobody. An administrator can make somebody an approver'}."
    else:
        yield f"  It starts {settings.DELETION_GRACE_SECONDS:g} s after it is confirmed, and can be undone until then."


def _ages(facts: Facts) -> Iterator[str]:
    if facts.ages.oldest and facts.ages.newest:
        yield f"  From {in_words(facts.ages.oldest)} to {in_words(facts.ages.newest)}"


def data(deletion: Deletion, *, code: int, asks: list[str], unknown_ids: list[str]) -> dict[str, Any]:
    facts = facts_of(deletion)
    return about(deletion) | {
        "url": deletion.get_absolute_url(),
        "exit": code,
        "total": deletion.total,
        "size": deletion.size,
        "skipped": facts.skipped,
        "outliers": {odd.name: odd.count for odd in facts.odd},
        "facts": {chart.title: {bar.label: bar.count for bar in chart.bars} for chart in facts.charts},
        "unknown_ids": unknown_ids,
        "approval": asks,
        "counts": deletion.counts(),
    }
