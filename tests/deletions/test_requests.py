from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.calls import slots
from dashboard.calls.models import Account
from dashboard.calls.sending import perform
from dashboard.deletions import arming, engine, manifest, requests
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.deletions.requests import By, Changed, Invalid, Refused
from dashboard.deletions.settling import settle
from dashboard.inventory.models import TrackedTask
from tests.deletions.conftest import work
from tests.deletions.small_world import take
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def _confirm(draft, user, *, reason="Spring", typed="", now=None) -> None:
    requests.confirm(deletion=draft, by=By(user=user), reason=reason, typed=typed, now=now or timezone.now())
    draft.refresh_from_db()


def test_confirming_shows_the_tasks_as_deleting_at_once(olga, draft) -> None:
    _confirm(draft, olga)
    assert draft.state == State.SCHEDULED
    assert TrackedTask.objects.filter(presence="deleting", last_deletion=draft.uuid).count() == 3
    assert AuditEvent.objects.get(action="deletion.confirmed").actor == "olga"


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("", "Give a reason. It stays in the history."),
        ("   ", "Give a reason. It stays in the history."),
        ("x" * 501, "The reason has 501 characters. Use at most 500."),
        ("a\x00b", "The reason holds a NUL character. Remove it."),
    ],
)
def test_a_reason_is_required(olga, draft, reason, sentence) -> None:
    with pytest.raises(Invalid) as refusal:
        _confirm(draft, olga, reason=reason)
    assert refusal.value.errors["reason"] == sentence
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


@pytest.mark.parametrize("typed", ["", "2", "03", "three"])
def test_a_wrong_count_is_refused(settings, olga, draft, typed) -> None:
    settings.DELETION_TYPED_ABOVE = 2
    with pytest.raises(Invalid) as refusal:
        _confirm(draft, olga, typed=typed)
    assert refusal.value.errors["typed"].startswith("Type 3 to confirm. You typed")


@pytest.mark.parametrize("typed", ["1200", "1,200", " 1200 "])
def test_the_count_is_taken_with_and_without_commas(settings, olga, images, typed) -> None:
    settings.DELETION_TYPED_ABOVE = 20
    images(1200)
    draft = manifest.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    _confirm(draft, olga, typed=typed)
    assert draft.state == State.SCHEDULED


def test_a_second_confirmation_is_refused(olga, draft) -> None:
    _confirm(draft, olga)
    with pytest.raises(Refused, match="already confirmed"):
        _confirm(draft, olga)


def test_nobody_confirms_another_persons_draft(draft) -> None:
    with pytest.raises(Refused, match="belongs to olga"):
        _confirm(draft, UserFactory(username="mallory", role="operator"))


def test_what_became_held_or_busy_meanwhile_freezes_the_draft_anew(olga, draft, confirm) -> None:
    before = draft.fingerprint
    tasks = list(TrackedTask.objects.order_by("pk"))
    TrackedTask.objects.filter(pk=tasks[0].pk).update(held_by="alice", held_reason="wait")
    confirm([tasks[1]])
    with pytest.raises(Changed):
        _confirm(draft, olga)
    draft.refresh_from_db()
    assert (draft.state, draft.size, draft.skipped) == (State.DRAFT, 1, 2)
    assert draft.fingerprint != before
    _confirm(draft, olga)
    assert draft.state == State.SCHEDULED


def test_a_missing_key_is_told_before_anything_is_scheduled(settings, olga, draft) -> None:
    settings.TENSORSLAB_API_KEY = ""
    with pytest.raises(Invalid, match="API key is missing"):
        _confirm(draft, olga)


def test_undo_keeps_everything(sandbox, settings, olga, draft) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    _confirm(draft, olga)
    requests.undo(deletion=draft, by=By(user=olga), now=timezone.now())
    work(draft)
    assert (draft.state, draft.kept, draft.waiting) == (State.CANCELLED, 3, 0)
    assert TrackedTask.objects.filter(presence="present", last_outcome="kept").count() == 3
    assert not DeletionItem.objects.filter(open=True).exists()
    assert sandbox.ledger()["calls"] == []


