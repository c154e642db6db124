"""Items, and how each ended; `models.py` offers these beside its own."""

from __future__ import annotations

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
    """On the wire, or was when its worker died."""
    DELETED = "deleted", "Deleted"
    ALREADY_GONE = "already_gone", "Already gone"
    REFUSED = "refused", "Refused"
    UNKNOWN = "unknown", "Unknown"
    """No trustworthy answer. The task may or may not be gone. Open: a look-up is due; closed: we gave up."""
    SKIPPED = "skipped", "Skipped"
    """Held, busy or already deleted: never part of what was confirmed."""
    KEPT = "kept", "Kept"


UNCONFIRMED = "Not confirmed"
"""What people read of an item that waits in a draft: nothing is sent before somebody confirms it."""
GONE = {Outcome.DELETED, Outcome.ALREADY_GONE}


def outcome_words(outcome: str, *, in_draft: bool) -> str:
    return UNCONFIRMED if in_draft and outcome == Outcome.WAITING else Outcome(outcome).label


class Evidence(models.TextChoices):
    """How we know that an item ended as it did. None where nothing of it left us, or nothing is known."""

    SAID = "said", "TensorsLab says"
    """TensorsLab's word alone."""
    SEEN = "seen", "seen"
    """A look-up that can be trusted, made after the last call that could have changed it."""


class DeletionItemQuerySet(models.QuerySet["DeletionItem"]):
    def between(self, deletion: Deletion, first: int, last: int) -> Self:
        """Its items among these rows, read in their order: any index that begins with the deletion would have to
        be sorted, all of it, for every few rows."""
        return self.alias(of=F("deletion_id") + 0).filter(of=deletion.pk, pk__gte=first, pk__lte=last).order_by("pk")


class DeletionItem(models.Model):
    """One task in one deletion.

    waiting → sent → deleted | already_gone | refused | unknown | waiting (split, or certainly not done);
    unknown → (look-up) → deleted | already_gone | waiting | refused | kept;  waiting → kept;
    waiting → skipped at freezing or arming;
    deleted → refused | unknown (a look-up found it there);  refused | kept → deleted (an inspection found it gone).

    What a look-up answered is a claim (`claim`) until controls vouch for it, and only then moves the item.
    """

    class Picked(models.TextChoices):
        """Why an item that TensorsLab called deleted is looked up."""

        RANDOM = "random"
        BESIDES = "besides"
        """At an end of its list, of the canary, or because everything is. It says nothing of the others."""

    class IfThere(models.TextChoices):
        """What follows when the look-up of an unknown item finds the task still there."""

        RESEND = "resend"
        REFUSE = "refuse"
        TELL = "tell"
        """As before, for what people have only looked up: it is never sent again."""
        KEEP = "keep"
        OTHER = "other"
        """It was seen gone; is there such a task of the other kind?"""

    deletion: models.ForeignKey[Deletion] = models.ForeignKey(
        "Deletion", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="items"
    )
    tracked = models.ForeignKey(
        TrackedTask, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    """Neither is ever removed from under its items, so the database need not look two million rows up to freeze one."""
    kind = models.CharField(max_length=5, choices=Kind)
    task_id = models.CharField(max_length=255)
    outcome = models.CharField(max_length=12, choices=Outcome)
    open = models.BooleanField(default=False)
    """Armed and not yet settled: the task is this deletion's, and no other's."""
    code = models.IntegerField(null=True)
    message = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    """Delete calls it was sent in."""
    failures = models.PositiveIntegerField(default=0)
    """Calls about it that got no answer."""
    group = models.BigIntegerField(default=0)
    """A chunk being split: its items are sent together and alone. 0 when it is in none."""
    not_before = models.DateTimeField(null=True)
    """When the look-up that this item waits for is due; null when none is."""
    if_there = models.CharField(max_length=6, choices=IfThere, blank=True)
    touched = models.BooleanField(default=False)
    """A delete call with it left us, so only a look-up can say that the task was kept."""
    lost_at = models.DateTimeField(null=True)
    call = models.ForeignKey(
        ProviderCall, null=True, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="items"
    )
    """The call in hand that it is in; null otherwise. Calls are never removed from under their items, so that the
    database need not look a hundred of them up each time."""
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    verified = models.CharField(max_length=7, null=True)
    """gone, present, or null when it was not checked."""
    evidence = models.CharField(max_length=4, choices=Evidence, null=True)
    seen_at = models.DateTimeField(null=True)
    """When the look-up was answered by which its ending was seen."""
    first_call = models.BigIntegerField(null=True)
    """The first delete that carried it."""
    lost_call = models.BigIntegerField(null=True)
    """The last delete that carried it and was not answered."""
    claim = models.BigIntegerField(null=True)
    """The look-up whose answer waits until controls vouch for it."""
    gone_times = models.SmallIntegerField(null=True)
    """How often in a row it was seen to be gone; one look-up that finds it begins anew."""
    gone_at = models.DateTimeField(null=True)
    there_times = models.SmallIntegerField(null=True)
    """How often it was seen to be there since it was first doubtful."""
    there_from = models.DateTimeField(null=True)
    """Before this moment a call may still be at work: that it is there says nothing."""
    picked = models.CharField(max_length=7, choices=Picked, null=True)
    inspection = models.BigIntegerField(null=True)
    """The inspection under way that has it looked up."""

    objects = DeletionItemQuerySet.as_manager()

    in_draft = False
    """Set by who shows a draft's items."""

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
    def evidence_words(self) -> str:
        """How its ending is known; empty when it is not."""
        if self.evidence != Evidence.SEEN:
            return Evidence(self.evidence).label if self.evidence else ""
        return "seen gone" if self.outcome in GONE else "seen there"

    @property
    def ending(self) -> str:
        """Outcome and evidence; of what was refused, with the reason."""
        words = " · ".join(filter(None, [outcome_words(self.outcome, in_draft=self.in_draft), self.evidence_words]))
        told = plain(cut(self.message, EXCERPT)) if self.outcome == Outcome.REFUSED else ""
        return f"{words}: {told}" if told else words

    @property
    def remark(self) -> str:
        """What else there is to say of it: nothing of a plain Success, in whatever words."""
        plain = self.outcome == Outcome.REFUSED or (self.outcome == Outcome.DELETED and self.code == SUCCESS)
        return "" if plain and ";" not in self.message else self.message


class Inspection(models.Model):
    """A finished deletion, looked at once more: some effects are late, and some are taken back.

    due → under way (its items name it) → done
    """

    deletion: models.ForeignKey[Deletion] = models.ForeignKey(
        "Deletion", on_delete=models.CASCADE, related_name="inspections"
    )
    due_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    at = models.DateTimeField(null=True)
    """When it was done."""
    everything = models.BooleanField(default=False)
    """Something was found there again that was called gone, so that all of it is looked up."""
    marked_through = models.BigIntegerField(default=0)
    """The last item that was considered."""
    looked_up = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    there = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    """Endings that turned out otherwise."""

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["due_at"], condition=Q(at__isnull=True), name="inspection_to_do")]

    def __str__(self) -> str:
        return f"{self.deletion_id} at {self.due_at}"
