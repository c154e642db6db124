"""Remove from this deletion: one task of a draft is kept, and what is confirmed is what is left."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboard.audit.models import AuditEvent
from dashboard.deletions import actions
from dashboard.deletions.actions import By, Changed, NotYet, Refused
from dashboard.deletions.drafts import freezing
from dashboard.deletions.drafts.facts import facts_of
from dashboard.deletions.drafts.fingerprint import manifest_hash
from dashboard.deletions.models import Deletion
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.deletions.conftest import drafted, outcomes, url_of, work
from tests.deletions.test_operators import at_once
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def item_of(draft: Deletion, task: TrackedTask) -> int:
    return int(draft.items.values_list("pk", flat=True).get(tracked=task))


def remove(draft: Deletion, task: TrackedTask, by: Any = None) -> Deletion:
    by = By(user=by or draft.actor, address="198.51.100.7")
    actions.remove_item(deletion=draft, item=item_of(draft, task), by=by, now=timezone.now())
    draft.refresh_from_db()
    return draft


def confirm(draft: Deletion, **said: str) -> None:
    by = By(user=draft.actor)
    actions.confirm(deletion=draft, by=by, reason="Spring", typed="", now=timezone.now(), **said)


def expected(tasks: list[TrackedTask]) -> str:
    lines = sorted(f"{task.kind} {task.task_id}\n".encode() for task in tasks)
    return hashlib.sha256(b"".join(lines)).hexdigest()


def test_the_draft_is_signed_anew_without_it(olga, images, draft) -> None:
    tasks = list(TrackedTask.objects.order_by("pk"))
    before = draft.manifest_hash
    remove(draft, tasks[1])
    assert (draft.total, draft.size, draft.skipped) == (3, 2, 1)
    assert draft.fingerprint == expected([tasks[0], tasks[2]])
    assert before != draft.manifest_hash == manifest_hash(draft)
    assert draft.items.get(tracked=tasks[1]).message == "Removed by olga"
    facts = facts_of(draft)
    assert [chart.bars[0].count for chart in facts.charts] == [2, 2, 2]
    assert facts.skipped == [{"reason": "Removed by olga", "count": 1}]
    assert {task.pk for task in facts.thumbnails} == {tasks[0].pk, tasks[2].pk}


def test_it_is_told_to_the_log_with_who_and_which(olga, draft) -> None:
    task = TrackedTask.objects.earliest("pk")
    remove(draft, task)
    told = AuditEvent.objects.get(action="deletion.item_removed")
    assert (told.actor, told.address, told.subject) == ("olga", "198.51.100.7", str(draft.uuid))
    which = {"kind": task.kind, "task": task.task_id, "tasks": 2, "fingerprint": draft.fingerprint}
    assert told.detail == which


def test_a_second_press_changes_nothing(olga, draft) -> None:
    task = TrackedTask.objects.earliest("pk")
    for _ in range(2):
        remove(draft, task)
    assert draft.skipped == 1
    assert AuditEvent.objects.filter(action="deletion.item_removed").count() == 1


def test_only_what_is_left_is_deleted(sandbox, olga, draft) -> None:
    first, *others = TrackedTask.objects.order_by("pk")
    confirm(remove(draft, first))
    work(draft)
    assert outcomes(draft) == {first.task_id: "skipped"} | {task.task_id: "deleted" for task in others}
    first.refresh_from_db()
    assert (first.presence, first.last_outcome) == ("present", "")


def test_a_draft_of_which_all_was_removed_has_nothing_to_confirm(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    for task in tasks:
        remove(draft, task)
    page = operator.get(draft.get_absolute_url()).content.decode()
    assert "Nothing to delete" in page
    assert 'id="confirm-deletion"' not in page
    assert operator.post(url_of("confirm", draft), {"reason": "a"}).status_code == 422


def test_what_was_confirmed_meanwhile_stays_as_it_was_confirmed(settings, operator, tasks) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    draft = drafted(operator, tasks)
    operator.post(url_of("confirm", draft), {"reason": "a"})
    response = operator.post(url_of("remove", draft), {"item": item_of(draft, tasks[0])})
    assert response.status_code == 409
    assert "already confirmed, so nothing can be removed from it" in response.content.decode()
    draft.refresh_from_db()
    assert (draft.skipped, draft.waiting) == (0, 3)


@pytest.mark.parametrize("whose", ["another's", "discarded", "another draft's task"])
def test_it_is_refused_with_a_sentence(olga, draft, images, whose: str) -> None:
    item = item_of(draft, TrackedTask.objects.earliest("pk"))
    by, sentence = By(user=olga), "discarded"
    if whose == "another's":
        by, sentence = By(user=UserFactory(username="otto")), "belongs to olga"
    elif whose == "discarded":
        actions.discard(deletion=draft, by=by)
    else:
        other = TrackedTask.objects.filter(pk=images(1)[0].pk)
        elsewhere = freezing.freeze_tasks(tasks=other, actor=olga)
        item, sentence = elsewhere.items.get().pk, "not in this deletion"
    with pytest.raises(Refused, match=sentence):
        actions.remove_item(deletion=draft, item=item, by=by, now=timezone.now())


def test_a_page_from_before_confirms_nothing_that_it_did_not_show(operator, htmx, tasks) -> None:
    draft = drafted(operator, tasks)
    old = draft.fingerprint
    remove(draft, tasks[0])
    for headers in ({}, htmx):
        response = operator.post(url_of("confirm", draft), {"reason": "a", "seen": old}, headers=headers)
        assert response.status_code == 409
        assert "removed from this deletion after you opened this page" in response.content.decode()
        assert "Delete 2 tasks?" in response.content.decode()
    with pytest.raises(Changed):
        confirm(draft, seen=old)
    assert operator.post(url_of("confirm", draft), {"reason": "a", "seen": draft.fingerprint}).status_code == 303


def test_tabs_that_remove_at_once_lose_nothing(olga, images) -> None:
    tasks = images(8)
    wanted = TrackedTask.objects.filter(pk__in=[task.pk for task in tasks])
    draft = freezing.freeze_tasks(tasks=wanted, actor=olga)
    at_once(*[lambda task=task: remove(Deletion.objects.get(pk=draft.pk), task, olga) for task in tasks[:6]])
    draft.refresh_from_db()
    assert (draft.size, draft.skipped, draft.fingerprint) == (2, 6, expected(tasks[6:]))


def test_the_page_leads_back_to_where_it_was_pressed(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    posted = {"item": item_of(draft, tasks[0]), "view": "gallery", "outcome": "waiting"}
    response = operator.post(url_of("remove", draft), posted)
    assert response.status_code == 303
    assert response.url == f"{draft.get_absolute_url()}?view=gallery&outcome=waiting#items"
    page = operator.get(response.url).content.decode()
    assert page.count(">Remove from this deletion</button>") == 2


@pytest.mark.parametrize("posted", [{}, {"item": "x"}, {"item": "1", "view": "film"}])
def test_what_names_no_task_or_page_is_refused(operator, tasks, posted: dict[str, str]) -> None:
    draft = drafted(operator, tasks)
    assert operator.post(url_of("remove", draft), posted).status_code == 422
    draft.refresh_from_db()
    assert draft.skipped == 0


def test_only_its_own_person_is_offered_to_remove(operator, administrator, viewer, tasks) -> None:
    draft = drafted(operator, tasks)
    offered = [
        ">Remove from this deletion</button>" in person.get(draft.get_absolute_url()).content.decode()
        for person in (operator, administrator, viewer)
    ]
    assert offered == [True, False, False]


@pytest.fixture
def large(monkeypatch, operator, tasks) -> Deletion:
    """A draft that a job froze, and that a job will sign anew."""
    monkeypatch.setattr(freezing, "AT_ONCE", 2)
    operator.post(reverse("task-selection"), {"action": "all", "shown": ""})
    selection = operator.user.selection_set.get()
    operator.post(reverse("deletion-draft"), {"selection": str(selection.uuid), "shown": ""})
    draft = Deletion.objects.get()
    with pytest.raises(NotYet):
        remove_first(draft, operator)
    while freezing.step(draft, now=timezone.now()):
        pass
    DBTaskResult.objects.all().delete()
    draft.refresh_from_db()
    return draft


def remove_first(draft: Deletion, operator: Person) -> None:
    item = draft.items.filter(outcome="waiting").order_by("pk").values_list("pk", flat=True).first() or 0
    actions.remove_item(deletion=draft, item=item, by=By(user=operator.user), now=timezone.now())
    draft.refresh_from_db()


def test_a_large_draft_tells_its_numbers_at_once_and_is_signed_by_a_job(operator, tasks, large) -> None:
    before = large.fingerprint
    remove_first(large, operator)
    remove_first(large, operator)
    assert (large.size, large.skipped, large.fingerprint) == (1, 2, before)
    assert DBTaskResult.objects.count() == 1
    page = operator.get(large.get_absolute_url()).content.decode()
    assert "Signing the set anew" in page
    with pytest.raises(NotYet):
        confirm(large)
    assert not freezing.step(large, now=timezone.now())
    large.refresh_from_db()
    assert (large.fingerprint, large.is_frozen) == (expected(tasks[2:]), True)
    operator.post(url_of("confirm", large), {"reason": "a"})
    assert not operator.user.selection_set.filter(role="open").exists()


def test_what_is_removed_while_a_job_signs_is_in_what_it_signs(monkeypatch, operator, tasks, large) -> None:
    remove_first(large, operator)
    sign = freezing.sign

    def sign_slowly(draft: Deletion) -> None:
        sign(draft)
        monkeypatch.setattr(freezing, "sign", sign)
        remove_first(large, operator)

    monkeypatch.setattr(freezing, "sign", sign_slowly)
    while freezing.step(large, now=timezone.now()):
        pass
    large.refresh_from_db()
    assert (large.size, large.fingerprint, large.is_frozen) == (1, expected(tasks[2:]), True)
