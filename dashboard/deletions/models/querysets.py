from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from dashboard.calls.models import Account
from dashboard.deletions.models.items import DeletionItem, Outcome
from dashboard.deletions.models.states import AT_WORK, BEGUN, IN_FLIGHT, State
from dashboard.register.models import Hold

if TYPE_CHECKING:
    from dashboard.deletions.models.deletion import Deletion  # noqa: F401 # named in a string below

REFUSED_AT_LEAST = 20
"""The least number of refused, or gone, tasks whose share says anything."""
ASKED = F("deleted") + F("already_gone") + F("refused")


class DeletionQuerySet(models.QuerySet["Deletion"]):
    """States, and conditions within them. They are listed in `states`."""

    def confirmed(self) -> Self:
        """Deletions of the history, which were confirmed, and those that nobody else agreed to."""
        return self.exclude(state=State.DRAFT).exclude(state=State.DISCARDED, approval_asked_at=None)

    def awaiting_approval(self) -> Self:
        return self.filter(state=State.AWAITING_APPROVAL)

    def being_frozen(self) -> Self:
        return self.filter(state=State.DRAFT, freezing_at__isnull=False)

    def in_flight(self) -> Self:
        return self.filter(state__in=IN_FLIGHT)

    def going_on(self) -> Self:
        """In flight, and the rest was not stopped."""
        return self.in_flight().filter(stopped_at=None)

    def being_armed(self) -> Self:
        """Not all items are open yet. It may be running: open items are sent while others are being opened."""
        return self.going_on().filter(armed_at=None)

    def being_doubted(self) -> Self:
        """Some items are still to be marked as perhaps sent."""
        return self.going_on().filter(doubted_through__lt=F("last_item"))

    def due(self, *, now: datetime) -> Self:
        """The grace is over, and no worker has begun it."""
        return self.filter(state=State.SCHEDULED, starts_at__lte=now)

    def stopped(self) -> Self:
        return self.filter(stopped_at__isnull=False)

    def being_stopped(self) -> Self:
        """Some items still wait to be kept or looked up."""
        return self.stopped().filter(state__in=BEGUN, waiting__gt=0)

    def being_undone(self) -> Self:
        given_up = Q(state=State.DISCARDED, approval_asked_at__isnull=False)
        return self.filter(given_up | Q(state=State.CANCELLED), waiting__gt=0)

    def being_condemned(self) -> Self:
        """A Success was false, and not all items with a Success are marked for a look-up."""
        false = self.filter(state__in=BEGUN, condemned_at__isnull=False)
        return false.filter(condemned_through__lt=F("last_item"))

    def being_changed(self) -> Self:
        """Armed, doubted, stopped, undone or condemned, in chunks of which some are left."""
        changes = (self.being_armed(), self.being_doubted(), self.being_stopped(), self.being_undone())
        return reduce(or_, changes, self.being_condemned())

    def paused_by_account(self) -> Self:
        """They go on with the account. One that a person paused does not."""
        return self.filter(state=State.PAUSED, paused_by_account=True)

    def paused_in_doubt(self) -> Self:
        """They go on by themselves when look-ups can be trusted again."""
        return self.paused_by_account().filter(paused_by_doubt=True)

    def with_circumstances(self) -> Self:
        """With their account's `rest_until`, `rest_reason` and `doubt`, the first `rule_due`, and how many refused
        tasks were `retried`, and kept ones `kept_retried`."""
        account = Account.objects.filter(host=OuterRef("host"))
        retries = self.model.objects.filter(retry_of=OuterRef("pk"), state__in=AT_WORK).order_by().values("retry_of")
        tried = retries.annotate(tried=Sum(F("total") - F("skipped") - F("kept"))).values("tried")
        refused, kept = (tried.filter(retried_outcome=outcome) for outcome in (Outcome.REFUSED, Outcome.KEPT))
        return self.annotate(
            rest_until=Subquery(account.values("rest_until")),
            rest_reason=Subquery(account.values("rest_reason")),
            doubt=Subquery(account.values("doubt")),
            rule_due=Subquery(Hold.objects.filter(due_at__isnull=False).order_by("due_at").values("due_at")[:1]),
            retried=Coalesce(Subquery(refused), 0),
            kept_retried=Coalesce(Subquery(kept), 0),
        )

    def mostly_refused(self) -> Self:
        """More of their tasks were refused than the settings accept, and enough for the share to say something."""
        over = Q(refused__gt=ASKED * settings.DELETION_REFUSED_PERCENT / 100)
        return self.filter(over, refused__gte=REFUSED_AT_LEAST)

    def mostly_silent(self) -> Self:
        """Too many of their tasks were refused or are unknown, and no look-up of an unknown one is open."""
        asked = F("deleted") + F("already_gone") + F("refused") + F("unknown")
        over = Q(unknown__gt=asked * settings.DELETION_REFUSED_PERCENT / 100 - F("refused"))
        looked_up = DeletionItem.objects.filter(deletion=OuterRef("pk"), outcome=Outcome.UNKNOWN, open=True)
        return self.filter(over, ~Exists(looked_up), unknown__gte=REFUSED_AT_LEAST)

    def mostly_gone(self) -> Self:
        """Most of their tasks are gone although every call with them failed."""
        return self.filter(unsaid__gt=ASKED * 0.5, unsaid__gte=REFUSED_AT_LEAST)
