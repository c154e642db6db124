from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.deletions import actions
from dashboard.deletions.actions import By, Changed, Invalid, Refused
from dashboard.deletions.dispatch import agenda, arming
from dashboard.deletions.drafts import eligibility, freezing
from dashboard.deletions.models import Deletion, DeletionItem, State
from dashboard.register.models import TrackedTask
from tests.deletions.conftest import meeting, once, work
from tests.factories import DeletionFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


ITEMS, SCHEDULING = 'FROM "deletions_deletionitem"', 'UPDATE "deletions_deletion" SET "state"'
"""What the statements hold by which a draft is looked at once more, and is scheduled."""


def _confirm(draft, user, *, reason="Spring", typed="", now=None) -> None:
    actions.confirm(deletion=draft, by=By(user=user), reason=reason, typed=typed, now=now or timezone.now())
    draft.refresh_from_db()


def test_of_two_presses_on_a_large_draft_the_slower_hears_that_it_was_confirmed(olga, draft, monkeypatch) -> None:
    """It looks at the tasks before it takes the lock, and they look busy: by the other press."""
    monkeypatch.setattr(freezing, "AT_ONCE", 0)
    other_press = once(lambda: _confirm(Deletion.objects.get(pk=draft.pk), olga))
    with meeting(ITEMS, other_press), pytest.raises(Refused, match="already confirmed"):
        _confirm(draft, olga)


@pytest.mark.parametrize("meanwhile", ["disabled", "demoted"])
def test_who_may_delete_no_more_since_the_page_was_asked_for_confirms_nothing(olga, draft, meanwhile) -> None:
    if meanwhile == "disabled":
        User.objects.filter(pk=olga.pk).update(is_active=False)
    else:
        User.objects.get(pk=olga.pk).groups.clear()
    with pytest.raises(Refused, match="delete tasks"):
        _confirm(draft, olga)
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_a_set_that_grew_beyond_what_may_be_confirmed_unshown_is_refused(olga, draft, settings) -> None:
    """Whoever calls may have looked at its size before it was written down, or before held tasks were taken in."""
    settings.DELETION_REAUTH_ABOVE = 2
    with pytest.raises(Refused, match="show that it is you"):
        _confirm(draft, olga)
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


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
        ("\u200b", "Give a reason. It stays in the history."),
        ("\u2060 \u200b", "Give a reason. It stays in the history."),
        ("\u2800", "Give a reason. It stays in the history."),
        ("\u3164\r\n\u115f", "Give a reason. It stays in the history."),
        ("\U000e0041\ufe0f\u00ad", "Give a reason. It stays in the history."),
        ("\u034f\u180e\ufeff\u2028", "Give a reason. It stays in the history."),
        ("\u202e\u2066\u2069", "Give a reason. It stays in the history."),
        ("\U0001d159", "Give a reason. It stays in the history."),
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


def test_the_count_is_taken_in_any_digits_and_with_or_without_commas(settings, olga, images) -> None:
    settings.DELETION_TYPED_ABOVE = 20
    images(1200)
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    for typed in ("1200", "1,200", " 1200 ", "1 200", "１２００", "١٢٠٠", "1\u202f200"):
        with transaction.atomic():
            _confirm(draft, olga, typed=typed)
            assert draft.state == State.SCHEDULED
            transaction.set_rollback(True)
        draft.refresh_from_db()


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
    actions.undo(deletion=draft, by=By(user=olga), now=timezone.now())
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
        actions.undo(deletion=draft, by=By(user=olga), now=now + timedelta(seconds=10))


def test_a_large_confirmation_is_armed_by_the_shift_and_undone_in_chunks(
    sandbox, monkeypatch, settings, olga, images
) -> None:
    monkeypatch.setattr(arming, "CHUNK", 10)
    settings.DELETION_GRACE_SECONDS = 60
    images(35)
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    _confirm(draft, olga)
    assert draft.armed_at is None
    arming.in_chunks(arming.arm_chunk, draft, now=timezone.now(), at_most=2)
    assert DeletionItem.objects.filter(open=True).count() == 20
    actions.undo(deletion=draft, by=By(user=olga), now=timezone.now())
    work(draft, shifts=1)
    assert draft.kept == 35
    # Also the fifteen that were never shown as being deleted.
    assert TrackedTask.objects.filter(presence="present", last_outcome="kept", last_deletion=draft.uuid).count() == 35


def test_a_large_confirmation_deletes_everything(sandbox, monkeypatch, olga, images) -> None:
    monkeypatch.setattr(arming, "CHUNK", 10)
    images(35)
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    _confirm(draft, olga)
    assert work(draft).deleted == 35


