from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from dashboard.calls.models import Kind
from dashboard.deletions.models.items import Outcome
from dashboard.deletions.models.querysets import DeletionQuerySet
from dashboard.deletions.models.states import Decision, State
from dashboard.register.models import Selection

if TYPE_CHECKING:
    from django.contrib.auth.models import User


SHOWN = [
    Outcome.DELETED,
    Outcome.ALREADY_GONE,
    Outcome.UNKNOWN,
    Outcome.REFUSED,
    Outcome.KEPT,
    Outcome.SENT,
    Outcome.WAITING,
]
"""The order of lists and bars."""


@dataclass(frozen=True, kw_only=True)
class Result:
    outcome: str
    label: str
    count: int


class Deletion(models.Model):
    """The set of tasks that one person confirmed together. Its states are drawn in `states`."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    actor: models.ForeignKey[User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="deletions"
    )
    actor_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, blank=True)
    reason_folded = models.TextField(blank=True, default="", editable=False)
    """The text that searches of the history read (`dashboard/database/folding.py`); written at the confirmation."""
    filter = models.CharField(max_length=2000, blank=True)
    """The query string that the operator saw, with moments in place of days; empty for a retry."""
    back = models.CharField(max_length=2100, blank=True)
    """Query string of the list page to return to, selection included."""
    fingerprint = models.CharField(max_length=64, blank=True)
    manifest_hash = models.CharField(max_length=64, blank=True)
    """Hash of all its items as they were frozen, skipped ones included: see `drafts/fingerprint.py`."""
    host = models.CharField(max_length=255)
    """The whole address for which it was confirmed."""
    key = models.CharField(max_length=16, blank=True)
    """Fingerprint of the API key with which it was confirmed."""
    state = models.CharField(max_length=17, choices=State, default=State.DRAFT)
    paused_reason = models.TextField(blank=True)
    paused_by_account = models.BooleanField(default=False)
    """To resume one such deletion resumes the account and all of them."""
    paused_by_doubt = models.BooleanField(default=False)
    """Together with `paused_by_account`: it goes on by itself when look-ups can be trusted again."""
    retry_of: models.ForeignKey[Deletion | None] = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="retries"
    )
    retried_outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.REFUSED)
    """Which of that deletion's tasks it takes up again: those refused, or those kept."""
    rule = models.UUIDField(null=True)
    """The rule that drafted it (`dashboard/rules/`)."""
    rule_name = models.CharField(max_length=80, blank=True)
    """Of that rule, or of a policy; empty where a person selected its tasks."""
    by_itself = models.BooleanField(default=False)
    """Its rule or policy confirmed it, as its owner had agreed to, without a press at that moment."""
    draft_until = models.DateTimeField(null=True)
    """Until when a rule's draft can be confirmed; others can for an hour. Taken away when somebody presses Keep."""
    drift = models.PositiveIntegerField(default=0)
    """Tasks that match now but were added after “select all matching” was pressed; not included."""
    selection: models.ForeignKey[Selection | None] = models.ForeignKey(
        Selection, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    """The selection of a large draft: a copy, so that it can't change while it is being frozen."""
    freezing_at = models.DateTimeField(null=True)
    """When freezing last made progress or was requested; null once the set is frozen."""
    frozen_through = models.BigIntegerField(default=0)
    """The last task that freezing in steps has passed."""
    facts = models.JSONField(default=dict)
    """What the dialog shows about the set: see `Facts`."""
    images = models.PositiveIntegerField(default=0)
    """How many of the items were frozen as images, skipped ones included; the others are videos."""
    first_item = models.BigIntegerField(default=0)
    last_item = models.BigIntegerField(default=0)
    """All its items are between these rows, with hardly any of others, so they are read in that order."""

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
    """Tasks with a Success that a look-up still found."""
    said = models.IntegerField(default=0)
    """Deleted tasks that were not looked up, so that TensorsLab's word is the only evidence."""
    sample_picked = models.IntegerField(default=0)
    """The number picked at random, including those whose look-ups had no answer or were not made in a doubt."""
    sample_gone = models.IntegerField(default=0)
    sample_there = models.IntegerField(default=0)
    """Results of the random look-ups of tasks with a Success."""
    unsaid = models.IntegerField(default=0)
    """Tasks that are gone although every call with them failed."""
    contradicted = models.IntegerField(default=0)
    """Tasks with a Success that were found there, but not often enough to be sure: until then nothing else is sent."""

    approval_asked_at = models.DateTimeField(null=True)
    """When its requester asked for approval; null if it needed none."""
    approval_reasons = models.JSONField(default=list)
    """Why approval was asked for: sentences."""
    decision = models.CharField(max_length=9, choices=Decision, blank=True)
    """What became of the request; empty while it waits."""
    decided_at = models.DateTimeField(null=True)
    decider: models.ForeignKey[User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decider_name = models.CharField(max_length=150, blank=True)
    declined_reason = models.CharField(max_length=500, blank=True)
    """Why it was declined, or what changed; empty if it was approved."""

    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    starts_at = models.DateTimeField(null=True)
    armed_through = models.BigIntegerField(default=0)
    """The last item that arming has passed."""
    armed_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    """“Stop the rest” was pressed: nothing more is sent, and doubtful items are looked up."""
    refusals_accepted_at = models.DateTimeField(null=True)
    """When a person resumed it although most of its tasks were refused; it is not paused for that again."""
    absence_accepted_at = models.DateTimeField(null=True)
    """When a person resumed it although most of its tasks were gone before; it is not paused for that again."""
    troubled_at = models.DateTimeField(null=True)
    """When a delete first was no Success, or a look-up contradicted one. Until then it may end without look-ups."""
    canary_through = models.BigIntegerField(default=0)
    """The last item of the canary, which goes first and alone; 0 before that."""
    canary_kind = models.CharField(max_length=5, choices=Kind, blank=True)
    canary_done_at = models.DateTimeField(null=True)
    condemned_at = models.DateTimeField(null=True)
    """When a Success turned out to be false. From then on every task with a Success is looked up."""
    condemned_through = models.BigIntegerField(default=0)
    """The last item that has been marked for such a look-up."""
    alarm_shown_at = models.DateTimeField(null=True)
    """When it was paused with the alarm, after all were looked up."""
    topped_up_at = models.DateTimeField(null=True)
    """When the random sample was made large enough, or could not be."""
    doubted_through = models.BigIntegerField(null=True)
    """The last item that was marked as perhaps sent, after the database was found to be older; null otherwise."""
    served_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    """When *Check unknown* was last pressed: it had ended before, so later changes of results go to the audit log."""
    closed_at = models.DateTimeField(null=True)
    """When its closing entry was written to the audit log; null before that, and after a change until the next one."""
    opened_at = models.DateTimeField(null=True)
    """When its requester first opened it after it finished; until then its banner stays."""

    objects = DeletionQuerySet.as_manager()

    looked_at: datetime | None = None
    rule_due: datetime | None = None
    rest_until: datetime | None = None
    rest_reason = ""
    doubt: str | None = ""
    retried = kept_retried = 0
    """Refused and kept tasks that other deletions take up again. Set, like the fields above, by `with_circumstances` or
    the strip."""

    class Meta:
        ordering = ["-confirmed_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "starts_at"], name="deletion_by_state"),
            models.Index(fields=["-confirmed_at", "-id"], name="deletion_newest_first"),
            models.Index(fields=["state"], condition=Q(closed_at=None), name="deletion_to_close"),
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
    def drafted_by(self) -> str:
        """“rule “Old failures””; empty where a person selected its tasks. Its name goes with its owner."""
        kind = "rule" if self.rule else "policy" if self.rule_name or self.by_itself else ""
        return f"{kind} “{self.rule_name}”" if self.rule_name else f"a {kind}" if kind else ""

    @property
    def is_frozen(self) -> bool:
        """Whether its whole set is written down. A draft that is discarded earlier never gets there."""
        return self.freezing_at is None

    @property
    def is_being_frozen(self) -> bool:
        return self.state == State.DRAFT and not self.is_frozen

    @property
    def is_being_signed_anew(self) -> bool:
        """All of it is written down, and some was skipped since: its numbers hold, its fingerprint not yet."""
        return self.is_being_frozen and bool(self.fingerprint)

    def is_in_grace(self, *, now: datetime) -> bool:
        """Whether Undo can still take all of it back."""
        return self.state == State.SCHEDULED and self.starts_at is not None and self.starts_at > now

    def is_due(self, *, now: datetime) -> bool:
        """Whether its grace is over. It counts as running, although a worker may not have begun it yet."""
        return self.state == State.SCHEDULED and self.starts_at is not None and self.starts_at <= now

    @property
    def state_words(self) -> str:
        given_up = self.state == State.DISCARDED and self.decision
        return Decision(self.decision).label if given_up else State(self.state).label

    @property
    def released_at(self) -> datetime | None:
        """When the last person agreed to it: its grace is counted from then."""
        return self.decided_at or self.confirmed_at

    @property
    def is_armed(self) -> bool:
        """Whether all its items that can be deleted are open, so that no other deletion can take their tasks."""
        return self.armed_at is not None

    @property
    def is_stopped(self) -> bool:
        return self.stopped_at is not None

    @property
    def is_sending(self) -> bool:
        """Whether it runs, and not only to look up doubtful items: then it can be paused."""
        return self.state == State.RUNNING and not self.is_stopped

    @property
    def is_paused_by_account(self) -> bool:
        return self.state == State.PAUSED and self.paused_by_account

    @property
    def is_being_undone(self) -> bool:
        given_up = self.state == State.DISCARDED and self.approval_asked_at is not None
        return (given_up or self.state == State.CANCELLED) and self.waiting > 0

    @property
    def is_canary_out(self) -> bool:
        """Whether the canary was sent and its outcome is not known yet."""
        return self.canary_through > 0 and self.canary_done_at is None

    @property
    def is_alarm_building(self) -> bool:
        """Whether a look-up contradicts a Success: nothing is sent until all is looked up and the alarm shown."""
        return self.contradicted > 0 or (self.condemned_at is not None and self.alarm_shown_at is None)

    @property
    def settled(self) -> int:
        return self.deleted + self.already_gone + self.refused + self.kept

    def results(self) -> list[Result]:
        """The results so far, as people read them, without those that are zero."""
        numbers = self.counts()
        return [Result(outcome=one.value, label=one.label, count=numbers[one]) for one in SHOWN if numbers[one]]

    def counts(self) -> dict[str, int]:
        return {outcome.value: getattr(self, outcome.value) for outcome in Outcome}
