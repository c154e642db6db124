"""What would have stood still for ever, or longer than it must, without anybody to blame for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboard.calls import accounts, controls, ghost_forms, sending, slots
from dashboard.calls.controls import Purpose
from dashboard.calls.models import Account
from dashboard.calls.verdicts import Ruling, Unanswered, Verdict, judge_delete
from dashboard.deletions import actions
from dashboard.deletions.dispatch import agenda, jobs, next_call
from dashboard.deletions.dispatch.recovery import Tender
from dashboard.deletions.evidence import next_controls
from dashboard.deletions.models import DeletionItem, Outcome, State
from tests.deletions.theatre import Theatre, playing
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _usual(settings, _fast) -> None:
    settings.TENSORSLAB_BATCH_SIZE = 20
    settings.DELETION_VERIFY = "sample"
    settings.DELETION_CANARY = 0
    settings.TENSORSLAB_TIMEOUT = 2.0


@pytest.fixture
def theatre(images) -> Iterator[Theatre]:
    images(30)
    yield from playing()


@pytest.fixture
def by(olga: User) -> actions.By:
    return actions.By(user=olga)


def test_what_became_of_the_first_tasks_can_not_be_found_out(theatre, settings, monkeypatch, images, by) -> None:
    settings.TENSORSLAB_CONCURRENCY = 1
    tasks, perform = images(60), sending.perform
    broken = {task.task_id for task in tasks[:20]}

    def failing(call, *, deadline):
        if broken.isdisjoint(call.ids):
            return perform(call, deadline=deadline)
        if call.operation == "delete":
            return judge_delete(Unanswered("TensorsLab failed (HTTP 500)."))
        return Verdict(ruling=Ruling.ABSENT, sentence="", http_status=200, code=9999, form="200 9999 Storage is down")

    monkeypatch.setattr(sending, "perform", failing)
    deletion = theatre.play(theatre.confirm(tasks, by=by), stay=True)
    assert (deletion.state, deletion.unknown, deletion.waiting) == (State.PAUSED, 20, 40)
    assert deletion.paused_reason.startswith("Over 50 % of its tasks so far are unknown or refused")
    actions.resume(deletion=deletion, by=by, now=theatre.now())
    deletion = theatre.play(deletion)
    assert (deletion.state, deletion.unknown, deletion.deleted) == (State.FINISHED, 20, 40)


@pytest.mark.once
def test_a_deletion_of_the_other_kind_was_paused_before_ghosts_were_understood(
    theatre, monkeypatch, images, by
) -> None:
    films = TrackedTaskFactory.create_batch(10, kind="video")
    perform, forms = sending.perform, iter(range(1000))

    def changing(call, *, deadline):
        verdict = perform(call, deadline=deadline)
        busy = call.kind == "video" and call.operation == "look_up" and verdict.form != "there"
        return replace(verdict, form=f"200 9999 busy {next(forms) % 2}") if busy else verdict

    with monkeypatch.context() as patch:
        patch.setattr(sending, "perform", changing)
        videos = theatre.play(theatre.confirm(films[:3], by=by), until=3)
    actions.pause(deletion=videos, by=by)
    deletion = theatre.play(theatre.confirm(images(5), by=by), stay=True)
    assert (deletion.state, agenda.next_due(now=theatre.now())) != (State.RUNNING, None)
    assert deletion.deleted == 5


def test_a_pause_of_the_account_is_shown_on_what_a_doubt_has_paused(theatre, images, by) -> None:
    theatre.sandbox.control(foreign_keys=["test-key"], already_gone="failure")
    deletion = theatre.play(theatre.confirm(images(60), by=by), until=60, stay=True)
    assert deletion.paused_by_doubt
    theatre.sandbox.control(foreign_keys=[], queue=["401"])
    deletion = theatre.play(deletion, stay=True)
    assert deletion.paused_reason == Account.objects.get().paused_reason != ""
    actions.resume(deletion=deletion, by=by, now=theatre.now())
    assert theatre.play(deletion, stay=True).deleted == 60


@pytest.mark.parametrize("later", [False, True])
def test_a_witness_speaks_against_nobody_when_a_later_call_has_carried_it(confirm, images, later) -> None:
    confirm(images(3))
    account = accounts.current()
    item = DeletionItem.objects.order_by("-pk").first()
    chunk = next_controls._write_down("image", Purpose.WITNESS, item.task_id)
    [slot] = slots.take(1)
    assert next_call.leave(chunk, slot, now=timezone.now())
    carried = chunk.call.pk + 1 if later else chunk.call.pk - 1
    DeletionItem.objects.filter(pk=item.pk).update(outcome=Outcome.UNKNOWN, touched=True, first_call=carried)
    control = controls.of(account, "image")
    control.missed = []
    control.forms = [[timezone.now().timestamp(), "404 None no such task"]] * ghost_forms.GHOSTS
    control.save()
    verdict = Verdict(ruling=Ruling.ABSENT, sentence="", http_status=404, form="404 None no such task")
    next_controls.settle(chunk.call, verdict, now=timezone.now(), came_at=timezone.now())
    assert controls.of(account, "image").missed == ([] if later else [item.task_id])


def test_no_shifts_pile_up_while_one_goes_on(sandbox, settings, confirm, images, monkeypatch) -> None:
    """Each would begin anew before a job that came later, and there may be only one worker."""
    settings.TENSORSLAB_CONCURRENCY = 2
    confirm(images(200))
    agenda.begin_due(now=timezone.now())
    DBTaskResult.objects.all().delete()
    Account.objects.update(wake_at=None)
    [slot] = slots.take(1)
    passed = 0
    monkeypatch.setattr(jobs.clock, "now", lambda: timezone.now() + timedelta(seconds=passed))
    tender = Tender("t", clock=jobs.clock.now)
    for _ in range(30):
        passed += 1
        slots.renew_all([slot])
        tender.tick()
        jobs.wake(jobs.clock.now())
    assert DBTaskResult.objects.filter(status="READY", task_path=jobs.send.module_path).count() == 1


def test_a_shift_ends_where_another_could_use_more_slots(sandbox, settings) -> None:
    settings.TENSORSLAB_CONCURRENCY = 2
    held = slots.take(1)
    assert not jobs.nobody_waits()
    held += slots.take(1)
    assert jobs.nobody_waits()
    jobs.freeze.enqueue("00000000-0000-0000-0000-000000000000")
    assert not jobs.nobody_waits()
    assert len(held) == 2
