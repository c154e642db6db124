from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts, slots
from dashboard.calls.models import Account
from dashboard.calls.sending import perform
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.deletions import actions
from dashboard.deletions.actions import By, Refused
from dashboard.deletions.dispatch import agenda
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.dispatch.outcomes import settle
from dashboard.deletions.evidence import doubtful
from dashboard.deletions.history import progress
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.register.models import TrackedTask
from tests.deletions.conftest import work
from tests.deletions.small_world import take

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_leaves_while_paused(sandbox, olga, confirm, images) -> None:
    deletion = confirm(images(3))
    agenda.begin_due(now=timezone.now())
    actions.pause(deletion=deletion, by=By(user=olga))
    work(deletion)
    assert sandbox.ledger()["calls"] == []
    assert (deletion.state, deletion.paused_reason) == (State.PAUSED, "Paused by olga.")
    actions.resume(deletion=deletion, by=By(user=olga), now=timezone.now())
    assert work(deletion).deleted == 3


def test_stop_keeps_what_never_left(sandbox, settings, olga, confirm, images) -> None:
    deletion = confirm(images(3))
    agenda.begin_due(now=timezone.now())
    actions.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
    work(deletion)
    assert (deletion.state, deletion.kept) == (State.FINISHED, 3)
    assert sandbox.ledger()["calls"] == []


def test_stop_while_splitting_keeps_only_what_a_look_up_found(sandbox, olga, confirm, images) -> None:
    tasks = images(4)
    gone = tasks[0].task_id
    sandbox.control(mode="partial", refuse={tasks[3].task_id: "no"})
    deletion = confirm(tasks)
    sandbox.control(queue=["500:before:look_up"])
    _one_call(deletion)
    deletion.refresh_from_db()
    assert deletion.waiting == 4
    actions.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
    work(deletion)
    assert deletion.state == State.FINISHED
    assert (deletion.deleted, deletion.kept) == (3, 1)
    item = deletion.items.get(task_id=gone)
    assert (item.outcome, item.evidence, item.message) == (Outcome.DELETED, "seen", doubtful.GONE_SOMEHOW)
    assert sum(call["operation"] == "delete" for call in sandbox.ledger()["calls"]) == 1


def _one_call(deletion: Deletion) -> None:
    """Sends the next call and settles it, like a shift that is stopped after it."""
    agenda.begin_due(now=timezone.now())
    slot = slots.take(1)[0]
    chunk = take(slot)
    assert chunk
    verdict = perform(chunk.call, deadline=float("inf"))
    settle(chunk.call.pk, verdict, now=timezone.now())
    slots.release(slot)


@pytest.mark.parametrize("ruling", [Ruling.THERE, Ruling.ABSENT, Ruling.LOST])
def test_a_look_up_that_comes_back_after_its_item_was_given_up_changes_nothing(
    sandbox, olga, confirm, images, ruling
) -> None:
    deletion = confirm(tasks := images(1))
    sandbox.control(queue=["500:before:delete"])
    _one_call(deletion)
    deletion.items.update(not_before=timezone.now())
    [slot] = slots.take(1)
    look_up = take(slot)
    assert look_up
    accounts.learn(
        Verdict(ruling=Ruling.UNAUTHORIZED, sentence="No."), host=deletion.host, now=timezone.now(), jitter=0
    )
    agenda.heed_account()
    for _ in range(2):
        actions.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
    deletion.refresh_from_db()
    assert (deletion.state, deletion.unknown) == (State.FINISHED, 1)
    TrackedTask.objects.filter(pk=tasks[0].pk).update(last_outcome="elsewhere")
    settle(look_up.call.pk, Verdict(ruling=ruling, sentence=""), now=timezone.now())
    item = deletion.items.get()
    assert (item.outcome, item.open, item.not_before, item.call) == (Outcome.UNKNOWN, False, None, None)
    assert TrackedTask.objects.get(pk=tasks[0].pk).last_outcome == "elsewhere"
    assert AuditEvent.objects.filter(action="call.look_up").latest("sequence").detail["ids"] == [tasks[0].task_id]


@pytest.mark.once
def test_retry_is_a_new_draft_of_the_refused_with_its_reason(sandbox, olga, confirm, images) -> None:
    tasks = images(5)
    sandbox.control(refuse={tasks[2].task_id: "task is running"})
    deletion = work(confirm(tasks))
    retry = actions.retry_refused(deletion=deletion, by=By(user=olga), now=timezone.now())
    told = AuditEvent.objects.get(action="deletion.drafted", subject=str(retry.uuid))
    assert (told.actor, told.detail["retry_of"]) == ("olga", str(deletion.uuid))
    assert (retry.state, retry.size, retry.reason, retry.retry_of) == (State.DRAFT, 1, "Spring", deletion)
    sandbox.control(refuse={})
    actions.confirm(deletion=retry, by=By(user=olga), reason="Spring", typed="", now=timezone.now())
    assert work(retry).deleted == 1


