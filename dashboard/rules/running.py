"""One run of a rule: it drafts a deletion, and confirms that by itself where nothing speaks against it.

1. `draft` writes down what matches at this moment, and makes the ordinary draft of a deletion of it.
2. A large draft is frozen by the deletions' own jobs; until then the run waits.
3. `settle` asks `deciding` why it should wait for its owner, and confirms it where there is nothing.

Each step is guarded by the state it starts from: two workers take it once, and one that was killed is gone on with.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from dashboard.access.zones import zone_of
from dashboard.audit import chain
from dashboard.deletions import actions
from dashboard.deletions.drafts.freezing import NothingSelected
from dashboard.deletions.models import Deletion, State
from dashboard.pages.downloads import TooMany
from dashboard.register import presses
from dashboard.rules import cadence, deciding, standing
from dashboard.rules.models import Rule, Run

RAN, STOPPED, CHANGED = "rule.ran", "rule.stopped", "rule.changed"
LONGEST_DRAFT = timedelta(days=7)


def step(run: Run, *, now: datetime) -> bool:
    """Takes the next step. False when nothing is left, or only freezing, which has jobs of its own."""
    run = Run.objects.select_related("rule__owner", "rule__view", "deletion__actor").get(pk=run.pk)
    if run.state != Run.State.DRAFTING:
        return False
    if why := standing.obstacle(run.rule):
        stop(run.rule, why=why, now=now)
        return False
    if run.deletion is None:
        return draft(run, now=now)
    if run.deletion.is_being_frozen:
        return False
    settle(run, run.deletion, now=now)
    return False


def draft(run: Run, *, now: datetime) -> bool:
    """True if there is something to settle."""
    rule = run.rule
    owner, view = standing.parts(rule)
    heed_view(rule, now=now)
    with transaction.atomic():
        if not Run.objects.select_for_update().filter(pk=run.pk, state=Run.State.DRAFTING, deletion=None).exists():
            return False
        # One draft at a time: an older one that nobody confirmed gives way.
        give_way(rule)
        selection = presses.of_filter(user=owner, filter=standing.filter_of(rule, now=now))
        matched = selection.count
        until = min(rule.next_at or now + LONGEST_DRAFT, now + LONGEST_DRAFT)
        made = {"rule": rule.uuid, "rule_name": rule.name, "reason": rule.reason, "draft_until": until}
        back = view.get_absolute_url().partition("?")[2]
        try:
            by = actions.By(user=owner)
            row = actions.draft(selection=selection, by=by, back=back, made=made, now=now) if matched else None
        except (NothingSelected, TooMany) as refusal:
            row, why = None, str(refusal)
        else:
            why = ""
        # What is frozen later is frozen from a copy.
        selection.delete()
        about = {"deletion": row, "matched": matched, "query": rule.query, "moved_at": now}
        Run.objects.filter(pk=run.pk).update(**about)
        if row is None:
            _end(run, Run.State.NOT_MADE if why else Run.State.NOTHING, [why] if why else [])
    return row is not None


def settle(run: Run, row: Deletion, *, now: datetime) -> None:
    """The draft is frozen. Of two workers one confirms it, and the other finds that done."""
    if row.state == State.DRAFT and not row.size:
        _end(run, Run.State.NOTHING, ["All of it was skipped: held, or being deleted already."])
        return
    why: list[str] = []
    if row.state == State.DRAFT and not (why := deciding.reasons(run.rule, run, row, now=now)):
        why = _confirm(run, row, now=now)
    row.refresh_from_db()
    _end(run, Run.State.BY_ITSELF if row.by_itself else Run.State.DRAFTED, [] if row.by_itself else why)


def _confirm(run: Run, row: Deletion, *, now: datetime) -> list[str]:
    """By the same door as a person, and with the same looks at the set. Why it was not done."""
    owner, _ = standing.parts(run.rule)
    said: dict[str, Any] = {"reason": run.rule.reason, "typed": str(row.size), "seen": row.fingerprint}
    about: dict[str, Any] = {"by_itself": True, "require": partial(_require_under_way, run), "now": now}
    try:
        actions.confirm(deletion=row, by=actions.By(user=owner), **said, **about)
    except (actions.Invalid, actions.Changed, actions.Refused) as refusal:
        return [str(refusal)]
    return []


def _require_under_way(run: Run) -> None:
    """Whoever pauses, changes or deletes the rule locks its row, too, and drops the run: it is either dropped here, or
    they find it confirmed."""
    Rule.objects.select_for_update().get(pk=run.rule_id)
    if not Run.objects.filter(pk=run.pk, state=Run.State.DRAFTING).exists():
        raise actions.Refused("The rule was paused, stopped or changed meanwhile.")


def _end(run: Run, state: str, why: list[str]) -> None:
    """Once, whoever comes second."""
    with transaction.atomic():
        here = Run.objects.filter(pk=run.pk, state=Run.State.DRAFTING)
        if here.update(state=state, why=why, moved_at=None):
            row = Run.objects.select_related("rule", "deletion").get(pk=run.pk)
            told = {"state": state, "matched": row.matched, "why": why}
            told |= {"deletion": str(row.deletion)} if row.deletion else {}
            chain.append(actor="", action=RAN, subject=str(row.rule.uuid), detail=told)


def heed_view(rule: Rule, *, now: datetime) -> None:
    """Where its view was changed, by whomever, its terms are others."""
    if rule.view is None or rule.view.query == rule.query:
        return
    with transaction.atomic():
        before = {"query": rule.query}
        if Rule.objects.filter(pk=rule.pk, **before).update(query=rule.view.query, terms_at=now):
            told = {"filter": rule.view.query, "filter_before": rule.query}
            chain.append(actor="", action=CHANGED, subject=str(rule.uuid), detail=told)
    rule.refresh_from_db(fields=["query", "terms_at"])


def stop(rule: Rule, *, why: str, now: datetime) -> None:
    """It can't go on. Its owner may resume it when that has changed."""
    with transaction.atomic():
        if not Rule.objects.kept().filter(pk=rule.pk, stopped="").update(stopped=why, next_at=None):
            return
        drop_ahead(rule, why=why)
        give_way(rule)
        chain.append(actor="", action=STOPPED, subject=str(rule.uuid), detail={"why": why})


def drop_ahead(rule: Rule, *, why: str) -> None:
    """What was announced, or is being drafted, is not made."""
    ahead = Run.objects.filter(rule=rule, state__in=[Run.State.ANNOUNCED, Run.State.DRAFTING])
    ahead.update(state=Run.State.NOT_MADE, why=[why], moved_at=None)


def give_way(rule: Rule) -> None:
    """Its drafts that nobody confirmed can't be confirmed any more."""
    Deletion.objects.filter(rule=rule.uuid, state=State.DRAFT).update(state=State.DISCARDED)


def next_run(rule: Rule, *, after: datetime) -> datetime:
    zone = zone_of(standing.parts(rule)[0])
    return cadence.next_run(weekday=rule.weekday, hour=rule.hour, zone=zone, after=after)
