"""A deletion that somebody else has to agree to: nothing of it is sent before, and each way to end has its sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.access.models import Limits
from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts
from dashboard.deletions import actions
from dashboard.deletions.actions import By, Changed, Invalid, Refused
from dashboard.deletions.dispatch import agenda, arming, closing, expiring
from dashboard.deletions.dispatch.recovery import Tender
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, State
from dashboard.register.models import TrackedTask
from tests.audit.test_verify_audit import wrong
from tests.deletions.conftest import Confirm, outcomes, work
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

Images = Callable[[int], list[TrackedTask]]


@pytest.fixture(autouse=True)
def _above_two(settings) -> None:
    settings.DELETION_APPROVAL_ABOVE = 2


@pytest.fixture
def anna(db: None) -> User:
    return UserFactory(username="anna", role="approver")


@pytest.fixture
def asked(confirm: Confirm, images: Images) -> Deletion:
    return confirm(images(3))


def approve(deletion: Deletion, user: User, **other: object) -> Deletion:
    shown = {"fingerprint": deletion.fingerprint, "count": str(deletion.size), "now": timezone.now()} | other
    try:
        actions.approve(deletion=deletion, by=By(user=user, address="198.51.100.7"), **shown)
    finally:
        deletion.refresh_from_db()
    return deletion


def told(deletion: Deletion) -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(subject=str(deletion.uuid)).exclude(action__startswith="call.")
    return list(events.order_by("sequence").values_list("actor", "action"))


@pytest.mark.once
def test_up_to_the_number_nobody_is_asked(confirm: Confirm, images: Images) -> None:
    deletion = confirm(images(2))
    assert (deletion.state, deletion.approval_asked_at, deletion.approval_reasons) == (State.SCHEDULED, None, [])


def test_above_it_the_set_is_kept_and_nothing_is_armed_or_sent(sandbox, asked: Deletion) -> None:
    assert asked.state == State.AWAITING_APPROVAL
    assert asked.approval_reasons == ["It has 3 tasks. Above 2 somebody else has to agree."]
    work(asked)
    agenda.begin_due(now=timezone.now() + timedelta(hours=1))
    asked.refresh_from_db()
    assert (asked.state, asked.starts_at, asked.armed_at) == (State.AWAITING_APPROVAL, None, None)
    assert not asked.items.filter(open=True).exists()
    assert sandbox.ledger()["calls"] == []
    assert told(asked) == [("olga", "deletion.confirmed"), ("olga", "deletion.approval_asked")]
    detail = AuditEvent.objects.get(action="deletion.approval_asked").detail
    assert detail == {"tasks": 3, "fingerprint": asked.fingerprint, "why": asked.approval_reasons}


def test_a_row_that_runs_without_its_approval_sends_nothing(sandbox, asked: Deletion) -> None:
    run_unasked(asked)
    work(asked, shifts=3)
    assert [call for call in sandbox.ledger()["calls"] if call["operation"] == "delete"] == []


@pytest.mark.once
def test_its_tasks_are_free_for_others_meanwhile(asked: Deletion, confirm: Confirm, anna: User) -> None:
    tasks = [item.tracked for item in asked.items.order_by("pk")[:2]]
    other = confirm(tasks, user=anna)
    assert (other.state, other.size) == (State.SCHEDULED, 2)


def test_after_the_approval_the_grace_begins(sandbox, asked: Deletion, anna: User, settings) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    now = timezone.now() + timedelta(hours=30)
    approve(asked, anna, now=now)
    assert (asked.state, asked.starts_at, asked.decided_at) == (State.SCHEDULED, now + timedelta(seconds=60), now)
    assert (asked.decision, asked.decider, asked.decider_name) == ("approved", anna, "anna")
    assert asked.armed_at is not None
    event = AuditEvent.objects.get(action="deletion.approved")
    assert (event.actor, event.address, event.detail["tasks"]) == ("anna", "198.51.100.7", 3)
    assert event.detail["fingerprint"] == asked.fingerprint
    Deletion.objects.update(starts_at=timezone.now(), decided_at=timezone.now())
    assert work(asked).state == State.FINISHED
    assert set(outcomes(asked).values()) == {"deleted"}


@pytest.mark.once
def test_nobody_approves_or_declines_their_own_whatever_they_may(asked: Deletion, olga: User) -> None:
    User.objects.filter(pk=olga.pk).update(is_superuser=True)
    again = User.objects.get(pk=olga.pk)
    for act in (lambda: approve(asked, again), lambda: decline(asked, again)):
        with pytest.raises(Refused, match="You asked for this yourself"):
            act()
    assert asked.state == State.AWAITING_APPROVAL


def decline(deletion: Deletion, user: User, reason: str = "Not these", **other: object) -> Deletion:
    actions.decline(deletion=deletion, by=By(user=user), reason=reason, **{"now": timezone.now()} | other)
    deletion.refresh_from_db()
    return deletion


def test_who_may_not_approve_or_was_disabled_since_approves_nothing(asked: Deletion, anna: User) -> None:
    with pytest.raises(Refused, match="may not approve deletions"):
        approve(asked, UserFactory(role="operator"))
    User.objects.filter(pk=anna.pk).update(is_active=False)
    # As the request has it, who was read before.
    with pytest.raises(Refused, match="may not approve deletions"):
        approve(asked, anna)


@pytest.mark.once
@pytest.mark.parametrize("lost", ["account", "role", "everything"])
def test_what_somebody_asked_who_may_delete_no_more_is_not_approved(
    asked: Deletion, anna: User, olga: User, lost: str
) -> None:
    if lost == "account":
        User.objects.filter(pk=olga.pk).update(is_active=False)
    elif lost == "role":
        olga.groups.clear()
    else:
        olga.delete()
    asked.refresh_from_db()
    with pytest.raises(Refused, match="olga may not delete tasks any more, so this can't be approved. Decline it."):
        approve(asked, anna)
    assert decline(asked, anna).decision == "declined"


@pytest.mark.once
def test_the_second_approver_learns_who_was_first(asked: Deletion, anna: User) -> None:
    eve = UserFactory(username="eve", role="approver")
    approve(asked, anna)
    for user in (eve, anna):
        with pytest.raises(Refused, match="Approved by anna on"):
            approve(asked, user)
    with pytest.raises(Refused, match="Approved by anna on"):
        decline(asked, eve)
    assert AuditEvent.objects.filter(action="deletion.approved").count() == 1


@pytest.mark.once
@pytest.mark.parametrize("shown", [{"fingerprint": "0" * 64}, {"count": "4"}, {"count": "03"}])
def test_only_the_set_that_was_shown_is_approved(asked: Deletion, anna: User, shown: dict[str, str]) -> None:
    with pytest.raises(Changed, match="another set"):
        approve(asked, anna, **shown)
    assert asked.state == State.AWAITING_APPROVAL


def hold(task: TrackedTask) -> None:
    TrackedTask.objects.filter(pk=task.pk).update(held_by="eve", held_reason="Legal case")


def delete(task: TrackedTask) -> None:
    TrackedTask.objects.filter(pk=task.pk).update(presence="deleted")


def forbid(task: TrackedTask) -> None:
    Limits.objects.create(user=User.objects.get(username="olga"), only_models=["another"])


@pytest.mark.parametrize(("change", "lost"), [(hold, 1), (delete, 1), (forbid, 3)])
def test_any_change_voids_it(asked: Deletion, anna: User, change, lost: int, capsys, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path
    change(asked.items.order_by("pk")[0].tracked)
    with pytest.raises(Changed, match=f"{lost} of its tasks became busy, held or gone"):
        approve(asked, anna)
    assert (asked.state, asked.decision, asked.state_words) == (State.DISCARDED, "changed", "Changed")
    assert told(asked)[-1] == ("anna", "deletion.approval_voided")
    with pytest.raises(Refused, match="became busy, held or gone. That was found on"):
        approve(asked, anna)
    end(asked)
    assert set(outcomes(asked).values()) == {"kept"}


def end(deletion: Deletion) -> None:
    for step, row in agenda.unfinished_chunks(now=timezone.now()):
        arming.in_chunks(step, row, now=timezone.now())
    closing.Closer().tick(now=timezone.now())
    deletion.refresh_from_db()


@pytest.mark.once
def test_what_became_busy_voids_it(asked: Deletion, anna: User, confirm: Confirm) -> None:
    confirm([asked.items.order_by("pk")[0].tracked], user=anna)
    with pytest.raises(Changed, match="1 of its tasks became busy"):
        approve(asked, anna)


@pytest.mark.once
def test_a_large_set_is_looked_at_before_anything_is_locked(asked: Deletion, anna: User, monkeypatch) -> None:
    monkeypatch.setattr(freezing, "AT_ONCE", 1)
    hold(asked.items.order_by("pk")[0].tracked)
    with pytest.raises(Changed):
        approve(asked, anna)
    assert asked.decision == "changed"


def test_declining_needs_a_reason_which_its_requester_reads(asked: Deletion, anna: User) -> None:
    for reason in ("", " \u200b ", "x" * 501, "a\x00b"):
        with pytest.raises(Invalid):
            decline(asked, anna, reason)
    assert asked.state == State.AWAITING_APPROVAL
    decline(asked, anna, " Ask legal first ")
    assert (asked.state, asked.decision, asked.declined_reason) == (State.DISCARDED, "declined", "Ask legal first")
    assert AuditEvent.objects.get(action="deletion.declined").detail["reason"] == "Ask legal first"
    with pytest.raises(Refused, match=re.escape("Declined by anna on")):
        approve(asked, anna)


def test_its_requester_withdraws_it_and_nobody_else(asked: Deletion, anna: User, olga: User) -> None:
    with pytest.raises(Refused, match="Only who asked for it"):
        actions.withdraw(deletion=asked, by=By(user=anna), now=timezone.now())
    actions.withdraw(deletion=asked, by=By(user=olga), now=timezone.now())
    asked.refresh_from_db()
    assert (asked.state, asked.decision, asked.decider_name) == (State.DISCARDED, "withdrawn", "olga")
    assert told(asked)[-1] == ("olga", "deletion.withdrawn")
    with pytest.raises(Refused, match="Withdrawn by olga"):
        actions.withdraw(deletion=asked, by=By(user=olga), now=timezone.now())


def test_what_never_waited_is_neither_approved_nor_withdrawn(confirm: Confirm, images: Images, anna, olga) -> None:
    deletion = confirm(images(1))
    with pytest.raises(Refused, match="does not wait"):
        approve(deletion, anna)
    with pytest.raises(Refused, match="does not wait"):
        actions.withdraw(deletion=deletion, by=By(user=olga), now=timezone.now())


def test_it_expires_by_itself_and_is_not_approved_after_that(asked: Deletion, anna: User) -> None:
    late = asked.approval_asked_at + timedelta(hours=48)
    # The worker may not have looked yet.
    with pytest.raises(Refused, match="has expired"):
        approve(asked, anna, now=late)
    expiring.expire(now=late - timedelta(seconds=1))
    asked.refresh_from_db()
    assert asked.state == State.AWAITING_APPROVAL
    Tender("worker", clock=lambda: late).tick()
    asked.refresh_from_db()
    assert (asked.state, asked.decision, asked.decider_name) == (State.DISCARDED, "expired", "")
    assert told(asked)[-1] == ("", "deletion.approval_expired")
    expiring.expire(now=late)
    assert AuditEvent.objects.filter(action="deletion.approval_expired").count() == 1


def test_an_approval_outlives_the_hour_of_a_draft_and_its_items_stay(asked: Deletion, anna: User) -> None:
    late = timezone.now() + timedelta(hours=40)
    Deletion.objects.update(created_at=timezone.now() - timedelta(hours=10))
    freezing.clear_discarded(now=late, steps=10)
    decline(asked, anna, now=late)
    freezing.clear_discarded(now=late, steps=10)
    assert asked.items.count() == 3
    assert not freezing.is_cleared(asked, now=late)


@pytest.mark.once
@pytest.mark.parametrize("how", ["approve", "decline", "withdraw", "expire", "change"])
def test_history_agrees_with_the_log_however_it_ends(
    sandbox, asked: Deletion, anna: User, olga: User, how: str, capsys, settings, tmp_path
) -> None:
    settings.VAR_DIR = tmp_path
    assert wrong(capsys, "--reconcile") == ""
    now = timezone.now()
    if how == "approve":
        work(approve(asked, anna))
    elif how == "decline":
        decline(asked, anna)
    elif how == "withdraw":
        actions.withdraw(deletion=asked, by=By(user=olga), now=now)
    elif how == "expire":
        expiring.expire(now=now + timedelta(hours=48))
    else:
        hold(asked.items.order_by("pk")[0].tracked)
        with pytest.raises(Changed):
            approve(asked, anna)
    assert wrong(capsys, "--reconcile") == ""
    end(asked)
    assert asked.closed_at is not None
    assert set(outcomes(asked).values()) == {"deleted" if how == "approve" else "kept"}
    assert wrong(capsys, "--reconcile") == ""


def forge_approval(row: Deletion) -> None:
    approved = {"decision": "approved", "decided_at": timezone.now(), "decider_name": "anna"}
    run_unasked(row, **approved)


def forge_no_need(row: Deletion) -> None:
    run_unasked(row, approval_asked_at=None, approval_reasons=[])


def run_unasked(row: Deletion, **changes: object) -> None:
    Deletion.objects.filter(pk=row.pk).update(
        state="scheduled", starts_at=timezone.now(), key=accounts.current_key(), **changes
    )


@pytest.mark.parametrize("forge", [forge_approval, forge_no_need])
def test_what_was_sent_without_the_approval_it_asked_for_is_told(
    sandbox, asked: Deletion, forge, capsys, settings, tmp_path
) -> None:
    settings.VAR_DIR = tmp_path
    forge(asked)
    assert "without the approval that entry" in wrong(capsys, "--reconcile")
    work(asked)
    found = wrong(capsys, "--reconcile")
    assert "tells of a delete without the approval that was asked for." in found


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"state": "discarded", "decision": "declined", "decider_name": "anna"}, "no entry says that it was declined"),
        ({"approval_reasons": []}, "its reasons for asking are not those"),
        ({"state": "discarded", "approval_asked_at": None}, "is discarded"),
    ],
)
def test_a_forged_row_is_told(asked: Deletion, changes: dict[str, object], sentence: str, capsys, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    Deletion.objects.filter(pk=asked.pk).update(**changes)
    assert sentence in wrong(capsys, "--reconcile")


def test_a_forged_decision_is_told(asked: Deletion, anna: User, capsys, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path
    decline(asked, anna)
    for changes in ({"decider_name": "eve"}, {"declined_reason": "Other"}, {"decision": "expired"}):
        Deletion.objects.filter(pk=asked.pk).update(**changes)
        assert "says otherwise" in wrong(capsys, "--reconcile")
