"""Erases what is known of tasks in words and pictures, and leaves their ids and how they ended."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet

from dashboard.calls import accounts
from dashboard.database import prompt_reading
from dashboard.deletions.drafts.eligibility import HELD
from dashboard.deletions.models import Deletion, DeletionItem, Outcome
from dashboard.media import keeping
from dashboard.register.models import TrackedTask
from dashboard.register.models.forgotten import WORDS

HAS = {"prompts": ~Q(prompt=""), "addresses": ~Q(urls=[]), "errors": ~Q(error="")}


def erase(tasks: Sequence[int]) -> dict[str, int]:
    """Of these tasks, in the caller's transaction. How many of each kind there were."""
    # All code locks in this order: accounts, deletions, tasks.
    accounts.locked()
    messages = _erase_messages(DeletionItem.objects.filter(tracked__in=tasks).exclude(message=""))
    rows = TrackedTask.objects.filter(pk__in=tasks)
    list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    number = {name: Count("pk", filter=has) for name, has in HAS.items()}
    erased: dict[str, int] = rows.order_by().aggregate(**number)
    rows.update(**WORDS, last_message="")
    prompt_reading.keep_up()
    return {**erased, "pictures": keeping.forget_all(tasks), "messages": messages}


def _erase_messages(items: QuerySet[DeletionItem]) -> int:
    """What was said of them. That one was held stays, and every other reason for which it was skipped."""
    deletions = list(items.order_by().values_list("deletion_id", flat=True).distinct())
    list(Deletion.objects.select_for_update().filter(pk__in=deletions).order_by("pk").values_list("pk"))
    held = items.filter(outcome=Outcome.SKIPPED, message__startswith=f"{HELD}: ").update(message=HELD)
    return held + items.exclude(outcome=Outcome.SKIPPED).update(message="")
