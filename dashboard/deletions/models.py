from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from dashboard.calls.models import Account, Kind, ProviderCall
from dashboard.inventory.models import Selection, TrackedTask

if TYPE_CHECKING:
    from django.contrib.auth.models import User


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


SHOWN = [
    Outcome.DELETED,
    Outcome.ALREADY_GONE,
    Outcome.UNKNOWN,
    Outcome.REFUSED,
    Outcome.KEPT,
    Outcome.SENT,
    Outcome.WAITING,
]
"""The order in which results are read and drawn."""


REFUSED_AT_LEAST = 20
"""So many are refused before their share says anything."""


@dataclass(frozen=True, kw_only=True)
class Result:
    outcome: str
    label: str
    count: int


class DeletionQuerySet(models.QuerySet["Deletion"]):
    def in_flight(self) -> Self:
        return self.filter(state__in=IN_FLIGHT)

    def with_circumstances(self) -> Self:
        """With `rest_until` and `rest_reason` of the account it sends to, and how many of its tasks were `retried`."""
        account = Account.objects.filter(host=OuterRef("host"))
        retries = Deletion.objects.filter(retry_of=OuterRef("pk"), state__in=AT_WORK).order_by().values("retry_of")
        tried = retries.annotate(tried=Sum(F("total") - F("skipped") - F("kept"))).values("tried")
        return self.annotate(
            rest_until=Subquery(account.values("rest_until")),
            rest_reason=Subquery(account.values("rest_reason")),
            retried=Coalesce(Subquery(tried), 0),
        )

    def mostly_refused(self) -> Self:
        """Those of whose tasks a larger share was refused than the settings accept; a few say nothing yet."""
        asked = F("deleted") + F("already_gone") + F("refused")
        over = Q(refused__gt=asked * settings.DELETION_REFUSED_PERCENT / 100)
        return self.filter(over, refused__gte=REFUSED_AT_LEAST)

    def confirmed(self) -> Self:
        """Those that belong to history: somebody pressed the button."""
        return self.exclude(state__in=[State.DRAFT, State.DISCARDED])


class State(models.TextChoices):
    DRAFT = "draft", "Draft"
    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    FINISHED = "finished", "Finished"
    DISCARDED = "discarded", "Discarded"
    CANCELLED = "cancelled", "Cancelled"


IN_FLIGHT = [State.SCHEDULED, State.RUNNING, State.PAUSED]
AT_WORK = [*IN_FLIGHT, State.FINISHED]
"""Confirmed, and not undone."""
BEING_ARMED = Q(state__in=IN_FLIGHT, armed_at=None, stopped_at=None)
"""Confirmed, not all of it open yet. It may be running: what is open goes while the rest is being opened."""