def test_arming_skips_what_another_deletion_took_first(sandbox, monkeypatch, olga, images) -> None:
    """Two large ones confirmed in the same second: both looked at the tasks before either was confirmed."""
    monkeypatch.setattr(arming, "CHUNK", 2)
    monkeypatch.setattr(freezing, "AT_ONCE", 0)
    images(5)
    first = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    second = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    with meeting(SCHEDULING, once(lambda: _confirm(first, olga))):
        _confirm(second, olga)
    work(first)
    work(second)
    assert (first.deleted, second.skipped, second.deleted) == (5, 5, 0)
    assert (first.state, second.state) == (State.FINISHED, State.FINISHED)


@pytest.mark.parametrize("armed", [0, 1])
def test_what_is_confirmed_is_busy_before_it_is_armed(monkeypatch, settings, olga, images, armed: int) -> None:
    monkeypatch.setattr(arming, "CHUNK", 2)
    settings.DELETION_GRACE_SECONDS = 60
    tasks = images(5)
    beside = images(1)
    earlier = freezing.freeze_tasks(tasks=TrackedTask.objects.filter(pk__gte=tasks[3].pk), actor=olga)
    large = freezing.freeze_tasks(tasks=TrackedTask.objects.exclude(pk=beside[0].pk), actor=olga)
    _confirm(large, olga)
    arming.in_chunks(arming.arm_chunk, large, now=timezone.now(), at_most=armed)
    with pytest.raises(Changed):
        _confirm(earlier, olga)
    later = freezing.freeze_tasks(tasks=TrackedTask.objects.filter(pk__gte=tasks[3].pk), actor=olga)
    for draft in (earlier, later):
        draft.refresh_from_db()
        assert (draft.size, draft.skipped) == (1, 2)
        assert set(draft.items.filter(outcome="skipped").values_list("message", flat=True)) == {eligibility.BUSY}
    _confirm(earlier, olga)
    actions.undo(deletion=large, by=By(user=olga), now=timezone.now())
    arming.in_chunks(arming.undo_chunk, large, now=timezone.now())
    large.refresh_from_db()
    assert (large.kept, large.skipped) == (5, 0)
    # What was undone is free again at once.
    free = freezing.freeze_tasks(tasks=TrackedTask.objects.filter(pk=tasks[4].pk), actor=olga)
    assert free.size == 1


def test_undoing_leaves_alone_what_became_another_deletions(monkeypatch, settings, olga, confirm, images) -> None:
    monkeypatch.setattr(arming, "CHUNK", 2)
    settings.DELETION_GRACE_SECONDS = 60
    tasks = images(5)
    large = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    _confirm(large, olga)
    actions.undo(deletion=large, by=By(user=olga), now=timezone.now())
    other = confirm(tasks[-1:])
    assert other.state == State.SCHEDULED
    arming.in_chunks(arming.undo_chunk, large, now=timezone.now())
    tasks[-1].refresh_from_db()
    assert (tasks[-1].presence, tasks[-1].last_deletion) == ("deleting", other.uuid)


@pytest.mark.parametrize(("hours", "shown"), [(1, "refused"), (-1, "kept")])
def test_undoing_hides_nothing_that_happened_later(monkeypatch, settings, olga, images, hours: int, shown: str) -> None:
    monkeypatch.setattr(arming, "CHUNK", 2)
    settings.DELETION_GRACE_SECONDS = 60
    tasks = images(5)
    large = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)
    _confirm(large, olga)
    other = DeletionFactory(confirmed_at=timezone.now() + timedelta(hours=hours))
    TrackedTask.objects.filter(pk=tasks[-1].pk).update(last_outcome="refused", last_deletion=other.uuid)
    actions.undo(deletion=large, by=By(user=olga), now=timezone.now())
    arming.in_chunks(arming.undo_chunk, large, now=timezone.now())
    tasks[-1].refresh_from_db()
    assert (tasks[-1].presence, tasks[-1].last_outcome) == ("present", shown)


def test_keeping_a_draft_discards_it(olga, draft) -> None:
    actions.discard(deletion=draft, by=By(user=olga))
    draft.refresh_from_db()
    assert draft.state == State.DISCARDED
    with pytest.raises(Refused, match="discarded"):
        _confirm(draft, olga)


def test_a_draft_of_yesterday_is_refused(olga, draft) -> None:
    with pytest.raises(Refused, match="over an hour old"):
        _confirm(draft, olga, now=timezone.now() + timedelta(hours=2))


def test_it_begins_when_its_grace_is_over_and_not_before(settings, confirm, images) -> None:
    settings.DELETION_GRACE_SECONDS = 10
    now = timezone.now()
    deletion = confirm(images(2), now=now)
    for seconds, state in [(0, State.SCHEDULED), (9, State.SCHEDULED), (10, State.RUNNING)]:
        agenda.begin_due(now=now + timedelta(seconds=seconds))
        deletion.refresh_from_db()
        assert deletion.state == state
