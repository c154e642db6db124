"""Look-ups without a usable answer: they are repeated after growing pauses, and given up in the end."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from dashboard.database.sql import Sql
from dashboard.deletions.dispatch.settlement import Carried, Settlement, not_said
from dashboard.deletions.evidence.doubtful import gone_somehow
from dashboard.deletions.models import GONE, DeletionItem, Evidence, Outcome
from dashboard.deletions.moves import change_items, shift_counters

IfThere = DeletionItem.IfThere
Picked = DeletionItem.Picked


def no_answer(work: Settlement, item: Carried, sentence: str) -> None:
    failures = item.failures + 1
    fields: dict[str, Any] = {"call_id": None, "claim": None, "failures": failures}
    if failures < settings.DELETION_MAX_ATTEMPTS:
        change_items([item.pk], {**fields, "not_before": work.after_failures(failures)})
    elif item.outcome == Outcome.UNKNOWN and item.if_there == IfThere.OTHER:
        gone_somehow(work, item)
    elif item.outcome == Outcome.UNKNOWN:
        work.close([item], Outcome.UNKNOWN, message=sentence, failures=failures)
    elif item.there_times and item.outcome in GONE:
        _not_gone_after_all(work, item, message=sentence, failures=failures)
    elif item.inspection is not None:
        change_items([item.pk], {**fields, "not_before": None, "inspection": None})
    else:
        change_items([item.pk], {**fields, "not_before": None})


def _not_gone_after_all(work: Settlement, item: Carried, **fields: Any) -> None:
    """Makes an item unknown that was seen there once after it was called gone: that counts more than no answer."""
    if item.inspection is None:
        shift_counters(work.deletion.pk, {}, contradicted=Sql("contradicted - 1"))
        work.condemn(item)
    elif item.picked == Picked.RANDOM and item.evidence == Evidence.SEEN:
        shift_counters(work.deletion.pk, {}, sample_gone=Sql("sample_gone - 1"))
    shift_counters(work.deletion.pk, {}, **not_said(item))
    if item.inspection is not None:
        work.correct(item)
    work.close([item], Outcome.UNKNOWN, **fields, evidence=None, inspection=None)
