"""Drafts too large to be frozen while somebody waits: a job freezes them step by step, and a page is polled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboard.deletions import actions
from dashboard.deletions.dispatch import jobs
from dashboard.deletions.drafts import facts, freezing
from dashboard.deletions.models import Deletion, DeletionItem, State
from dashboard.pages.downloads import TooMany
from dashboard.register.models import TrackedTask
from tests.deletions.conftest import meeting, once, outcomes, url_of, work
from tests.deletions.processes import FAST, until
from tests.factories import DeletionFactory, DeletionItemFactory, TrackedTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _large(monkeypatch) -> None:
    monkeypatch.setattr(freezing, "AT_ONCE", 3)


@pytest.fixture
def far_apart(db: None) -> list[TrackedTask]:
    """Five tasks that one step can't pass together."""
    return [TrackedTaskFactory(pk=1 + number * freezing.STEP) for number in range(5)]


def begun(person, **posted: object) -> Deletion:
    """The draft of all tasks there are, as pressing Delete leaves it."""
    person.post(reverse("task-selection"), {"action": "all", "shown": "", **posted})
    selection = person.user.selection_set.latest("pk")
    response = person.post(reverse("deletion-draft"), {"selection": str(selection.uuid), "shown": ""})
    assert response.status_code == 303, response.content.decode()
    return Deletion.objects.get(uuid=response.url.split("/")[-2])


def frozen(draft: Deletion) -> Deletion:
    while freezing.step(draft, now=timezone.now()):
        pass
    draft.refresh_from_db()
    assert draft.freezing_at is None
    return draft


def test_it_says_how_far_it_is_and_then_asks(operator, far_apart) -> None:
    draft = begun(operator)
    page = operator.get(draft.get_absolute_url()).content.decode()
    assert "Writing down 5 tasks" in page
    assert 'aria-valuenow="0"' in page
    assert ">Refresh</a>" in page
    assert "Delete 5 tasks" not in page
    assert freezing.step(draft, now=timezone.now())
    assert 'aria-valuenow="20"' in operator.get(draft.get_absolute_url()).content.decode()
    frozen(draft)
    assert "Delete 5 tasks?" in operator.get(draft.get_absolute_url()).content.decode()


def test_no_task_is_missed_or_doubled_where_two_steps_meet(operator) -> None:
    at = [number for edge in (1, 1 + freezing.STEP) for number in (edge, edge + 1, edge + freezing.STEP - 1)]
    tasks = [TrackedTaskFactory(pk=number) for number in sorted({*at, 2 + 2 * freezing.STEP})]
    draft = frozen(begun(operator))
    assert list(draft.items.order_by("pk").values_list("tracked", flat=True)) == [task.pk for task in tasks]


def test_it_tells_how_old_the_tasks_are_that_it_would_delete(operator) -> None:
    now = timezone.now()
    ages = [
        timedelta(minutes=10),
        timedelta(minutes=50),
        timedelta(minutes=70),
        timedelta(days=1),
        timedelta(days=9),
        None,
    ]
    for number, age in enumerate(ages):
        TrackedTaskFactory(model=f"model-{number % 2}", created_at=age and now - age)
    TrackedTaskFactory(model="of-a-held-one", created_at=now - timedelta(days=90), held_by="olga")
    found = facts.facts_of(frozen(begun(operator))).ages
    assert (found.oldest, found.newest) == (now - timedelta(days=9), now - timedelta(minutes=10))
    assert (found.unknown_time, found.young) == (1, 2)
    assert found.models == {"model-0", "model-1"}


def test_the_dialog_polls_its_own_content_and_becomes_the_dialog_that_asks(operator, htmx, far_apart) -> None:
    draft = begun(operator)
    address = f"{draft.get_absolute_url()}?part=dialog"
    meanwhile = operator.get(address, headers=htmx).content.decode()
    assert "<dialog" not in meanwhile
    assert 'role="progressbar"' in meanwhile
    frozen(draft)
    at_last = operator.get(address, headers=htmx).content.decode().strip()
    assert at_last.startswith("<dialog")
    assert "Delete 5 tasks?" in at_last
    assert "every" not in at_last
    assert operator.get(f"{draft.get_absolute_url()}?part=draft", headers=htmx)["HX-Refresh"] == "true"


