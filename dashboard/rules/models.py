from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from dashboard.deletions.models import Deletion
from dashboard.register.models import SavedView
from dashboard.rules import cadence

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class RuleQuerySet(models.QuerySet["Rule"]):
    def kept(self) -> Self:
        """Nobody deleted them."""
        return self.filter(ended_at=None)

    def active(self) -> Self:
        """They run: nobody paused them, and nothing stopped them."""
        return self.kept().filter(next_at__isnull=False)

    def due(self, *, now: datetime) -> Self:
        return self.active().filter(next_at__lte=now)


class Rule(models.Model):
    """A saved view that is drafted as a deletion again and again. What `terms_at` dates is written in `consents`.

    active ⇄ paused;  active → stopped → active;  any → ended
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    owner: models.ForeignKey[User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="rules"
    )
    view: models.ForeignKey[SavedView | None] = models.ForeignKey(
        SavedView, null=True, on_delete=models.SET_NULL, related_name="rules"
    )
    query = models.CharField(max_length=2000, blank=True)
    """What the view showed when the terms were last looked at: its owner may change it at any time."""
    weekday = models.PositiveSmallIntegerField(null=True)
    """0 is Monday; null for every day."""
    hour = models.PositiveSmallIntegerField()
    """Of the owner's day, in their zone."""
    reason = models.CharField(max_length=500, blank=True)
    """Of its deletions. Empty only after its owner was erased."""
    cap = models.PositiveIntegerField()
    """The most tasks that it may delete by itself within 24 hours."""
    by_itself = models.BooleanField(default=False)
    """Whether its owner agreed to it confirming by itself, once it has earned that."""
    made_at = models.DateTimeField()
    terms_at = models.DateTimeField()
    """Since when view, cadence, cap and that agreement are what they are: consents before that don't count."""
    next_at = models.DateTimeField(null=True)
    """When it runs next; null while it is paused or stopped, and after its end."""
    paused_at = models.DateTimeField(null=True)
    stopped = models.CharField(max_length=300, blank=True)
    """Why it can't go on: a sentence. Empty while it can."""
    ended_at = models.DateTimeField(null=True)

    objects = RuleQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="rule_due", condition=Q(next_at__isnull=False))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("rule-detail", args=[self.uuid])

    @property
    def cadence_words(self) -> str:
        return cadence.in_words(self.weekday, self.hour)

    @property
    def state_words(self) -> str:
        states = {"Deleted": self.ended_at, "Stopped": self.stopped, "Paused": self.paused_at}
        return next((words for words, is_so in states.items() if is_so), "Active")


class Run(models.Model):
    """One run of a rule: what matched, what was drafted, and why it waited.

    announced → drafting → drafted | by itself | nothing | not made

    What became of the draft is told by its deletion.
    """

    class State(models.TextChoices):
        ANNOUNCED = "announced", "Announced"
        DRAFTING = "drafting", "Being drafted"
        DRAFTED = "drafted", "Drafted"
        """It waits, or waited, for its owner to confirm it."""
        BY_ITSELF = "by_itself", "Confirmed by itself"
        NOTHING = "nothing", "Nothing to delete"
        NOT_MADE = "not_made", "Not made"
        """The rule stopped, or was paused, before it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, db_index=False, related_name="runs")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State)
    asked_for = models.BooleanField(default=False)
    """Its owner pressed **Run now**."""
    query = models.CharField(max_length=2000, blank=True)
    """What its view showed then."""
    announced_at = models.DateTimeField(null=True)
    announced = models.PositiveIntegerField(null=True)
    """How many could be deleted when it was announced."""
    pictures = models.JSONField(default=list)
    """Numbers of some tasks among them."""
    started_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)
    """When it last made progress, or a job was last asked for; null before it began and after it is made."""
    matched = models.PositiveIntegerField(null=True)
    """How many matched when it was drafted, starred ones left out."""
    deletion: models.ForeignKey[Deletion | None] = models.ForeignKey(
        Deletion, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    why = models.JSONField(default=list)
    """Why it was not confirmed by itself, or not made: sentences."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "due_at"], name="rule_runs_once_at_a_time")]
        indexes = [models.Index(fields=["moved_at"], name="run_under_way", condition=Q(moved_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.rule_id} at {self.due_at}"

    @property
    def awaits_owner(self) -> bool:
        """Whether its draft can be confirmed."""
        return self.state == self.State.DRAFTED and self.deletion is not None and self.deletion.state == "draft"


class Plan(models.Model):
    """What policies would delete, as `plan_policies` found it last: the next one is compared with it."""

    made_at = models.DateTimeField()
    fingerprint = models.CharField(max_length=64)
    counts = models.JSONField(default=dict)
    """By the name of each policy."""
    numbers = models.BinaryField()
    """Of all its tasks, packed."""

    def __str__(self) -> str:
        return self.fingerprint
