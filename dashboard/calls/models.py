from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from django.db import models
from django.db.models import Q

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class Kind(models.TextChoices):
    IMAGE = "image", "Image"
    VIDEO = "video", "Video"


class Account(models.Model):
    """What every worker must know about one provider host before it sends anything."""

    host = models.CharField(max_length=255, unique=True)
    paused_reason = models.TextField(blank=True)
    """Empty unless the provider refused us as a whole; nothing is sent until someone resumes."""
    rest_until = models.DateTimeField(null=True, blank=True)
    rest_reason = models.TextField(blank=True)
    failures = models.PositiveIntegerField(default=0)
    """Calls in a row that got no answer; the next answer sets it back to 0."""
    wake_at = models.DateTimeField(null=True, blank=True)
    """No tick enqueues a shift before this moment, so that many ticks enqueue one."""

    key = models.CharField(max_length=16, blank=True)
    """Fingerprint of the API key with which all that stands below was found out."""
    doubt = models.TextField(blank=True)
    """Why its look-ups can't be trusted now; empty when they can. It ends by itself: see `controls`."""
    doubted_at = models.DateTimeField(null=True, blank=True)
    trusted_since = models.DateTimeField(null=True, blank=True)
    """When the last doubt ended: what was asked before says nothing."""
    proven_at = models.DateTimeField(null=True, blank=True)
    """When something of this account was last seen there."""
    accepted_by = models.CharField(max_length=150, blank=True)
    """Who accepted answers that no witness can vouch for, until one is found."""
    lag = models.FloatField(default=0)
    """Seconds after which look-ups were last seen to follow a delete."""

    def __str__(self) -> str:
        return self.host


class Control(models.Model):
    """What is known of the look-ups of one kind of an account: what vouches for them, and until when.

    A witness is a task that is known to exist, a ghost an id that never did. See `controls`.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="controls")
    kind = models.CharField(max_length=5, choices=Kind)
    witness = models.CharField(max_length=255, blank=True)
    """The task that was last found there."""
    witness_at = models.DateTimeField(null=True)
    witness_asked_at = models.DateTimeField(null=True)
    missed = models.JSONField(default=list)
    """Ids that were asked about as witnesses, and not found, since one was."""
    lost = models.JSONField(default=list)
    """Ids that were not found while another was: each speaks against the account once, and is not asked about again."""
    exhausted = models.BooleanField(default=False)
    """The register has no further task that could be the witness."""
    ghost_at = models.DateTimeField(null=True)
    """When a ghost was last answered in the usual form."""
    ghost_asked_at = models.DateTimeField(null=True)
    forms = models.JSONField(default=list)
    """How ghosts were answered of late: moment and form, oldest first."""
    proven_form = models.CharField(max_length=200, blank=True)
    """How ghosts were answered when a witness was last found: all that is believed when none is left."""
    silent_witnesses = models.PositiveIntegerField(default=0)
    silent_ghosts = models.PositiveIntegerField(default=0)
    """How many in a row were not answered as they should be."""
    unsteady_at = models.DateTimeField(null=True)
    """When an answer last differed from what was to be expected."""
    next_at = models.DateTimeField(null=True)
    """No control leaves before this moment."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "kind"], name="control_one_a_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.account_id}"


class Slot(models.Model):
    """The right to have one call in flight: a worker's by lease and token."""

    number = models.PositiveIntegerField(primary_key=True)
    token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)


class CallQuerySet(models.QuerySet["ProviderCall"]):
    def in_hand(self) -> Self:
        """Ready, or open. A range, since SQLite would read the whole table for what is merely not null."""
        return self.filter(lease_until__gt=LONG_AGO).order_by("lease_until")

    def left(self) -> Self:
        """What was sent, or was to be: a call that is only ready may yet vanish."""
        return self.exclude(state=ProviderCall.State.READY)


class ProviderCall(models.Model):
    """One request to the provider, written before it leaves and completed after.

    ready → open → answered | lost | not_sent;  ready → (gone: it never left)
    """

    class Operation(models.TextChoices):
        DELETE = "delete", "Delete"
        LOOK_UP = "look_up", "Look up"

    class State(models.TextChoices):
        READY = "ready"
        """Its items are taken, and it has yet to leave."""
        OPEN = "open"
        """It left, or was about to when its worker died."""
        ANSWERED = "answered"
        LOST = "lost"
        """No trustworthy answer."""
        NOT_SENT = "not_sent"

    deletion = models.UUIDField(null=True, db_index=True)
    """A plain uuid: the ground floor knows no deletions. Null for a look-up outside any."""
    kind = models.CharField(max_length=5, choices=Kind)
    operation = models.CharField(max_length=7, choices=Operation)
    purpose = models.CharField(max_length=8, blank=True)
    """Why a look-up is made: `settle` decides an item, `verify` checks a success, `inspect` looks again long after,
    `other` asks for it under the other kind; `witness` and `ghost` vouch for the others."""
    ids = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    """sha256 over the ids, one a line."""
    http_status = models.PositiveSmallIntegerField(null=True)
    code = models.IntegerField(null=True)
    status = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True)
    form = models.CharField(max_length=200, null=True, blank=True)
    """How a look-up was answered, to be compared with how a ghost was."""
    error = models.TextField(null=True)
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    slot = models.PositiveIntegerField(null=True)
    token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    """Null once it is completed."""
    state = models.CharField(max_length=8, choices=State)

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["lease_until"], condition=Q(lease_until__isnull=False), name="call_in_hand"),
        ]


class Worker(models.Model):
    """A background worker's sign of life."""

    name = models.CharField(max_length=64, primary_key=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField(db_index=True)