class Deletion(models.Model):
    """What one person confirmed in one go.

    draft → scheduled → running ⇄ paused → finished;  draft → discarded;  scheduled → cancelled;
    finished → running again, to look unknown tasks up.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    actor: models.ForeignKey[User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="deletions"
    )
    actor_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, blank=True)
    filter = models.CharField(max_length=2000, blank=True)
    """The query string the operator saw; empty for a retry."""
    back = models.CharField(max_length=2100, blank=True)
    """Query string of the list page to return to, selection included."""
    fingerprint = models.CharField(max_length=64, blank=True)
    host = models.CharField(max_length=255)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    paused_reason = models.TextField(blank=True)
    paused_by_account = models.BooleanField(default=False)
    """Resuming one such deletion resumes the account, and with it all of them."""
    retry_of: models.ForeignKey[Deletion | None] = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="retries"
    )
    drift = models.PositiveIntegerField(default=0)
    """Tasks that match now but were added after “select all matching” was pressed; not included."""
    selection: models.ForeignKey[Selection | None] = models.ForeignKey(
        Selection, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    """What a large draft is frozen from, step by step: a copy, so that nobody ticks or clears it meanwhile."""
    freezing_at = models.DateTimeField(null=True)
    """When freezing last got on, or was last asked for; null once the set is frozen."""
    frozen_through = models.BigIntegerField(default=0)
    """The last task that freezing in steps has passed."""
    facts = models.JSONField(default=dict)
    """What the dialog says about the set: see `Facts`."""
    images = models.PositiveIntegerField(default=0)
    videos = models.PositiveIntegerField(default=0)
    """How many items of each kind were frozen, skipped ones included."""
    first_item = models.BigIntegerField(default=0)
    last_item = models.BigIntegerField(default=0)
    """Between these rows lie all its items, and hardly any of others, so they are walked in that order."""

    total = models.PositiveIntegerField(default=0)
    waiting = models.IntegerField(default=0)
    sent = models.IntegerField(default=0)
    deleted = models.IntegerField(default=0)
    already_gone = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    unknown = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    kept = models.IntegerField(default=0)
    alarms = models.IntegerField(default=0)
    """Tasks that TensorsLab called deleted and a look-up still found."""

    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    starts_at = models.DateTimeField(null=True)
    armed_through = models.BigIntegerField(default=0)
    """The last item that arming (or, once cancelled, disarming) has passed."""
    armed_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    """“Stop the rest” was pressed: nothing more is deleted, only doubtful items are looked up."""
    refusals_accepted_at = models.DateTimeField(null=True)
    """When somebody resumed it although most of its tasks had been refused; it is not paused for that again."""
    served_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    """When its requester first opened it after it finished; until then its banner stays."""

    objects = DeletionQuerySet.as_manager()

    rest_until: datetime | None = None
    rest_reason = ""
    retried = 0
    """Tasks, by deletions that are under way or finished. Set, like those above, by `with_circumstances`."""

    class Meta:
        ordering = ["-confirmed_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "starts_at"], name="deletion_by_state"),
            models.Index(fields=["-confirmed_at", "-id"], name="deletion_newest_first"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)

    def get_absolute_url(self) -> str:
        return reverse("deletion-detail", args=[self.uuid])

    @property
    def code(self) -> str:
        return str(self.uuid)[:8]

    @property
    def size(self) -> int:
        """How many tasks it deletes: N on every button."""
        return self.total - self.skipped

    @property
    def settled(self) -> int:
        return self.deleted + self.already_gone + self.refused + self.kept

    def results(self) -> list[Result]:
        """What became of its tasks so far, as people read it: nothing that is zero."""
        numbers = self.counts()
        return [Result(outcome=one.value, label=one.label, count=numbers[one]) for one in SHOWN if numbers[one]]

    def counts(self) -> dict[str, int]:
        return {outcome.value: getattr(self, outcome.value) for outcome in Outcome}


class DeletionItemQuerySet(models.QuerySet["DeletionItem"]):
    def between(self, deletion: Deletion, first: int, last: int) -> Self:
        """Its items among these rows, read in their order: any index that begins with the deletion would have to
        be sorted, all of it, for every few rows."""
        return self.alias(of=F("deletion_id") + 0).filter(of=deletion.pk, pk__gte=first, pk__lte=last).order_by("pk")


class DeletionItem(models.Model):
    """One task in one deletion.

    waiting → sent → deleted | already_gone | refused | unknown | waiting (split, or certainly not done);
    unknown → (look-up) → deleted | already_gone | waiting | refused | kept;  waiting → kept;
    waiting → skipped at freezing or arming.
    """

    class IfThere(models.TextChoices):
        """What follows when the look-up of an unknown item finds the task still there."""

        RESEND = "resend"
        REFUSE = "refuse"
        KEEP = "keep"

    deletion = models.ForeignKey(
        Deletion, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="items"
    )
    tracked = models.ForeignKey(
        TrackedTask, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    """Neither is ever removed from under its items, so the database need not look two million rows up to freeze one."""
    kind = models.CharField(max_length=5, choices=Kind)
    task_id = models.CharField(max_length=255)
    outcome = models.CharField(max_length=12, choices=Outcome)
    open = models.BooleanField(default=False)
    """Armed and not yet settled: this deletion holds the task."""
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
    """The call in hand that holds it; null otherwise. Calls are never removed from under their items, so that the
    database need not look a hundred of them up each time."""
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    verified = models.CharField(max_length=7, null=True)
    """gone, present, or null when it was not checked."""

    objects = DeletionItemQuerySet.as_manager()

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
            models.Index(fields=["deletion", "outcome", "id"], name="item_by_outcome"),
        ]
