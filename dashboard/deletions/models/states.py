"""The states of a deletion, and conditions within a state.

                                         ┌──────────────── Check ─────────────────┐
                                         ▼                                        │
    draft ──confirm──▶ scheduled ──grace is over──▶ running ──nothing is left──▶ finished
     │ │                ▲ │   │                     │    ▲                        ▲
     │ │confirm, where  │ │   │ the database        ▼    │ Resume, or             │
     │ │somebody has to │ │   │ is older          paused─┘ the account            │
     │ │agree           │ │   └────────────────────▶│      is well again          │
     │ ▼        Approve │ │ Undo                    └────────nothing is left──────┘
     │awaiting_approval─┘ ▼
     │ │                cancelled
     │ │ Decline, Withdraw, too late, or
     │ ▼ its tasks are no longer the same
     └▶discarded
   Keep, or an hour

A change of many items takes many steps, and the deletion's moments tell its progress. `DeletionQuerySet` has a name for
each condition, and `Deletion` has one where single rows need it:

    draft                         being frozen    until `freezing_at` is empty. Then it can be confirmed
    scheduled, running, paused    being armed     until `armed_at` is set, or the rest is stopped
    scheduled, running, paused    being doubted   while `doubted_through` is before its last item
    running, paused               stopped         since `stopped_at`: it only looks up doubtful items
                                  being stopped   while some items still wait
    running, paused               being condemned since `condemned_at`, until `condemned_through` is its last item
    paused                        by its account  `paused_by_account`: it goes on with the account
                                  in doubt        `paused_by_doubt` too: it goes on when look-ups can be trusted
    cancelled, discarded          being undone    while some items still wait, of what was confirmed
    discarded                     decided         `decision`: declined, withdrawn, expired or changed; a draft has none
"""

from __future__ import annotations

from django.db import models


class State(models.TextChoices):
    DRAFT = "draft", "Draft"
    AWAITING_APPROVAL = "awaiting_approval", "Awaiting approval"
    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    FINISHED = "finished", "Finished"
    DISCARDED = "discarded", "Discarded"
    CANCELLED = "cancelled", "Cancelled"


class Decision(models.TextChoices):
    """What became of a request for approval."""

    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"
    CHANGED = "changed", "Changed"
    """Some of its tasks could not be deleted any more when it was to be approved."""


IN_FLIGHT = [State.SCHEDULED, State.RUNNING, State.PAUSED]
BEGUN = [State.RUNNING, State.PAUSED]
AT_WORK = [*IN_FLIGHT, State.FINISHED]
"""Confirmed, and not undone."""
