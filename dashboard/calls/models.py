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
    """What every worker must know of a provider host before it sends a call."""

    host = models.CharField(max_length=255, unique=True)
    paused_reason = models.TextField(blank=True)
    """Empty unless the provider refused the account as a whole; nothing is sent until a person resumes."""
    rest_until = models.DateTimeField(null=True, blank=True)
    rest_reason = models.TextField(blank=True)
    failures = models.PositiveIntegerField(default=0)
    """Calls in a row without an answer; the next answer sets it to 0."""
    wake_at = models.DateTimeField(null=True, blank=True)
    """No tick enqueues a shift before this moment, so that many ticks enqueue only one."""

    key = models.CharField(max_length=16, blank=True)
    """Fingerprint of the API key with which the fields below were learnt."""
    doubt = models.TextField(blank=True)
    """Why look-ups can't be trusted now; empty if they can. The doubt ends by itself: see `controls`."""
    doubted_at = models.DateTimeField(null=True, blank=True)
    trusted_since = models.DateTimeField(null=True, blank=True)
    """When the last doubt ended: earlier look-ups say nothing."""
    proven_at = models.DateTimeField(null=True, blank=True)
    """When a task of this account was last seen there."""
    accepted_by = models.CharField(max_length=150, blank=True)
    """The person who accepted answers that no witness can vouch for; empty again when one is found."""
    lag = models.FloatField(default=0)
    """Seconds after a delete at which look-ups were still seen to find the task."""

    def __str__(self) -> str:
        return self.host


class Control(models.Model):
    """What is known of an account's look-ups of one kind: what vouches for them, and until when.

    A witness is a task that is known to exist, a ghost is an id that never existed. See `controls`.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="controls")
    kind = models.CharField(max_length=5, choices=Kind)
    witness = models.CharField(max_length=255, blank=True)
    """The task that was last found as witness."""
    witness_at = models.DateTimeField(null=True)
    witness_asked_at = models.DateTimeField(null=True)
    missed = models.JSONField(default=list)
    """Ids of witnesses that were missed since one was last found."""
    lost = models.JSONField(default=list)
    """Ids that were missed while another was found: each counts against the account once, and is not used again."""
    exhausted = models.BooleanField(default=False)
    """The register has no further task that could be the witness."""
    ghost_at = models.DateTimeField(null=True)
    """When a ghost was last answered in the usual form."""
    ghost_asked_at = models.DateTimeField(null=True)
    forms = models.JSONField(default=list)
    """Recent answers to ghosts: moment and form, oldest first."""
    proven_form = models.CharField(max_length=200, blank=True)
    """The form of ghosts when a witness was last found: the only one that is believed without a witness."""
    silent_witnesses = models.PositiveIntegerField(default=0)
    silent_ghosts = models.PositiveIntegerField(default=0)
    """How many witnesses, or ghosts, in a row had an unexpected answer."""
    unsteady_at = models.DateTimeField(null=True)
    """When an answer last differed from the expected one."""
    next_at = models.DateTimeField(null=True)
    """No control leaves before this moment."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "kind"], name="control_one_a_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.account_id}"


class Slot(models.Model):
    """The right to have one call in flight: a worker has it by lease and token."""

    number = models.PositiveIntegerField(primary_key=True)
    token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)


class CallQuerySet(models.QuerySet["ProviderCall"]):
    def in_hand(self) -> Self:
        """Ready or open calls. A range, since for "is not null" SQLite would read the whole table."""
        return self.filter(lease_until__gt=LONG_AGO).order_by("lease_until")

    def left(self) -> Self:
        """Calls that were sent or were about to be: one that is only ready may be removed again."""
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
        """Its items are taken, and it has not left yet."""
        OPEN = "open"
        """It left, or was about to when its worker died."""
        ANSWERED = "answered"
        LOST = "lost"
        """No trustworthy answer."""
        NOT_SENT = "not_sent"

    deletion = models.UUIDField(null=True, db_index=True)
    """A plain uuid, since this room must not import deletions. Null for a look-up outside of a deletion."""
    kind = models.CharField(max_length=5, choices=Kind)
    operation = models.CharField(max_length=7, choices=Operation)
    purpose = models.CharField(max_length=8, blank=True)
    """Why a look-up is made: `settle` decides an item, `verify` checks a success, `inspect` looks again long after,
    `other` asks under the other kind; `witness` and `ghost` are controls."""
    ids = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    """sha256 over the ids, one per line."""
    http_status = models.PositiveSmallIntegerField(null=True)
    code = models.IntegerField(null=True)
    status = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True)
    form = models.CharField(max_length=200, null=True, blank=True)
    """The form of a look-up's answer, to compare with that of ghosts."""
    error = models.TextField(null=True)
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    slot = models.PositiveIntegerField(null=True)
    token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    """Null once the call is completed."""
    state = models.CharField(max_length=8, choices=State)

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["lease_until"], condition=Q(lease_until__isnull=False), name="call_in_hand"),
        ]


class Worker(models.Model):
    name = models.CharField(max_length=64, primary_key=True)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField(db_index=True)