def test_in_steps_it_freezes_what_it_freezes_at_once(operator, far_apart) -> None:
    TrackedTask.objects.filter(pk=far_apart[1].pk).update(held_by="alice", held_reason="Legal case 12")
    TrackedTask.objects.filter(pk=far_apart[2].pk).update(model="zimage", created_at=None)
    draft = frozen(begun(operator))
    known = {name: draft.facts[name] for name in ("revision", "outside")}
    at_once = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=operator.user, facts=known)
    at_once.refresh_from_db()
    told = ["total", "waiting", "skipped", "fingerprint", "facts", "images"]
    assert [getattr(draft, name) for name in told] == [getattr(at_once, name) for name in told]
    assert outcomes(draft) == outcomes(at_once)
    assert (draft.total, draft.skipped) == (5, 1)


def test_what_is_added_while_it_freezes_is_not_included_but_told(operator, far_apart) -> None:
    draft = begun(operator)
    freezing.step(draft, now=timezone.now())
    TrackedTaskFactory(pk=far_apart[-1].pk + 1)
    frozen(draft)
    assert (draft.total, draft.drift) == (5, 1)


def test_nobody_ticks_or_clears_what_is_being_frozen(operator, far_apart) -> None:
    draft = begun(operator)
    theirs = operator.user.selection_set.exclude(pk=draft.selection_id).get()
    shown = {"selection": str(theirs.uuid), "shown": str(far_apart[4].pk)}
    operator.post(reverse("task-selection"), {**shown, "action": "clear"})
    assert frozen(draft).total == 5


def test_what_was_excluded_stays_out(operator, far_apart) -> None:
    operator.post(reverse("task-selection"), {"action": "all", "shown": ""})
    selection = operator.user.selection_set.get()
    posted = {"selection": str(selection.uuid), "shown": str(far_apart[2].pk)}
    response = operator.post(reverse("deletion-draft"), posted)
    draft = frozen(Deletion.objects.get(uuid=response.url.split("/")[-2]))
    assert far_apart[2].task_id not in outcomes(draft)
    assert draft.total == 4


def test_it_cannot_be_confirmed_before_it_is_frozen(operator, htmx, far_apart) -> None:
    draft = begun(operator)
    freezing.step(draft, now=timezone.now())
    response = operator.post(url_of("confirm", draft), {"reason": "Spring", "typed": "5"}, headers=htmx)
    assert response.status_code == 409
    assert actions.NOT_FROZEN in response.content.decode()
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_it_says_when_another_comes_first(operator, far_apart) -> None:
    first, second = begun(operator), begun(operator)
    said = "begins when a worker is free"
    assert said not in operator.get(first.get_absolute_url()).content.decode()
    assert said in operator.get(second.get_absolute_url()).content.decode()
    assert freezing.step(second, now=timezone.now())
    assert said not in operator.get(second.get_absolute_url()).content.decode()


def test_keeping_ends_it(operator, htmx, far_apart) -> None:
    draft = begun(operator)
    assert freezing.step(draft, now=timezone.now())
    assert operator.post(url_of("keep", draft)).status_code == 303
    assert not freezing.step(draft, now=timezone.now())
    assert draft.items.count() == 1
    content = operator.get(f"{draft.get_absolute_url()}?part=dialog", headers=htmx).content.decode()
    assert "was discarded" in content
    assert "hx-trigger" not in content


def test_a_look_at_it_asks_again_only_when_it_got_nowhere(operator, far_apart) -> None:
    draft = begun(operator)
    operator.get(draft.get_absolute_url())
    assert DBTaskResult.objects.count() == 1
    Deletion.objects.update(freezing_at=timezone.now() - jobs.FREEZING_PATIENCE - timedelta(seconds=1))
    operator.get(draft.get_absolute_url())
    operator.get(draft.get_absolute_url())
    assert DBTaskResult.objects.count() == 2


def test_freezing_lets_others_have_the_worker(monkeypatch, operator, far_apart) -> None:
    draft = begun(operator)
    monkeypatch.setattr(jobs, "FREEZING_LENGTH", -1.0)
    jobs.freeze.func(str(draft.uuid))
    draft.refresh_from_db()
    assert draft.total == 1
    assert DBTaskResult.objects.count() == 2


def test_a_large_retry_is_frozen_in_steps_too(operator, far_apart) -> None:
    deletion = DeletionFactory(total=5, refused=4, deleted=1)
    for task, outcome in zip(far_apart, ["refused"] * 4 + ["deleted"], strict=True):
        DeletionItemFactory(deletion=deletion, tracked=task, outcome=outcome)
    response = operator.post(url_of("retry", deletion))
    draft = Deletion.objects.get(uuid=response.url.split("/")[-2])
    assert "Writing down 4 tasks" in operator.get(draft.get_absolute_url()).content.decode()
    frozen(draft)
    assert set(outcomes(draft)) == {task.task_id for task in far_apart[:4]}
    assert (draft.retry_of, draft.reason) == (deletion, deletion.reason)


