"""Items, and how each ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from dashboard.calls.models import Kind, ProviderCall
from dashboard.calls.texts import cut
from dashboard.pages.foreign import plain
from dashboard.register.models import EXCERPT, TrackedTask

if TYPE_CHECKING:
    from dashboard.deletions.models.deletion import Deletion

SUCCESS = 1000
"""TensorsLab's code for it."""


class Outcome(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    """In flight, or was when its worker died."""
    DELETED = "deleted", "Deleted"
    ALREADY_GONE = "already_gone", "Already gone"
    REFUSED = "refused", "Refused"
    UNKNOWN = "unknown", "Unknown"
    """No trustworthy answer. The task may or may not be gone. Open: a look-up is due; closed: given up."""
    SKIPPED = "skipped", "Skipped"
    """Held, busy, already deleted, or removed by a person: never part of what was confirmed."""
    KEPT = "kept", "Kept"


UNCONFIRMED = "Not confirmed"
"""What people read of a waiting item in a draft: nothing is sent before the confirmation."""
GONE = {Outcome.DELETED, Outcome.ALREADY_GONE}


def outcome_words(outcome: str, *, in_draft: bool) -> str:
    return UNCONFIRMED if in_draft and outcome == Outcome.WAITING else Outcome(outcome).label


class Evidence(models.TextChoices):
    """How we know an item's outcome. None if it was never sent, or nothing is known."""

    SAID = "said", "TensorsLab says"
    """TensorsLab's word alone."""
    SEEN = "seen", "seen"
    """A look-up that can be trusted, made after the last call that could have changed it."""


class DeletionItemQuerySet(models.QuerySet["DeletionItem"]):
    def between(self, deletion: Deletion, first: int, last: int) -> Self:
        """A deletion's items among these rows, in their order. Its key is disguised: for an index that begins with it,
        all its items would have to be sorted for every few rows."""
        return self.alias(of=F("deletion_id") + 0).filter(of=deletion.pk, pk__gte=first, pk__lte=last).order_by("pk")


def stretches(deletion: Deletion, size: int) -> Iterator[tuple[int, int]]:
    """First and last row of each stretch of so many that may have items of it, in their order.

    Items are read by stretches, so that no cursor or transaction stays open, and not by a limit: PostgreSQL can't tell
    how many items a disguised key finds, and where it expects fewer than the limit it reads and sorts all that follow.
    """
    for first in range(deletion.first_item, deletion.last_item + 1, size):
        yield first, min(first + size - 1, deletion.last_item)


class DeletionItem(models.Model):
    """One task in one deletion.

    waiting → sent → deleted | already_gone | refused | unknown | waiting (split, or certainly not done);
    unknown → (look-up) → deleted | already_gone | waiting | refused | kept;  waiting → kept;
    waiting → skipped at freezing, when somebody removes it from the draft, or at arming;
    deleted → refused | unknown (a look-up found it there);  refused | kept → deleted (an inspection found it gone).

    A look-up's answer is a claim (`claim`) until controls vouch for it, and only then changes the item.
    """

    class Picked(models.TextChoices):
        """Why an item with a Success is looked up."""

        RANDOM = "random"
        BESIDES = "besides"
        """At an end of its list, in the canary, or because everything is. It says nothing about the others."""

    class IfThere(models.TextChoices):
        """What follows if the look-up of an unknown item finds the task still there."""

        RESEND = "resend"
        REFUSE = "refuse"
        TELL = "tell"
        """It becomes refused, and is never sent again, because a person only asked for a look-up."""
        KEEP = "keep"
        OTHER = "other"
        """It was seen gone; the look-up asks for a task of the other kind."""

    deletion: models.ForeignKey[Deletion] = models.ForeignKey(
        "Deletion", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="items"
    )
    tracked = models.ForeignKey(
        TrackedTask, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    """Neither row is ever removed while it has items, so the database need not check both for each new item."""
    kind = models.CharField(max_length=5, choices=Kind)
    task_id = models.CharField(max_length=255)
    outcome = models.CharField(max_length=12, choices=Outcome)
    open = models.BooleanField(default=False)
    """Armed and not yet settled: no other deletion can take the task."""
    code = models.IntegerField(null=True)
    message = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    """Delete calls that contained it."""
    failures = models.PositiveIntegerField(default=0)
    """Calls about it that had no answer."""
    group = models.BigIntegerField(default=0)
    """A part of a batch being split: its items are sent together and alone. 0 otherwise."""
    not_before = models.DateTimeField(null=True)
    """When this item's look-up is due; null if none is."""
    if_there = models.CharField(max_length=6, choices=IfThere, blank=True)
    touched = models.BooleanField(default=False)
    """A delete call with it was sent, so only a look-up can tell that the task was kept."""
    lost_at = models.DateTimeField(null=True)
    call = models.ForeignKey(
        ProviderCall, null=True, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="items"
    )
    """The call in hand that contains it. Calls are never removed while they have items, so the database need not check
    a hundred of them each time."""
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    verified = models.CharField(max_length=7, null=True)
    """gone, present, or null if it was not checked."""
    evidence = models.CharField(max_length=4, choices=Evidence, null=True)
    seen_at = models.DateTimeField(null=True)
    """When the look-up that proves its outcome was answered."""
    first_call = models.BigIntegerField(null=True)
    """The first delete that contained it."""
    lost_call = models.BigIntegerField(null=True)
    """The last delete that contained it and had no answer."""
    claim = models.BigIntegerField(null=True)
    """The look-up whose answer waits until controls vouch for it."""
    gone_times = models.SmallIntegerField(null=True)
    """How often in a row it was seen gone; one look-up that finds it sets this back."""
    gone_at = models.DateTimeField(null=True)
    there_times = models.SmallIntegerField(null=True)
    """How often it was seen there since it was first doubtful."""
    there_from = models.DateTimeField(null=True)
    """Until this moment a call may still be at work, so "still there" says nothing."""
    picked = models.CharField(max_length=7, choices=Picked, null=True)
    inspection = models.BigIntegerField(null=True)
    """The inspection under way that looks it up."""

    objects = DeletionItemQuerySet.as_manager()

    in_draft = False
    """Set by the page that shows a draft's items."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tracked"], condition=Q(open=True), name="item_one_open_per_task"),
            models.UniqueConstraint(fields=["tracked", "deletion"], name="item_once_per_deletion"),
        ]
        indexes = [
            models.Index(
                fields=["deletion", "-group", "kind", "id"],
                condition=Q(outcome="waiting", open=True),
                name="item_waiting",
            ),
            models.Index(fields=["deletion", "not_before"], condition=Q(not_before__isnull=False), name="item_to_ask"),
            models.Index(fields=["call"], condition=Q(call__isnull=False), name="item_in_hand"),
            models.Index(fields=["claim"], condition=Q(claim__isnull=False), name="item_claimed"),
            models.Index(fields=["deletion", "outcome", "id"], name="item_by_outcome"),
        ]

    @property
    def is_gone(self) -> bool:
        """By what is known: what is shown of it is a tombstone."""
        return self.outcome in GONE

    @property
    def evidence_words(self) -> str:
        """How its outcome is known; empty if it is not."""
        if self.evidence != Evidence.SEEN:
            return Evidence(self.evidence).label if self.evidence else ""
        return "seen gone" if self.outcome in GONE else "seen there"

    @property
    def ending(self) -> str:
        """Outcome and evidence, and for a refused item the reason."""
        words = " · ".join(filter(None, [outcome_words(self.outcome, in_draft=self.in_draft), self.evidence_words]))
        told = plain(cut(self.message, EXCERPT)) if self.outcome == Outcome.REFUSED else ""
        return f"{words}: {told}" if told else words

    @property
    def remark(self) -> str:
        """Further words on it: none for a plain Success."""
        plain = self.outcome == Outcome.REFUSED or (self.outcome == Outcome.DELETED and self.code == SUCCESS)
        return "" if plain and ";" not in self.message else self.message


class Inspection(models.Model):
    """A finished deletion that is looked up again: some effects come late, and some are undone.

    due → under way (its items have its key) → done
    """

    deletion: models.ForeignKey[Deletion] = models.ForeignKey(
        "Deletion", on_delete=models.CASCADE, related_name="inspections"
    )
    due_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    at = models.DateTimeField(null=True)
    """When it was done."""
    everything = models.BooleanField(default=False)
    """A task that was called gone was found there, so all of them are looked up."""
    marked_through = models.BigIntegerField(default=0)
    """The last item that was checked."""
    looked_up = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    there = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    """Results that were changed."""

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["due_at"], condition=Q(at__isnull=True), name="inspection_to_do")]

    def __str__(self) -> str:
        return f"{self.deletion_id} at {self.due_at}"
