"""Nothing is sent while it is held, whenever the hold was placed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from dashboard.calls import slots
from dashboard.deletions import actions
from dashboard.deletions.actions import By
from dashboard.deletions.dispatch import agenda, next_call
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.history.progress import sentence
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.register.filters.filter import Filter
from dashboard.register.holding import jobs, placing, releasing, rules, tending
from dashboard.register.holding.asking import By as HeldBy
from dashboard.register.models import Hold, TrackedTask
from tests.deletions.conftest import meeting, once, outcomes, work
from tests.factories import TrackedTaskFactory, UserFactory
from tests.register.holding.conftest import frozen

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def li() -> HeldBy:
    return HeldBy(user=UserFactory(username="li", role="approver"))


def hold(li: HeldBy, *tasks: TrackedTask) -> Hold:
    selection = frozen(li.user, list(tasks))
    return placing.place(selection=selection, by=li, reason="Legal case 12", until=None, now=timezone.now())


def sent(sandbox) -> set[str]:
    return {task_id for call in deletes(sandbox) for task_id in call["ids"]}


def deletes(sandbox) -> list[dict[str, list[str]]]:
    return [call for call in sandbox.ledger()["calls"] if call["operation"] == "delete"]


def test_in_a_draft_the_confirmation_is_asked_for_again(li: HeldBy, draft: Deletion, olga) -> None:
    held = TrackedTask.objects.earliest("pk")
    hold(li, held)
    with pytest.raises(actions.Changed, match="became busy or held"):
        actions.confirm(deletion=draft, by=By(user=olga), reason="Spring", typed="3", now=timezone.now())
    draft.refresh_from_db()
    assert (draft.size, draft.skipped) == (2, 1)
    assert draft.items.get(outcome="skipped").message == "Held: Legal case 12"


def test_during_the_grace_it_is_kept(sandbox, li: HeldBy, confirm, images, settings) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    tasks = images(3)
    deletion = confirm(tasks)
    hold(li, tasks[1])
    deletion = work(_begun(deletion))
    assert outcomes(deletion)[tasks[1].task_id] == "kept"
    assert sent(sandbox) == {tasks[0].task_id, tasks[2].task_id}


def _begun(deletion: Deletion) -> Deletion:
    past = timezone.now() - timedelta(seconds=1)
    Deletion.objects.filter(pk=deletion.pk).update(starts_at=past)
    agenda.begin_due(now=timezone.now())
    return deletion


def test_while_it_waits_it_is_kept_and_says_why(sandbox, li: HeldBy, confirm, images) -> None:
    tasks = images(3)
    deletion = confirm(tasks)
    hold(li, tasks[0])
    work(deletion)
    assert deletion.items.get(outcome="kept").message == "Held: Legal case 12"
    assert tasks[0].task_id not in sent(sandbox)


def test_in_the_second_its_call_leaves_the_call_stays(sandbox, li: HeldBy, confirm, images) -> None:
    """It is written down, its slot is taken, and the statement that lets it leave is on its way to the database."""
    tasks = images(3)
    deletion = confirm(tasks)
    happens = once(lambda: hold(li, tasks[2]))
    with meeting("state = 'ready' AND EXISTS", happens):
        work(deletion)
    assert Hold.objects.count() == 1
    assert outcomes(deletion)[tasks[2].task_id] == "kept"
    assert sent(sandbox) == {tasks[0].task_id, tasks[1].task_id}


def test_what_has_left_is_told_as_it_is(sandbox, li: HeldBy, confirm, images) -> None:
    tasks = images(2)
    deletion = confirm(tasks)
    agenda.begin_due(now=timezone.now())
    chunk = next_call.prepare(now=timezone.now())
    [slot] = slots.take(1)
    assert chunk
    assert next_call.leave(chunk, slot, now=timezone.now())
    row = hold(li, *tasks)
    assert row.count == 2
    deletion.refresh_from_db()
    assert (deletion.sent, deletion.waiting) == (2, 0)
    assert set(DeletionItem.objects.values_list("outcome", flat=True)) == {"sent"}


def test_what_is_unknown_is_looked_up_and_not_sent_again(sandbox, li: HeldBy, confirm, images) -> None:
    tasks = images(1)
    deletion = confirm(tasks)
    sandbox.control(queue=["500:before"])
    Shift(length=60).run()
    hold(li, *tasks)
    work(deletion)
    assert outcomes(deletion) == {tasks[0].task_id: "kept"}
    assert len(deletes(sandbox)) == 1
    assert TrackedTask.objects.get().presence == "present"


def test_released_it_can_be_deleted_again(sandbox, li: HeldBy, confirm, images) -> None:
    tasks = images(1)
    row = hold(li, *tasks)
    assert confirm_skips(confirm, tasks)
    releasing.release_hold(hold=row, seen=1, by=li, reason="Over", now=timezone.now())
    assert outcomes(work(confirm(tasks))) == {tasks[0].task_id: "deleted"}


def confirm_skips(confirm, tasks: list[TrackedTask]) -> bool:
    with pytest.raises(actions.Invalid, match="every task was skipped"):
        confirm(tasks)
    return True


def make(li: HeldBy, query: str) -> Hold:
    filter = Filter.from_query(QueryDict(query))
    return rules.make(filter=filter, by=li, reason="Contract 7", until=None, now=timezone.now())


def test_nothing_leaves_before_a_new_rule_is_applied(sandbox, li: HeldBy, confirm, images, monkeypatch) -> None:
    tasks = images(3)
    TrackedTask.objects.filter(pk=tasks[0].pk).update(prompt="A red fox")
    deletion = confirm(tasks)
    monkeypatch.setattr(rules, "AT_ONCE", 0)
    rule = make(li, "q=fox")
    work(deletion, shifts=2)
    assert sent(sandbox) == set()
    row = Deletion.objects.with_circumstances().get(pk=deletion.pk)
    assert sentence(row, now=timezone.now()) == "A rule for holds is being applied. Nothing is sent before that."
    due = agenda.next_due(now=timezone.now())
    assert due is None or due > timezone.now()
    jobs.place.call(str(rule.uuid))
    work(deletion)
    assert sent(sandbox) == {tasks[1].task_id, tasks[2].task_id}
    assert outcomes(deletion)[tasks[0].task_id] == "kept"


def test_a_rule_that_is_made_in_the_second_a_call_leaves_keeps_it(sandbox, li: HeldBy, confirm, images) -> None:
    tasks = images(2)
    deletion = confirm(tasks)
    happens = once(lambda: make(li, "kind=image"))
    with meeting("state = 'ready' AND EXISTS", happens):
        work(deletion)
    assert sent(sandbox) == set()
    assert set(outcomes(deletion).values()) == {"kept"}


def test_what_grows_old_enough_between_two_looks_does_not_leave(sandbox, li: HeldBy, confirm, images) -> None:
    tasks = images(1)
    deletion = confirm(tasks)
    make(li, "created_before=-30d")
    Hold.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    TrackedTask.objects.update(held_by="", held_reason="")
    work(deletion, shifts=2)
    assert sent(sandbox) == set()
    tending.tend(now=timezone.now())
    work(deletion)
    assert sent(sandbox) == {tasks[0].task_id}


def test_a_look_up_leaves_all_the_same(sandbox, li: HeldBy, confirm, images) -> None:
    tasks = images(1)
    deletion = confirm(tasks)
    sandbox.control(queue=["500:after"])
    Shift(length=60).run()
    TrackedTaskFactory(prompt="A fox")
    make(li, "q=fox")
    Hold.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    work(deletion, shifts=3)
    assert outcomes(deletion)[tasks[0].task_id] != "unknown"
