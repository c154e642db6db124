"""The dialog that asks: what it says, what confirming it answers, and what becomes of it."""

from __future__ import annotations

import json
import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.deletions.models import Deletion, State
from dashboard.register.models import TrackedTask
from tests.deletions.conftest import drafted, ticked, url_of
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db


def test_delete_freezes_a_draft_and_shows_it(operator, tasks) -> None:
    draft = drafted(operator, tasks[:2])
    page = operator.get(draft.get_absolute_url()).content.decode()
    assert draft.actor_name == "olga"
    assert "Delete 2 tasks?" in page
    assert "Keep tasks" in page


def test_with_htmx_the_dialog_comes_in_place(operator, htmx, tasks) -> None:
    response = operator.post(reverse("deletion-draft"), ticked(tasks), headers=htmx)
    assert response.status_code == 200
    assert '<dialog id="dialog"' in response.content.decode()
    assert "Delete 3 tasks?" in response.content.decode()


def test_pictures_that_are_yet_to_come_are_asked_for_outside_of_its_forms(operator, htmx, settings) -> None:
    settings.MEDIA_HOSTS = ["cdn.example.com"]
    task = TrackedTaskFactory(urls=["https://cdn.example.com/a.png"])
    dialog = operator.post(reverse("deletion-draft"), ticked([task]), headers=htmx).content.decode()
    dialog = dialog[: dialog.index("</dialog>")]
    draft = Deletion.objects.get()
    pages = [operator.get(f"{draft.get_absolute_url()}?view={view}").content.decode() for view in ("table", "gallery")]
    boxes = [[f"small-{task.pk}"], [f"small-{task.pk}"] * 2, [f"small-{task.pk}", f"card-{task.pk}"]]
    asked = [["set"], ["set", "set"], ["set", "set-gallery"]]
    # Of the small ones two are of an outlier and of the strip.
    for shown, there, looks in zip([dialog, *pages], boxes, asked, strict=True):
        assert re.findall('data-waits="([^"]*)"', shown) == there
        assert re.findall('"look": "([^"]*)"', shown) == looks
        assert not any(
            "media/wanted" in form or "data-waits" in form for form in re.findall("(?s)<form.*?</form>", shown)
        )


def test_the_dialog_tells_of_ids_that_were_searched_for_and_are_not_in_it(operator, htmx) -> None:
    for task_id, kind in (("ab_1", "image"), ("ab_2", "image"), ("ab_3", "video")):
        TrackedTaskFactory(task_id=task_id, kind=kind)
    query = "q=ab_1+ab_2+ab_3+zz_9&kind=image"
    operator.post(f"{reverse('task-selection')}?{query}", {"action": "all", "shown": ""})
    selection = {"selection": str(operator.user.selection_set.get().uuid), "shown": ""}
    said = " ".join(
        operator.post(f"{reverse('deletion-draft')}?{query}", selection, headers=htmx).content.decode().split()
    )
    page = " ".join(operator.get(Deletion.objects.get().get_absolute_url()).content.decode().split())
    for text in (said, page):
        assert "Delete 2 tasks?" in text
        assert "1 of the 4 ids searched for is not in the register:" in text
        assert "<bdi>zz_9</bdi>" in text
        assert "1 of the 4 ids searched for is left out by the other filters." in text
    assert (
        "searched for"
        not in operator.get(drafted(operator, [TrackedTaskFactory()]).get_absolute_url()).content.decode()
    )


def test_an_empty_selection_is_refused_with_a_sentence(operator, htmx, tasks) -> None:
    for headers in ({}, htmx):
        response = operator.post(reverse("deletion-draft"), {"shown": str(tasks[0].pk)}, headers=headers)
        assert response.status_code == 422
        assert "Nothing is selected. Tick at least one task." in response.content.decode()
    assert not Deletion.objects.exists()


