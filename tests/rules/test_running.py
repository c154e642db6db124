"""Runs: each is made once, whoever dies and whoever else does it; and what its owner did to the drafts before."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User

from dashboard.access.models import Limits
from dashboard.audit.models import AuditEvent
from dashboard.deletions import actions
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, State
from dashboard.register import starring
from dashboard.register.models import TrackedTask
from dashboard.rules import consents, jobs, making, running, tending
from dashboard.rules.models import Rule, Run
from tests.rules.conftest import Life, told
from tests.statements import before

pytestmark = pytest.mark.django_db


def test_two_workers_make_one_run(life: Life) -> None:
    life.failed(3, day=1)
    stale, other = (Rule.objects.select_related("owner", "view").get() for _ in range(2))
    life.now = life.day(1)
    run = tending.begin(stale, now=life.now)
    # The other one has read the rule before.
    assert tending.begin(other, now=life.now) is None
    stale.refresh_from_db()
    assert run is not None
    assert (Run.objects.count(), stale.next_at) == (1, life.day(2))
    ours, theirs = (Run.objects.select_related("rule__owner", "rule__view").get() for _ in range(2))
    assert running.draft(ours, now=life.now)
    assert not running.draft(theirs, now=life.now)
    assert Deletion.objects.count() == 1


def test_two_workers_confirm_once(life: Life) -> None:
    life.to_the_third_consent()
    life.now = life.day(4)
    tending.tend(life.now)
    run = Run.objects.get(state=Run.State.DRAFTING)
    running.draft(Run.objects.select_related("rule__owner", "rule__view").get(pk=run.pk), now=life.now)
    for _ in range(2):
        stale = Run.objects.select_related("rule__owner", "rule__view", "deletion__actor").get(pk=run.pk)
        stale.deletion.state = State.DRAFT
        running.settle(stale, stale.deletion, now=life.now)
    run.refresh_from_db()
    assert (run.state, run.why, run.deletion.by_itself) == (Run.State.BY_ITSELF, [], True)
    confirmed = AuditEvent.objects.filter(action="deletion.confirmed", subject=str(run.deletion.uuid))
    assert [(event.actor, event.detail["by_itself"]) for event in confirmed] == [("olga", True)]
    assert told().count("rule.ran") == 4


@pytest.mark.parametrize("died", ["before the draft", "after the draft", "after the confirmation"])
def test_a_worker_that_dies_is_gone_on_for(life: Life, died: str) -> None:
    life.to_the_third_consent()
    life.now = life.day(4)
    tending.tend(life.now)
    run = Run.objects.select_related("rule__owner", "rule__view").get(state=Run.State.DRAFTING)
    if died != "before the draft":
        running.draft(run, now=life.now)
    if died == "after the confirmation":
        deletion = Deletion.objects.get(rule=run.rule.uuid, state=State.DRAFT)
        assert running._confirm(run, deletion, now=life.now) == []
    jobs.wake_stuck(now=life.now + jobs.PATIENCE)
    assert Run.objects.get(pk=run.pk).moved_at == life.now
    later = life.now + jobs.PATIENCE + timedelta(seconds=1)
    jobs.wake_stuck(now=later)
    assert Run.objects.get(pk=run.pk).moved_at == later
    life.tick(at=later)
    run.refresh_from_db()
    assert (run.state, run.moved_at) == (Run.State.BY_ITSELF, None)
    assert Deletion.objects.filter(rule=run.rule.uuid).count() == 4
    confirmed = AuditEvent.objects.filter(action="deletion.confirmed", subject=str(run.deletion.uuid))
    assert confirmed.count() == 1


@pytest.mark.once
def test_one_that_is_gone_on_with_much_later_waits_for_its_owner(life: Life) -> None:
    life.to_the_third_consent()
    life.now = life.day(4)
    tending.tend(life.now)
    life.tick(at=life.day(4, hours=2))
    assert life.run.state == Run.State.DRAFTED
    assert life.run.why == ["It is over an hour late: no worker ran, or it was interrupted."]


def test_days_without_a_worker_are_made_up_for_by_one_run(life: Life) -> None:
    life.failed(3, day=1)
    life.tick(at=life.day(4, hours=5))
    assert (Run.objects.count(), life.again().next_at) == (1, life.day(5))
    assert life.run.due_at == life.day(1)


def test_a_million_the_first_time_is_drafted_and_says_that_it_is_too_much(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Frozen by jobs, step by step, as a million are.
    monkeypatch.setattr(freezing, "AT_ONCE", 10)
    monkeypatch.setattr(freezing, "STEP", 20)
    life.failed(70, day=1)
    life.tick(at=life.day(1))
    run = life.run
    assert (run.state, run.deletion.is_frozen) == (Run.State.DRAFTING, False)
    while freezing.step(life.draft(), now=life.now):
        pass
    life.tick(at=life.day(1, minutes=1))
    run = life.run
    assert (run.state, run.matched, run.deletion.size) == (Run.State.DRAFTED, 70, 70)
    assert run.why[1:] == ["It has 70 tasks. By itself it may delete 50 a day.", "It was not announced a day before."]
    life.confirm()
    assert life.draft().confirmed_at == life.now


def test_the_cap_is_a_days(life: Life) -> None:
    life.to_the_third_consent()
    life.tick(at=life.day(4))
    assert life.run.state == Run.State.BY_ITSELF
    Rule.objects.update(cap=5)
    life.failed(3, day=4)
    # Its terms are still those of the announcement, but for the number.
    life.now += timedelta(hours=1)
    making.run_now(rule=life.again(), by=life.by, now=life.now)
    life.tick()
    sentence = "It has 3 tasks, and 5 went by itself in the 24 hours before. By itself it may delete 5 a day."
    assert sentence in life.run.why


def test_what_its_owner_asks_for_waits_for_them(life: Life) -> None:
    life.to_the_third_consent()
    life.failed(1, day=3)
    making.run_now(rule=life.rule, by=life.by, now=life.now)
    life.tick()
    assert (life.run.asked_for, life.run.state) == (True, Run.State.DRAFTED)
    assert "Its owner asked for this run, and is there to confirm it." in life.run.why
    # The run of the next day is the one that was announced.
    assert Run.objects.filter(state=Run.State.ANNOUNCED, due_at=life.day(4)).exists()


def test_a_draft_that_nobody_confirms_gives_way_to_the_next(life: Life) -> None:
    life.failed(3, day=1)
    life.tick(at=life.day(1))
    first = life.draft()
    # Other drafts last an hour.
    life.now = life.day(1, hours=20)
    freezing.clear_discarded(now=life.now, steps=10)
    first.refresh_from_db()
    assert (first.state, first.items.count()) == (State.DRAFT, 3)
    assert first.draft_until == life.day(2)
    life.failed(1, day=2)
    life.tick(at=life.day(2))
    first.refresh_from_db()
    assert (first.state, life.draft().size) == (State.DISCARDED, 4)
    with pytest.raises(actions.Refused, match="This draft was discarded"):
        life.confirm(first)
    # Nobody said no, so nothing is counted anew.
    life.confirm()
    assert consents.number(life.again()) == 1


@pytest.mark.once
def test_it_can_not_be_confirmed_after_its_time(life: Life) -> None:
    life.failed(3, day=1)
    life.tick(at=life.day(1))
    life.now = life.day(2, minutes=1)
    with pytest.raises(actions.Refused, match="This draft has expired. Its rule makes another one"):
        life.confirm()


@pytest.mark.once
def test_what_would_need_approval_asks_for_it(life: Life) -> None:
    life.to_the_third_consent()
    Limits.objects.create(user=life.owner, most_tasks=2)
    life.tick(at=life.day(4))
    assert (life.run.state, life.draft().state) == (Run.State.BY_ITSELF, State.AWAITING_APPROVAL)


@pytest.mark.once
def test_so_many_that_their_owner_must_show_who_they_are_wait(life: Life, settings) -> None:
    life.to_the_third_consent()
    settings.DELETION_REAUTH_ABOVE = 4
    life.tick(at=life.day(4))
    assert life.run.why == ["For so many its owner has to show that it is them."]


def test_starred_and_held_tasks_stay(life: Life) -> None:
    starred, held, *_ = life.failed(4, day=1)
    starring.star([starred.pk], actor="anna", address="")
    TrackedTask.objects.filter(pk=held.pk).update(held_by="anna", held_reason="Legal")
    life.tick(at=life.day(1))
    assert (life.run.matched, life.draft().size, life.draft().skipped) == (3, 2, 1)


@pytest.mark.parametrize("there", [0, 2])
def test_nothing_to_delete_is_no_draft(life: Life, there: int) -> None:
    life.failed(there, day=1, held_by="anna")
    life.tick(at=life.day(1))
    assert (life.run.state, life.run.matched, life.run.moved_at) == (Run.State.NOTHING, there, None)
    assert not Deletion.objects.filter(state=State.DRAFT, waiting__gt=0).exists()


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        ("disabled", "Its owner's account is closed."),
        ("deleted", "Its owner's account is closed."),
        ("no right", "Its owner may not delete tasks any more."),
        ("no view", "Its view was deleted, or is not shared with its owner any more."),
        ("unknown filter", "Its view can't be read: There is no filter called “colour”."),
        ("everything", "Its view shows all tasks. A rule needs a filter."),
    ],
)
def test_a_rule_that_nobody_answers_for_stops_and_says_so(life: Life, trouble: str, sentence: str) -> None:
    life.to_the_third_consent()
    draft_before = Deletion.objects.count()
    match trouble:
        case "disabled":
            User.objects.filter(pk=life.owner.pk).update(is_active=False)
        case "deleted":
            User.objects.filter(pk=life.owner.pk).delete()
        case "no right":
            life.owner.groups.clear()
        case "no view":
            life.view.delete()
        case "unknown filter":
            type(life.view).objects.update(query="colour=red")
        case "everything":
            type(life.view).objects.update(query="view=table")
    life.tick(at=life.day(4))
    rule = life.again()
    assert (rule.stopped, rule.next_at) == (sentence, None)
    assert Run.objects.get(due_at=life.day(4)).why == [sentence]
    life.tick(at=life.day(6))
    assert Deletion.objects.count() == draft_before
    assert told()[-1] == "rule.stopped"


def test_a_rule_that_was_stopped_counts_anew_when_it_goes_on(life: Life) -> None:
    life.to_the_third_consent()
    User.objects.filter(pk=life.owner.pk).update(is_active=False)
    life.tick()
    assert life.again().stopped
    User.objects.filter(pk=life.owner.pk).update(is_active=True)
    making.resume(rule=life.rule, by=life.by, now=life.now)
    rule = life.again()
    assert (rule.stopped, rule.next_at, consents.number(rule)) == ("", life.day(4), 0)


@pytest.mark.once
def test_a_paused_rule_does_nothing_and_keeps_its_consents(life: Life) -> None:
    life.to_the_third_consent()
    making.pause(rule=life.rule, by=life.by, now=life.now)
    life.tick(at=life.day(5))
    assert Run.objects.get(due_at=life.day(4)).state == Run.State.NOT_MADE
    making.resume(rule=life.again(), by=life.by, now=life.now)
    assert (life.again().next_at, consents.number(life.again())) == (life.day(6), 3)


@pytest.mark.once
def test_a_rule_that_is_paused_while_it_is_drafted_confirms_nothing(life: Life) -> None:
    life.to_the_third_consent()
    life.now = life.day(4)
    tending.tend(life.now)
    run = Run.objects.select_related("rule__owner", "rule__view").get(state=Run.State.DRAFTING)
    running.draft(run, now=life.now)
    making.pause(rule=life.again(), by=life.by, now=life.now)
    life.tick()
    run.refresh_from_db()
    assert (run.state, run.why) == (Run.State.NOT_MADE, ["The rule was paused."])
    assert not Deletion.objects.filter(by_itself=True).exists()


@pytest.mark.once
def test_a_rule_that_is_paused_while_its_set_is_looked_at_confirms_nothing(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a large set that takes seconds, after it was decided that nothing speaks against it."""
    life.to_the_third_consent()
    life.now = life.day(4)
    tending.tend(life.now)
    running.draft(Run.objects.select_related("rule__owner", "rule__view").get(state=Run.State.DRAFTING), now=life.now)
    monkeypatch.setattr(freezing, "AT_ONCE", 0)
    pause = partial(making.pause, rule=life.again(), by=life.by, now=life.now)
    with before(r'SELECT .* FROM "deletions_deletionitem"', pause):
        life.work(Run.objects.get(state=Run.State.DRAFTING))
    run = Run.objects.get(due_at=life.day(4))
    assert (run.state, run.deletion.state, run.deletion.by_itself) == (Run.State.NOT_MADE, State.DRAFT, False)