def test_a_late_undo_is_refused(settings, olga, draft) -> None:
    settings.DELETION_GRACE_SECONDS = 10
    now = timezone.now()
    _confirm(draft, olga, now=now)
    with pytest.raises(Refused, match="Too late"):
        requests.undo(deletion=draft, by=By(user=olga), now=now + timedelta(seconds=10))


def test_a_large_confirmation_is_armed_by_the_shift_and_undone_in_chunks(
    sandbox, monkeypatch, settings, olga, images
) -> None:
    monkeypatch.setattr(arming, "CHUNK", 10)
    settings.DELETION_GRACE_SECONDS = 60
    images(35)
    draft = manifest.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    _confirm(draft, olga)
    assert draft.armed_at is None
    arming.in_chunks(arming.arm_chunk, draft, now=timezone.now(), at_most=2)
    assert DeletionItem.objects.filter(open=True).count() == 20
    requests.undo(deletion=draft, by=By(user=olga), now=timezone.now())
    work(draft, shifts=1)
    assert draft.kept == 35
    assert not TrackedTask.objects.exclude(presence="present").exists()


def test_a_large_confirmation_deletes_everything(sandbox, monkeypatch, olga, images) -> None:
    monkeypatch.setattr(arming, "CHUNK", 10)
    images(35)
    draft = manifest.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    _confirm(draft, olga)
    assert work(draft).deleted == 35


def test_arming_skips_what_another_deletion_took_first(sandbox, monkeypatch, olga, images) -> None:
    monkeypatch.setattr(arming, "CHUNK", 2)
    images(5)
    first = manifest.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    second = manifest.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    _confirm(first, olga)
    _confirm(second, olga)
    work(first)
    work(second)
    assert (first.deleted, second.skipped, second.deleted) == (5, 5, 0)
    assert (first.state, second.state) == (State.FINISHED, State.FINISHED)


def test_keeping_a_draft_discards_it(olga, draft) -> None:
    requests.keep(deletion=draft, by=By(user=olga))
    draft.refresh_from_db()
    assert draft.state == State.DISCARDED
    with pytest.raises(Refused, match="discarded"):
        _confirm(draft, olga)


def test_nothing_leaves_while_paused(sandbox, olga, confirm, images) -> None:
    deletion = confirm(images(3))
    engine.begin_due(now=timezone.now())
    requests.pause(deletion=deletion, by=By(user=olga))
    work(deletion)
    assert sandbox.ledger()["calls"] == []
    assert (deletion.state, deletion.paused_reason) == (State.PAUSED, "Paused by olga.")
    requests.resume(deletion=deletion, by=By(user=olga), now=timezone.now())
    assert work(deletion).deleted == 3


def test_stop_keeps_what_never_left(sandbox, settings, olga, confirm, images) -> None:
    deletion = confirm(images(3))
    engine.begin_due(now=timezone.now())
    requests.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
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
    requests.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
    work(deletion)
    assert deletion.state == State.FINISHED
    assert (deletion.already_gone, deletion.kept) == (3, 1)
    assert deletion.items.get(task_id=gone).outcome == Outcome.ALREADY_GONE
    assert sum(call["operation"] == "delete" for call in sandbox.ledger()["calls"]) == 1


def _one_call(deletion: Deletion) -> None:
    """Sends the next call and settles it, like a shift that is stopped after it."""
    engine.begin_due(now=timezone.now())
    hold = slots.take(1)[0]
    chunk = take(hold)
    assert chunk
    verdict = perform(operation=chunk.operation, kind=chunk.kind, ids=chunk.ids, deadline=float("inf"))
    settle(chunk.call_id, verdict, now=timezone.now())
    slots.release(hold)