def test_a_foreign_selection_is_refused(operator, administrator, tasks) -> None:
    administrator.post(reverse("task-selection"), {"action": "all", "shown": ""})
    theirs = administrator.user.selection_set.get()
    response = operator.post(reverse("deletion-draft"), {"selection": str(theirs.uuid), "shown": ""})
    assert response.status_code == 422
    assert "not yours or no longer exists" in response.content.decode()


def test_a_mistyped_filter_never_selects_everything(operator, tasks) -> None:
    response = operator.post(reverse("deletion-draft") + "?kind=imag", ticked(tasks))
    assert response.status_code == 400
    assert not Deletion.objects.exists()


def test_only_skipped_tasks_leave_nothing_to_confirm(operator) -> None:
    held = TrackedTaskFactory(held=True)
    operator.post(reverse("task-selection"), {"action": "all", "shown": str(held.pk)})
    selection = operator.user.selection_set.get()
    response = operator.post(reverse("deletion-draft"), {"selection": str(selection.uuid), "shown": ""})
    page = operator.get(response.url).content.decode()
    assert "Delete 0 tasks</button>" not in page
    assert "Held: Legal case 12" in page


def test_the_log_tells_who_drafted_it_and_who_discarded_it(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    operator.post(url_of("keep", draft))
    # A second press changes nothing, and is not told.
    operator.post(url_of("keep", draft))
    told = AuditEvent.objects.filter(subject=str(draft.uuid)).order_by("sequence")
    assert [event.action for event in told] == ["deletion.drafted", "deletion.discarded"]
    assert {(event.actor, event.address) for event in told} == {("olga", "127.0.0.1")}
    assert told[0].detail == {"tasks": draft.size, "total": draft.total}


def test_confirming_without_htmx_goes_to_the_deletion(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    response = operator.post(url_of("confirm", draft), {"reason": "Spring"})
    assert (response.status_code, response.url) == (303, draft.get_absolute_url())
    draft.refresh_from_db()
    assert (draft.state, draft.reason) == (State.SCHEDULED, "Spring")
    event = AuditEvent.objects.get(action="deletion.confirmed")
    assert (event.actor, event.subject, event.address) == ("olga", str(draft.uuid), "127.0.0.1")


@pytest.mark.parametrize("with_htmx", [True, False])
def test_wrong_input_is_told_at_its_field_and_keeps_what_was_typed(settings, operator, htmx, tasks, with_htmx) -> None:
    settings.DELETION_TYPED_ABOVE = 2
    draft = drafted(operator, tasks)
    headers = htmx if with_htmx else {}
    response = operator.post(url_of("confirm", draft), {"reason": "Mine <b>", "typed": "4"}, headers=headers)
    content = response.content.decode()
    assert response.status_code == 422
    assert "Type 3 to confirm. You typed 4." in content
    assert "Mine &lt;b&gt;" in content
    assert "Type 3 to confirm" in content


@pytest.mark.parametrize("with_htmx", [True, False])
def test_a_changed_set_answers_409_and_the_new_number(operator, htmx, tasks, with_htmx) -> None:
    draft = drafted(operator, tasks)
    TrackedTask.objects.filter(pk=tasks[0].pk).update(held_by="alice")
    response = operator.post(url_of("confirm", draft), {"reason": "Spring"}, headers=htmx if with_htmx else {})
    assert response.status_code == 409
    assert "Delete 2 tasks?" in response.content.decode()


def test_a_second_confirmation_answers_409(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    assert operator.post(url_of("confirm", draft), {"reason": "a"}).status_code == 303
    response = operator.post(url_of("confirm", draft), {"reason": "a"})
    assert response.status_code == 409
    assert "already confirmed" in response.content.decode()


def test_keeping_returns_with_the_same_selection(operator, tasks) -> None:
    draft = drafted(operator, tasks[:2])
    response = operator.post(url_of("keep", draft))
    assert response.status_code == 303
    page = operator.get(response.url).content.decode()
    assert page.count(" checked") == 2


@pytest.mark.once
@pytest.mark.parametrize("ending", ["confirmed", "discarded", "over an hour old", "another's"])
def test_a_dialog_that_can_no_longer_be_confirmed_closes(operator, administrator, htmx, tasks, ending: str) -> None:
    draft = drafted(administrator if ending == "another's" else operator, tasks)
    if ending in {"confirmed", "discarded"}:
        operator.post(url_of("confirm" if ending == "confirmed" else "keep", draft), {"reason": "a"})
    elif ending == "over an hour old":
        Deletion.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    response = operator.post(url_of("confirm", draft), {"reason": "a"}, headers=htmx)
    assert (response.status_code, response.headers["HX-Trigger"]) == (409, "draft-over")
    assert response.headers["HX-Retarget"] == "#notice"


def test_a_dialog_whose_answer_was_lost_is_told_its_fate(operator, htmx, tasks) -> None:
    draft = Deletion.objects.get(uuid=drafted(operator, tasks).uuid)
    fate = f"{draft.get_absolute_url()}?part=fate"
    response = operator.get(fate, headers=htmx)
    assert "Nothing is confirmed yet." in response.content.decode()
    assert "<dialog" not in response.content.decode()
    operator.post(url_of("confirm", draft), {"reason": "a"})
    assert operator.get(fate, headers=htmx).headers["HX-Redirect"] == "/tasks/"
    discarded = drafted(operator, TrackedTaskFactory.create_batch(1))
    operator.post(url_of("keep", discarded))
    assert "was discarded" in operator.get(f"{discarded.get_absolute_url()}?part=fate").content.decode()


def test_delete_beside_a_forgotten_selection_takes_what_is_ticked_there(operator, htmx, tasks) -> None:
    for headers in (htmx, {}):
        posted = {**ticked(tasks[:2]), "selection": str(uuid.uuid4())}
        response = operator.post(reverse("deletion-draft"), posted, headers=headers)
        page = response if headers else operator.get(response["Location"])
        content = page.content.decode()
        assert "Delete 2 tasks?" in content
        assert "What was selected before is no longer kept" in content
    # The page behind the dialog has the new selection.
    response = operator.post(reverse("deletion-draft"), posted, headers=htmx)
    selection = operator.user.selection_set.latest("pk")
    assert f'value="{selection.uuid}"' in response.content.decode()
    assert response.headers["HX-Replace-Url"] == f"/tasks/?selection={selection.uuid}"


def test_a_refused_delete_leaves_no_empty_selection(operator, tasks) -> None:
    operator.post(reverse("deletion-draft"), {"shown": str(tasks[0].pk)})
    assert not operator.user.selection_set.exists()


def test_every_page_of_a_draft_can_be_read_before_confirming(operator) -> None:
    tasks = TrackedTaskFactory.create_batch(60)
    draft = drafted(operator, tasks)
    first = operator.get(draft.get_absolute_url())
    second = operator.get(draft.get_absolute_url(), {"from": first.context["next"]}).context["items"]
    assert len(second) == 10


def test_a_discarded_draft_says_that_nothing_happened(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    operator.post(url_of("keep", draft))
    page = operator.get(draft.get_absolute_url()).content.decode()
    assert "Nothing was confirmed" in page
    assert "progressbar" not in page


def test_what_nobody_confirmed_is_not_said_to_wait(operator, viewer, tasks) -> None:
    draft = drafted(operator, tasks)
    for person in (operator, viewer):
        page = person.get(draft.get_absolute_url()).content.decode()
        assert page.count("Not confirmed") == len(tasks)
        assert "waiting" not in re.sub(r"<[^>]*>", "", page).lower()
    page = operator.get(draft.get_absolute_url(), {"outcome": "waiting"}).content.decode()
    # Beside them the filter that is chosen.
    assert page.count("Not confirmed") == len(tasks) + 1
    report = json.loads(b"".join(operator.get(reverse("deletion-report-json", args=[draft.uuid]))))
    assert report["counts"]["waiting"] == len(tasks)
    assert {item["outcome"] for item in report["items"]} == {"waiting"}