@pytest.mark.parametrize("with_htmx", [True, False])
def test_a_large_set_that_changed_answers_409_and_the_new_number(operator, htmx, far_apart, with_htmx) -> None:
    draft = frozen(begun(operator))
    old = draft.fingerprint
    TrackedTask.objects.filter(pk=far_apart[0].pk).update(held_by="alice")
    headers = htmx if with_htmx else {}
    response = operator.post(url_of("confirm", draft), {"reason": "Spring", "typed": "5"}, headers=headers)
    assert response.status_code == 409
    assert "Delete 4 tasks?" in response.content.decode()
    draft.refresh_from_db()
    assert (draft.state, draft.freezing_at, draft.waiting, draft.skipped) == (State.DRAFT, None, 4, 1)
    assert draft.fingerprint != old
    response = operator.post(url_of("confirm", draft), {"reason": "Spring", "typed": "4"}, headers=headers)
    assert response.status_code == (200 if with_htmx else 303)


def slowly(action: str, beyond: int) -> None:
    """Makes the database dwell on the items of tasks beyond that row, or no longer."""
    statements = {
        ("sqlite", "begin"): [
            f"CREATE TRIGGER dwell AFTER INSERT ON deletions_deletionitem WHEN NEW.tracked_id > {beyond} BEGIN "
            "SELECT count(*) FROM (WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 1e9) "
            "SELECT n FROM g); END"
        ],
        ("sqlite", "end"): ["DROP TRIGGER dwell"],
        ("postgresql", "begin"): [
            "CREATE FUNCTION dwell() RETURNS trigger AS 'BEGIN PERFORM pg_sleep(5); RETURN NEW; END' LANGUAGE plpgsql",
            "CREATE TRIGGER dwell BEFORE INSERT ON deletions_deletionitem FOR EACH ROW "
            f"WHEN (NEW.tracked_id > {beyond}) EXECUTE FUNCTION dwell()",
        ],
        ("postgresql", "end"): ["DROP FUNCTION dwell CASCADE"],
    }
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor, action]:
            cursor.execute(statement)


def test_a_killed_worker_leaves_nothing_that_the_next_does_not_finish(monkeypatch, start, operator, far_apart) -> None:
    draft = begun(operator)
    slowly("begin", beyond=far_apart[1].pk)
    worker = start("worker", **FAST)
    until(lambda: draft.items.count() == 2)
    worker.kill()
    worker.wait()
    assert DeletionItem.objects.count() == 2
    slowly("end", beyond=0)
    monkeypatch.setattr(jobs, "FREEZING_PATIENCE", timedelta())
    start("worker", **FAST)
    until(lambda: "Delete 5 tasks?" in operator.get(draft.get_absolute_url()).content.decode())
    assert sorted(draft.items.values_list("tracked_id", flat=True)) == [task.pk for task in far_apart]
    draft.refresh_from_db()
    assert (draft.total, draft.waiting) == (5, 5)
    assert draft.fingerprint == freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=operator.user).fingerprint


def test_who_seals_second_changes_nothing_of_what_runs_by_then(sandbox, operator, far_apart) -> None:
    draft = begun(operator)
    for _ in far_apart:
        assert freezing.step(draft, now=timezone.now())

    def another_seals_it() -> None:
        by = actions.By(user=operator.user)
        actions.confirm(deletion=frozen(draft), by=by, reason="Spring", typed="5", now=timezone.now())
        assert work(draft).state == State.FINISHED

    with meeting('UPDATE "deletions_deletion" SET "waiting"', once(another_seals_it)):
        assert not freezing.step(draft, now=timezone.now())
    draft.refresh_from_db()
    assert (draft.waiting, draft.deleted, draft.total) == (0, 5, 5)


def test_nobody_floods_the_database_with_drafts(olga, monkeypatch) -> None:
    monkeypatch.setattr(freezing, "MOST_DRAFTS", 3)
    for _ in range(3):
        freezing.freeze_tasks(tasks=TrackedTask.objects.filter(pk=TrackedTaskFactory().pk), actor=olga)
    with pytest.raises(TooMany, match="You asked for 3 deletions with 3 tasks in the last two hours"):
        freezing.freeze_tasks(tasks=TrackedTask.objects.filter(pk=TrackedTaskFactory().pk), actor=olga)
    monkeypatch.setattr(freezing, "MOST_DRAFTS", 100)
    monkeypatch.setattr(freezing, "MOST_ITEMS", 3)
    with pytest.raises(TooMany):
        freezing.begin(actor=olga, now=timezone.now())
    later = timezone.now() + freezing.CLEARED_AFTER
    assert freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga, now=later)
