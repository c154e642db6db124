"""Applies a plan: each policy is an ordinary deletion of its owner, and the sets are exactly those of the plan."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import transaction

from dashboard.audit import chain
from dashboard.deletions import actions
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion
from dashboard.pages.downloads import TooMany
from dashboard.register.holding import asking
from dashboard.rules.policies.planning import Part, Planned

APPLIED, ACTOR = "policies.applied", "manage.py apply_policies"
CHANGED = "“{}” would delete another set by now: plan again. Nothing was sent."
PERSON_ASKED = "“{}” has {:,} tasks: for so many its owner has to confirm on the page. Nothing was sent."

NOT_CONFIRMED = "“{}” was not confirmed: {}"


class Refused(Exception):
    """Nothing was confirmed, or not all. The text says which, and why."""


def apply(planned: Planned, *, now: datetime) -> list[Deletion]:
    """Each is drafted, compared and checked before the first is confirmed. Raises `Refused`."""
    drafts: list[tuple[Part, Deletion]] = []
    try:
        # One by one: those before are discarded when a later one can't be drafted.
        drafts.extend((part, _draft(part, now=now)) for part in planned.parts if part.goes)
        for part, row in drafts:
            _require_exact(part, row)
    except Refused:
        _discard(drafts)
        raise
    confirmed: list[Deletion] = []
    for part, row in drafts:
        try:
            confirmed.append(_confirm(part, row, now=now))
        except Refused as refusal:
            # Of what was looked at a moment ago. Each is a deletion of its own, with Undo and Stop.
            _discard(drafts[len(confirmed) :])
            gone = ", ".join(one.get_absolute_url() for one in confirmed)
            raise Refused(f"{refusal} These were confirmed before it: {gone}" if gone else str(refusal)) from refusal
    with transaction.atomic():
        told = {"plan": planned.fingerprint, "deletions": [str(row) for row in confirmed]}
        chain.append(actor=ACTOR, action=APPLIED, detail=told)
    return confirmed


def _draft(part: Part, *, now: datetime) -> Deletion:
    policy = part.policy
    selection = asking.frozen_of(part.goes, user=policy.owner)
    made = {"rule_name": policy.name, "reason": policy.reason, "filter": part.filter}
    try:
        by = actions.By(user=policy.owner)
        row = actions.draft(selection=selection, by=by, back=policy.filter, made=made, now=now)
    except freezing.NothingSelected as error:
        raise Refused(CHANGED.format(policy.name)) from error
    except TooMany as error:
        raise Refused(NOT_CONFIRMED.format(policy.name, error)) from error
    finally:
        selection.delete()
    # A large one has a job, too; whoever comes first does the next step.
    while not row.is_frozen:
        freezing.step(row, now=now)
        row.refresh_from_db()
    return row


def _require_exact(part: Part, row: Deletion) -> None:
    if row.fingerprint != part.fingerprint:
        raise Refused(CHANGED.format(part.policy.name))
    if actions.is_person_asked(row):
        raise Refused(PERSON_ASKED.format(part.policy.name, row.size))
    if errors := actions.check_confirmation(row, reason=part.policy.reason, typed=str(row.size)):
        raise Refused(NOT_CONFIRMED.format(part.policy.name, " ".join(errors.values())))


def _confirm(part: Part, row: Deletion, *, now: datetime) -> Deletion:
    said: dict[str, Any] = {"reason": part.policy.reason, "typed": str(row.size), "seen": part.fingerprint}
    by = actions.By(user=part.policy.owner)
    try:
        actions.confirm(deletion=row, by=by, **said, by_itself=True, now=now)
    except (actions.Invalid, actions.Changed, actions.Refused) as refusal:
        raise Refused(NOT_CONFIRMED.format(part.policy.name, refusal)) from refusal
    row.refresh_from_db()
    return row


def _discard(drafts: list[tuple[Part, Deletion]]) -> None:
    for part, row in drafts:
        # Its owner may have confirmed it on its page.
        with suppress(actions.Refused):
            actions.discard(deletion=row, by=actions.By(user=part.policy.owner))