def test_there_is_nothing_to_retry_or_check_when_all_went_well(sandbox, olga, confirm, images) -> None:
    deletion = work(confirm(images(1)))
    with pytest.raises(Refused, match="nothing to retry"):
        actions.retry_refused(deletion=deletion, by=By(user=olga), now=timezone.now())
    with pytest.raises(Refused, match="nothing to check"):
        actions.check_unknown(deletion=deletion, by=By(user=olga), now=timezone.now())


def test_counts_always_add_up_to_the_total(sandbox, olga, confirm, images) -> None:
    tasks = images(30)
    sandbox.control(mode="partial", refuse={tasks[2].task_id: "x"}, queue=["500:after", "reset:before"])
    deletion = work(confirm(tasks))
    assert sum(deletion.counts().values()) == deletion.total == 30
    for outcome, number in deletion.counts().items():
        assert deletion.items.filter(outcome=outcome).count() == number


def test_a_lost_task_is_not_called_kept_before_its_call_can_no_longer_be_at_work(
    sandbox, settings, olga, confirm, images
) -> None:
    settings.TENSORSLAB_TIMEOUT = 30.0
    deletion = confirm(images(1))
    sandbox.control(queue=["500:before:delete"])
    _one_call(deletion)
    actions.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
    DeletionItem.objects.update(not_before=timezone.now())
    Account.objects.update(rest_until=None)
    Shift(length=2).run()
    item = DeletionItem.objects.get()
    assert (item.there_times, item.claim) == (1, None)
    assert item.outcome == Outcome.UNKNOWN
    assert item.not_before >= item.lost_at + timedelta(seconds=30)
    work(deletion)
    assert (deletion.state, deletion.kept) == (State.FINISHED, 1)


def test_what_is_past_its_grace_can_be_stopped_although_no_worker_began_it(sandbox, olga, draft) -> None:
    actions.confirm(deletion=draft, by=By(user=olga), reason="Spring", typed="", now=timezone.now())
    actions.stop_rest(deletion=draft, by=By(user=olga), now=timezone.now())
    work(draft)
    assert (draft.state, draft.kept) == (State.FINISHED, 3)
    assert sandbox.ledger()["calls"] == []
    assert not TrackedTask.objects.exclude(presence="present").exists()


def test_what_was_stopped_is_not_paused(olga, confirm, images) -> None:
    deletion = confirm(images(3))
    Deletion.objects.update(state=State.RUNNING, stopped_at=timezone.now())
    with pytest.raises(Refused, match="not stopped"):
        actions.pause(deletion=deletion, by=By(user=olga))
    deletion.refresh_from_db()
    assert progress.controls(deletion, now=timezone.now()) == []


def test_resuming_lifts_the_accounts_pause_for_all_that_it_stopped(olga, confirm, images) -> None:
    mine, other = confirm(images(1)), confirm(images(1))
    agenda.begin_due(now=timezone.now())
    actions.pause(deletion=mine, by=By(user=olga))
    Account.objects.update(paused_reason="API key rejected (401).")
    agenda.heed_account()
    actions.resume(deletion=mine, by=By(user=olga), now=timezone.now())
    other.refresh_from_db()
    assert other.state == State.RUNNING


def test_what_was_refused_is_sent_again_after_a_doubt_but_not_without_end(settings, confirm, images) -> None:
    """An account may be doubted again and again, and refuse some tasks in any case."""
    settings.DELETION_MAX_ATTEMPTS = 3
    deletion = confirm(images(2))
    agenda.begin_due(now=timezone.now())
    deletion.items.update(outcome=Outcome.UNKNOWN, open=True, if_there="refuse", attempts=2)
    often = deletion.items.order_by("pk").last()
    deletion.items.filter(pk=often.pk).update(attempts=3)
    Account.objects.update(doubt="No witness is left.", doubted_at=timezone.now())
    agenda.heed_account()
    deletion.refresh_from_db()
    assert deletion.state == State.PAUSED
    assert list(deletion.items.order_by("pk").values_list("if_there", flat=True)) == ["resend", "refuse"]


def test_a_deletion_for_another_host_can_be_stopped_and_ends(sandbox, olga, confirm, images) -> None:
    deletion = confirm(images(2))
    first = deletion.items.first()
    deletion.items.filter(pk=first.pk).update(outcome="unknown", not_before=timezone.now(), if_there="resend")
    Deletion.objects.update(
        state=State.PAUSED, host="https://elsewhere.example", waiting=1, unknown=1, paused_reason="another host"
    )
    actions.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
    work(deletion)
    assert (deletion.state, deletion.unknown, deletion.kept) == (State.FINISHED, 1, 1)


def test_what_stays_unknown_after_a_stop_can_be_left_so_while_the_account_is_paused(
    sandbox, olga, confirm, images
) -> None:
    deletion = confirm(images(1))
    deletion.items.update(outcome="unknown", not_before=timezone.now(), if_there="keep")
    Deletion.objects.update(state=State.PAUSED, paused_by_account=True, stopped_at=timezone.now(), waiting=0, unknown=1)
    actions.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
    work(deletion)
    assert (deletion.state, deletion.unknown) == (State.FINISHED, 1)
