"""A rule holds what matches now and what comes in later, before anybody could have it deleted."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import importing, refreshing
from dashboard.register.filters.filter import Filter
from dashboard.register.holding import jobs, matching, releasing, rules, steps, tending
from dashboard.register.holding.asking import By, Invalid, Refused
from dashboard.register.models import HeldTask, Hold, TrackedTask
from dashboard.register.samples import add_samples
from tensorslab_api.types import TaskInfo, TaskKind, TaskStatus
from tests.factories import TrackedTaskFactory
from tests.register.holding.conftest import shown, told

pytestmark = pytest.mark.django_db
RULE = ("olga", "Contract 7")


def make(by: By, query: str, *, until: datetime | None = None, now: datetime | None = None) -> Hold:
    filter, now = Filter.from_query(QueryDict(query)), now or timezone.now()
    hold = rules.make(filter=filter, by=by, reason="Contract 7", until=until, now=now)
    hold.refresh_from_db()
    return hold


def bring_in(by: By, rows: str) -> None:
    batch = importing.check(source="tasks.csv", stream=io.BytesIO(rows.encode()), user=by.user)
    importing.apply(batch=batch, actor=by.user, address="")


def seen(task: TrackedTask) -> Verdict:
    """TensorsLab's answer that it has the task, of a fox."""
    about = {"kind": TaskKind.IMAGE, "task_id": task.task_id, "status": TaskStatus.COMPLETED, "prompt": "A red fox"}
    return Verdict(ruling=Ruling.THERE, sentence="", info=TaskInfo(**about))


def task(task_id: str) -> TrackedTask:
    return TrackedTask.objects.get(task_id=task_id)


def test_it_holds_what_matches_now_and_the_log_has_its_words(by: By) -> None:
    fox, owl = TrackedTaskFactory(prompt="A red fox"), TrackedTaskFactory(prompt="An owl")
    gone = TrackedTaskFactory(prompt="A fox that is gone", deleted=True)
    rule = make(by, "q=fox")
    assert shown(fox, owl, gone) == [RULE, ("", ""), ("", "")]
    assert (rule.is_rule, rule.takes_in, rule.count, rule.is_being_placed, rule.due_at) == (True, True, 1, False, None)
    assert told()[0] == ("hold.placed", "olga", {"reason": "Contract 7", "rule": "Search: fox"})


def test_it_holds_what_is_imported_later_in_the_same_transaction(by: By) -> None:
    rule = make(by, "q=fox&kind=image")
    bring_in(by, "kind,task_id,prompt\nimage,fox_1,A red fox\nimage,owl_2,An owl\nvideo,fox_3,A fox that runs\n")
    assert shown(task("fox_1"), task("owl_2"), task("fox_3")) == [RULE, ("", ""), ("", "")]
    bring_in(by, "kind,task_id,prompt\nimage,owl_2,An owl and a fox\nimage,fox_1,A red fox\n")
    assert shown(task("owl_2")) == [RULE]
    rule.refresh_from_db()
    assert (rule.count, rule.placed) == (2, 2)
    tending.tend(now=timezone.now())
    assert told()[-1] == ("hold.took_in", "", {"tasks": 2, "in_all": 2})
    number = len(told())
    tending.tend(now=timezone.now())
    assert len(told()) == number


def test_it_holds_a_model_however_a_later_file_writes_it(by: By) -> None:
    TrackedTaskFactory(model="seedreamv4")
    make(by, "model=seedreamv4")
    bring_in(by, "kind,task_id,model\nimage,upper_1,SEEDREAMV4\nimage,other_2,other\n")
    assert shown(task("upper_1"), task("other_2")) == [RULE, ("", "")]


def test_it_holds_what_a_look_up_tells(by: By) -> None:
    found = TrackedTaskFactory(prompt="")
    make(by, "q=fox")
    refreshing.store(found, seen(found), gone=False, now=timezone.now())
    assert shown(found) == [RULE]


def test_it_holds_what_is_found_again(by: By) -> None:
    missing = TrackedTaskFactory(prompt="A fox", presence="missing")
    make(by, "q=fox")
    assert shown(missing) == [("", "")]
    refreshing.store(missing, seen(missing), gone=False, now=timezone.now())
    assert shown(missing) == [RULE]


def test_it_holds_sample_tasks(by: By) -> None:
    rule = make(by, "kind=video")
    add_samples(count=50, seed=1, now=timezone.now())
    rule.refresh_from_db()
    assert rule.count == TrackedTask.objects.filter(kind="video").count() > 5


def test_it_does_not_hold_anew_what_was_released_from_it(by: By) -> None:
    fox = TrackedTaskFactory(prompt="A fox")
    rule = make(by, "q=fox")
    releasing.release_hold(hold=rule, seen=1, by=by, reason="Over", now=timezone.now())
    bring_in(by, f"kind,task_id,prompt\nimage,{fox.task_id},A fox and an owl\nimage,new_1,A fox\n")
    assert shown(fox, task("new_1")) == [("", ""), RULE]
    rule.refresh_from_db()
    assert rule.takes_in
    assert rule.ended_at is None


