"""The states of a deletion, and what else is true of it within one.

                                         ┌──────────────── Check ─────────────────┐
                                         ▼                                        │
    draft ──confirm──▶ scheduled ──grace is over──▶ running ──nothing is left──▶ finished
      │                 │     │                     │    ▲                        ▲
      │ Keep, or        │     │ the database        ▼    │ Resume, or             │
      │ an hour         │ Undo│ is older          paused─┘ the account            │
      ▼                 ▼     └────────────────────▶│      is well again          │
    discarded       cancelled                       └────────nothing is left──────┘

What changes many items takes many steps, and the moments of the deletion tell how far it is. `DeletionQuerySet` has a
name for each, and `Deletion` where one row is asked:

    draft                         being frozen    until `freezing_at` is empty. Then it can be confirmed
    scheduled, running, paused    being armed     until `armed_at` is set, or the rest is stopped
    scheduled, running, paused    being doubted   while `doubted_through` lies before its last item
    running, paused               stopped         since `stopped_at`: it only looks up what is doubtful
                                  being stopped   while something of it still waits
    running, paused               being condemned since `condemned_at`, until `condemned_through` is its last item
    paused                        by its account  `paused_by_account`: it goes on with the account
                                  in doubt        `paused_by_doubt` besides: by itself, when look-ups can be trusted
    cancelled                     being undone    while something of it still waits
"""

from __future__ import annotations

from django.db import models


class State(models.TextChoices):
    DRAFT = "draft", "Draft"
    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    FINISHED = "finished", "Finished"
    DISCARDED = "discarded", "Discarded"
    CANCELLED = "cancelled", "Cancelled"


IN_FLIGHT = [State.SCHEDULED, State.RUNNING, State.PAUSED]
BEGUN = [State.RUNNING, State.PAUSED]
AT_WORK = [*IN_FLIGHT, State.FINISHED]
"""Confirmed, and not undone."""
