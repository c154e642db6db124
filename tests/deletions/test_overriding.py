"""A held task goes only where two people agreed to that, for the one deletion that they agreed to."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from django.utils import timezone

from dashboard.access.models import Limits
from dashboard.access.permissions import REFUSALS, RELEASE_HOLDS
from dashboard.audit.models import AuditEvent
from dashboard.deletions import actions
from dashboard.deletions.actions import By, Changed, Refused, overriding
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, State
from dashboard.register.holding.asking import By as HeldBy
from dashboard.register.models import Hold, TrackedTask
from tests.audit.test_verify_audit import wrong
from tests.conftest import Person
from tests.deletions.conftest import meeting, once, outcomes, work
from tests.deletions.test_approving import approve, run_unasked, told
from tests.deletions.test_holds import hold, sent
from tests.factories import TrackedTaskFactory, UserFactory
from tests.register.holding.conftest import frozen

HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def li(db: None) -> HeldBy:
    return HeldBy(user=UserFactory(username="li", role="approver"))


@pytest.fixture
def held(li, images) -> list[TrackedTask]:
    """Three tasks, of which the first two are held."""
    tasks = images(3)
    hold(li, *tasks[:2])
    return tasks


@pytest.fixture
def draft(olga: User, held: list[TrackedTask]) -> Deletion:
    return freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=olga)


@pytest.fixture
def asked(draft: Deletion, olga: User) -> Deletion:
    actions.override_holds(deletion=draft, by=By(user=olga), now=timezone.now())
    return confirmed(draft, olga)


def confirmed(draft: Deletion, person: User) -> Deletion:
    draft.refresh_from_db()
    typed = str(draft.size)
    actions.confirm(deletion=draft, by=By(user=person), reason="Case closed", typed=typed, now=timezone.now())
    draft.refresh_from_db()
    return draft


def test_two_people_let_held_tasks_go_once(sandbox, asked: Deletion, held, li, capsys, settings, tmp_path) -> None:
    settings.VAR_DIR = tmp_path
    assert (asked.state, asked.size, asked.skipped) == (State.AWAITING_APPROVAL, 3, 0)
    assert asked.approval_reasons == ["It deletes 2 tasks that are held."]
    work(asked, shifts=2)
    assert sent(sandbox) == set()
    work(approve(asked, li.user))
    assert sent(sandbox) == {task.task_id for task in held}
    assert set(outcomes(asked).values()) == {"deleted"}
    entry = AuditEvent.objects.get(action="deletion.override_asked")
    assert entry.detail == {"held": 2, "of": [[task.kind, task.task_id] for task in held[:2]], "tasks": 3}
    assert told(asked)[:4] == [
        ("olga", "deletion.override_asked"),
        ("olga", "deletion.confirmed"),
        ("olga", "deletion.approval_asked"),
        ("li", "deletion.approved"),
    ]
    assert wrong(capsys, "--reconcile") == ""


def test_who_may_not_release_holds_can_not_agree(asked: Deletion, settings) -> None:
    lea = UserFactory(username="lea", role="approver")
    group = Group.objects.create(name="approves only")
    group.permissions.add(Permission.objects.get(codename="approve_deletions"))
    lea.groups.set([group])
    with pytest.raises(Refused, match="It deletes 2 held tasks"):
        approve(asked, User.objects.get(pk=lea.pk))
    assert asked.state == State.AWAITING_APPROVAL
    assert REFUSALS[RELEASE_HOLDS]


@pytest.mark.once
def test_without_that_they_stay(sandbox, draft: Deletion, olga: User, held) -> None:
    deletion = work(confirmed(draft, olga))
    assert sent(sandbox) == {held[2].task_id}
    assert deletion.approval_reasons == []


@pytest.mark.once
def test_a_hold_that_comes_before_the_approval_voids_it(sandbox, asked: Deletion, held, li) -> None:
    hold(li, held[1])
    with pytest.raises(Changed, match="became busy, held or gone"):
        approve(asked, li.user)
    assert asked.state == State.DISCARDED
    work(asked, shifts=2)
    assert sent(sandbox) == set()


@pytest.mark.once
def test_a_hold_that_comes_in_the_second_the_call_leaves_protects(sandbox, asked: Deletion, held, li) -> None:
    approve(asked, li.user)
    with meeting("state = 'ready' AND EXISTS", once(lambda: hold(li, held[0]))):
        work(asked)
    assert Hold.objects.count() == 2
    assert outcomes(asked)[held[0].task_id] == "kept"
    assert sent(sandbox) == {held[1].task_id, held[2].task_id}


def test_it_is_for_that_deletion_alone(asked: Deletion, held, olga: User, li) -> None:
    other = freezing.freeze_tasks(tasks=TrackedTask.objects.filter(pk=held[0].pk), actor=li.user)
    assert (other.size, other.items.get().message) == (0, "Held: Legal case 12")


def test_who_asks_last_has_it(asked: Deletion, held, li) -> None:
    """Two requests for one task: the first is voided, because what its approver saw is not so any more."""
    kim = UserFactory(username="kim", role="operator")
    other = actions.draft_despite_hold(task=held[0], by=By(user=kim), now=timezone.now())
    assert (other.size, other.skipped) == (1, 0)
    with pytest.raises(Changed):
        approve(asked, li.user)


def test_a_row_that_runs_without_its_approval_sends_no_held_task(sandbox, asked: Deletion, held) -> None:
    """Not even if the row says that none was needed."""
    run_unasked(asked, approval_asked_at=None)
    work(asked, shifts=3)
    assert sent(sandbox) == {held[2].task_id}


def test_what_another_program_holds_stays(olga: User, images) -> None:
    """It writes when it likes, and nobody here would know that it did so again."""
    [task] = images(1)
    TrackedTask.objects.update(held_by="crm", held_reason="Contract")
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.filter(pk=task.pk), actor=olga)
    with pytest.raises(Refused, match="No task of this deletion is held now"):
        actions.override_holds(deletion=draft, by=By(user=olga), now=timezone.now())


@pytest.mark.once
def test_what_another_program_holds_since_stays(sandbox, asked: Deletion, held, li) -> None:
    """Nothing but the shown hold tells of it. First it comes before the approval, then in the second of the call."""
    other = {"held_by": "legal-bot", "held_reason": "court"}
    first = TrackedTask.objects.filter(pk=held[0].pk)
    first.update(**other)
    with pytest.raises(Changed, match="1 of its tasks became busy, held or gone"):
        approve(asked, li.user)
    first.update(held_by="li", held_reason=Hold.objects.get().reason)
    again = confirmed(overridden(asked), asked.actor)
    approve(again, li.user)
    first.update(**other)
    work(again)
    assert sent(sandbox) == {task.task_id for task in held[1:]}


def overridden(before: Deletion) -> Deletion:
    """The same tasks, drafted once more."""
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=before.actor)
    actions.override_holds(deletion=draft, by=By(user=before.actor), now=timezone.now())
    return draft


def test_what_is_not_theirs_to_delete_stays(li, olga: User) -> None:
    film = TrackedTaskFactory(kind="video")
    hold(li, film)
    Limits.objects.create(user=olga, only_kinds=["image"])
    with pytest.raises(Refused, match="No task"):
        actions.draft_despite_hold(task=film, by=By(user=User.objects.get(pk=olga.pk)), now=timezone.now())


def test_more_than_can_be_named_is_no_exception(draft: Deletion, olga: User, monkeypatch) -> None:
    monkeypatch.setattr(overriding, "MOST", 1)
    with pytest.raises(Refused, match="Release their hold"):
        actions.override_holds(deletion=draft, by=By(user=olga), now=timezone.now())
    assert not TrackedTask.objects.exclude(overridden_for=None).exists()


def test_a_large_draft_is_signed_by_a_job(draft: Deletion, olga: User, monkeypatch) -> None:
    monkeypatch.setattr(freezing, "AT_ONCE", 2)
    actions.override_holds(deletion=draft, by=By(user=olga), now=timezone.now())
    draft.refresh_from_db()
    assert (draft.is_being_signed_anew, draft.waiting, draft.skipped) == (True, 3, 0)
    while freezing.step(draft, now=timezone.now()):
        pass
    draft.refresh_from_db()
    assert (draft.is_frozen, draft.facts["outliers"]["overridden"]["count"]) == (True, 2)


def test_the_pages(operator: Person, approver: Person, sandbox, li) -> None:
    task = TrackedTaskFactory(task_id="deed_0000000000000001")
    hold(li, task)
    page = operator.get(task.get_absolute_url()).content.decode()
    assert "Delete despite the hold…" in page
    answer = operator.post(reverse("deletion-despite-hold"), {"task": task.pk})
    draft = Deletion.objects.get()
    assert (answer.status_code, answer.url) == (303, draft.get_absolute_url())
    page = operator.get(answer.url).content.decode()
    assert "1 is held, and goes despite that." in page
    assert "Ask to delete 1 task" in " ".join(page.split())


def test_the_dialog_offers_it_where_some_are_held(operator: Person, li) -> None:
    tasks = TrackedTaskFactory.create_batch(2)
    hold(li, tasks[0])
    selection = frozen(operator.user, tasks)
    assert selection.count == 2
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.all(), actor=operator.user)
    assert "Ask for the held ones too" in operator.get(draft.get_absolute_url()).content.decode()
    answer = operator.post(reverse("deletion-override", args=[draft.uuid]), headers=HTMX)
    assert "1 is held, and goes despite that." in answer.content.decode()
    assert "Ask for the held ones too" not in answer.content.decode()