def test_stopped_it_takes_in_no_more_and_keeps_what_it_holds(by: By) -> None:
    fox = TrackedTaskFactory(prompt="A fox")
    rule = make(by, "q=fox")
    rules.stop(rule=rule, by=by, reason="Enough", now=timezone.now())
    bring_in(by, "kind,task_id,prompt\nimage,new_1,A fox\n")
    assert shown(fox, task("new_1")) == [RULE, ("", "")]
    rule.refresh_from_db()
    assert (rule.takes_in, rule.ended_at, rule.stopped_by, rule.stopped_reason) == (False, None, "olga", "Enough")
    assert ("hold.rule_stopped", "olga", {"reason": "Enough"}) in told()
    with pytest.raises(Refused, match="This rule was stopped already"):
        rules.stop(rule=rule, by=by, reason="Enough", now=timezone.now())
    with pytest.raises(Invalid):
        rules.stop(rule=rule, by=by, reason=" ", now=timezone.now())


def test_one_that_holds_nothing_ends_when_it_is_stopped(by: By) -> None:
    rule = make(by, "q=fox")
    assert list(Hold.objects.in_force()) == [rule]
    rules.stop(rule=rule, by=by, reason="Enough", now=timezone.now())
    assert not Hold.objects.in_force().exists()


def test_after_its_last_day_it_takes_in_no_more(by: By) -> None:
    until = timezone.now() + timedelta(days=1)
    rule = make(by, "q=fox", until=until)
    tending.tend(now=until + timedelta(seconds=1))
    bring_in(by, "kind,task_id,prompt\nimage,new_1,A fox\n")
    assert shown(task("new_1")) == [("", "")]
    rule.refresh_from_db()
    assert rule.ended_at


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "This rule would hold everything"),
        ("presence=deleted", "A rule can't ask for a presence"),
        ("starred=yes", "A rule can't ask for stars"),
        ("held=no&q=fox", "A rule can't ask for holds"),
    ],
)
def test_it_asks_for_what_comes_in(by: By, query: str, sentence: str) -> None:
    with pytest.raises(BadFilter, match=sentence):
        make(by, query)
    assert not Hold.objects.exists()


def test_a_large_one_is_applied_by_a_job_and_is_behind_until_that_is_done(by: By, monkeypatch) -> None:
    monkeypatch.setattr(rules, "AT_ONCE", 1)
    monkeypatch.setattr(steps, "STEP", 2)
    foxes = TrackedTaskFactory.create_batch(5, prompt="A fox")
    rule = make(by, "q=fox")
    assert rule.is_being_placed
    assert rules.is_behind(now=timezone.now())
    bring_in(by, "kind,task_id,prompt\nimage,new_1,A fox\n")
    assert shown(*foxes, task("new_1")) == [*[("", "")] * 5, RULE]
    jobs.place.call(str(rule.uuid))
    assert shown(*foxes) == [RULE] * 5
    assert not rules.is_behind(now=timezone.now())
    rule.refresh_from_db()
    assert (rule.count, rule.placed, rule.told) == (6, 6, 6)


def test_what_is_about_to_be_old_enough_is_held_before_it_is(by: By) -> None:
    now = timezone.now()
    young = TrackedTaskFactory(created_at=now - timedelta(days=29))
    soon = TrackedTaskFactory(created_at=now - timedelta(days=30) + timedelta(seconds=60))
    old = TrackedTaskFactory(created_at=now - timedelta(days=31))
    rule = make(by, "created_before=-30d", now=now)
    assert rule.filter == "created_before=-30d"
    assert shown(young, soon, old) == [("", ""), RULE, RULE]
    later = now + timedelta(days=1, seconds=-30)
    assert rules.is_behind(now=later)
    tending.tend(now=later)
    assert shown(young) == [RULE]
    assert not rules.is_behind(now=later)
    assert rules.is_behind(now=later + matching.AHEAD)


def test_time_applies_it_again_before_anybody_waits(by: By) -> None:
    now = timezone.now()
    make(by, "created_before=-30d", now=now)
    for minutes in range(10):
        moment = now + timedelta(minutes=minutes)
        assert not rules.is_behind(now=moment)
        tending.tend(now=moment)


def test_what_has_become_too_old_is_let_go(by: By) -> None:
    now = timezone.now()
    task, younger = (TrackedTaskFactory(created_at=now - timedelta(hours=hours)) for hours in (23, 1))
    rule = make(by, "created_after=-1d", now=now)
    assert shown(task, younger) == [RULE, RULE]
    tending.tend(now=now + timedelta(minutes=30))
    assert shown(task, younger) == [RULE, RULE]
    tending.tend(now=now + timedelta(hours=1, minutes=1))
    assert shown(task, younger) == [("", ""), RULE]
    assert told()[-1] == ("hold.outgrown", "", {"tasks": 1})
    assert HeldTask.objects.get(task=task).release.cause == "age"
    rule.refresh_from_db()
    assert (rule.count, rule.takes_in) == (1, True)


def test_days_are_those_of_who_made_it(by: By) -> None:
    with timezone.override("Asia/Tokyo"):
        rule = make(by, "created_after=2026-03-01")
    assert rule.filter == "created_after=2026-02-28T15%3A00%3A00Z"