def test_retry_is_a_new_draft_of_the_refused_with_its_reason(sandbox, olga, confirm, images) -> None:
    tasks = images(5)
    sandbox.control(refuse={tasks[2].task_id: "task is running"})
    deletion = work(confirm(tasks))
    retry = requests.retry_refused(deletion=deletion, by=By(user=olga), now=timezone.now())
    assert (retry.state, retry.size, retry.reason, retry.retry_of) == (State.DRAFT, 1, "Spring", deletion)
    sandbox.control(refuse={})
    _confirm(retry, olga)
    assert work(retry).deleted == 1


def test_there_is_nothing_to_retry_or_check_when_all_went_well(sandbox, olga, confirm, images) -> None:
    deletion = work(confirm(images(1)))
    with pytest.raises(Refused, match="nothing to retry"):
        requests.retry_refused(deletion=deletion, by=By(user=olga), now=timezone.now())
    with pytest.raises(Refused, match="nothing to check"):
        requests.check_unknown(deletion=deletion, by=By(user=olga), now=timezone.now())


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
    requests.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
    DeletionItem.objects.update(not_before=timezone.now())
    Account.objects.update(rest_until=None)
    _one_call(deletion)
    item = DeletionItem.objects.get()
    assert item.outcome == Outcome.UNKNOWN
    assert item.not_before >= item.lost_at + timedelta(seconds=30)
    work(deletion)
    assert (deletion.state, deletion.kept) == (State.FINISHED, 1)


def test_what_is_past_its_grace_can_be_stopped_although_no_worker_began_it(sandbox, olga, draft) -> None:
    _confirm(draft, olga)
    requests.stop_rest(deletion=draft, by=By(user=olga), now=timezone.now())
    work(draft)
    assert (draft.state, draft.kept) == (State.FINISHED, 3)
    assert sandbox.ledger()["calls"] == []
    assert not TrackedTask.objects.exclude(presence="present").exists()


def test_a_draft_of_yesterday_is_refused(olga, draft) -> None:
    with pytest.raises(Refused, match="over an hour old"):
        _confirm(draft, olga, now=timezone.now() + timedelta(hours=2))


def test_resuming_lifts_the_accounts_pause_for_all_that_it_stopped(olga, confirm, images) -> None:
    mine, other = confirm(images(1)), confirm(images(1))
    engine.begin_due(now=timezone.now())
    requests.pause(deletion=mine, by=By(user=olga))
    Account.objects.update(paused_reason="API key rejected (401).")
    engine.heed_account()
    requests.resume(deletion=mine, by=By(user=olga), now=timezone.now())
    other.refresh_from_db()
    assert other.state == State.RUNNING


def test_a_deletion_for_another_host_can_be_stopped_and_ends(sandbox, olga, confirm, images) -> None:
    deletion = confirm(images(2))
    first = deletion.items.first()
    deletion.items.filter(pk=first.pk).update(outcome="unknown", not_before=timezone.now(), if_there="resend")
    Deletion.objects.update(
        state=State.PAUSED, host="https://elsewhere.example", waiting=1, unknown=1, paused_reason="another host"
    )
    requests.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
    work(deletion)
    assert (deletion.state, deletion.unknown, deletion.kept) == (State.FINISHED, 1, 1)


def test_what_stays_unknown_after_a_stop_can_be_left_so_while_the_account_is_paused(
    sandbox, olga, confirm, images
) -> None:
    deletion = confirm(images(1))
    deletion.items.update(outcome="unknown", not_before=timezone.now(), if_there="keep")
    Deletion.objects.update(state=State.PAUSED, paused_by_account=True, stopped_at=timezone.now(), waiting=0, unknown=1)
    requests.stop_rest(deletion=deletion, by=By(user=olga), now=timezone.now())
    work(deletion)
    assert (deletion.state, deletion.unknown) == (State.FINISHED, 1)
