"""Forget…: from a task's page and the list, with and without htmx; the page and the file of a certificate."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.http import HttpResponse

from dashboard.audit.models import AuditEvent
from dashboard.deletions.forgetting import pressing
from dashboard.deletions.models import Forgetting
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.factories import TrackedTaskFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]
NEW = "/forgotten/new/"


def page(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())


def ticked(*tasks: TrackedTask) -> dict[str, object]:
    return {"shown": ",".join(str(task.pk) for task in tasks), "task": [task.pk for task in tasks]}


def test_what_is_ticked_is_forgotten_without_htmx(administrator: Person) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    response = administrator.post(f"{NEW}?kind=image", ticked(*tasks[:2]))
    assert (response.status_code, Forgetting.objects.count()) == (303, 0)
    question = page(administrator.get(response.url))
    assert '<h1 id="ask-title">Forget 2 tasks?</h1>' in question
    assert ">Forget 2 tasks</button>" in question
    assert "Nothing is deleted at TensorsLab by this. It can&#x27;t be undone." in question
    answer = administrator.post(response.url, {"reason": "Asked for"}, follow=True)
    forgetting = Forgetting.objects.get()
    assert answer.redirect_chain == [(f"/forgotten/{forgetting.uuid}/", 303)]
    assert "Forgot 2 tasks." in page(answer)
    assert [task.prompt for task in TrackedTask.objects.order_by("pk")] == ["", "", tasks[2].prompt]
    event = AuditEvent.objects.get(action="task.forgotten")
    assert (event.actor, event.address, event.detail["tasks"]) == ("alice", "127.0.0.1", 2)
    # The press is over.
    assert administrator.post(response.url, {"reason": "Asked for"}).status_code == 409
    assert administrator.get(response.url).url == f"/forgotten/{forgetting.uuid}/"


def test_with_htmx_it_is_a_dialog_and_wrong_input_stays(administrator: Person, htmx: dict[str, str], settings) -> None:
    settings.DELETION_TYPED_ABOVE = 0
    task = TrackedTaskFactory()
    response = administrator.post(NEW, {"one": task.pk}, headers=htmx)
    assert page(response).startswith("<dialog")
    assert "Type <strong>1</strong> to confirm" in page(response)
    url = NEW + page(response).split(f'hx-post="{NEW}')[1].split('"')[0]
    response = administrator.post(url, {"reason": "", "typed": "2"}, headers=htmx)
    assert response.status_code == 422
    assert "Give a reason. It stays in the audit log." in page(response)
    assert "Type 1 to confirm. You typed 2." in page(response)
    assert 'value="2"' in page(response)
    response = administrator.post(url, {"reason": "Asked for", "typed": "1"}, headers=htmx)
    # Away from a page on which the words still stand.
    assert response["HX-Redirect"] == Forgetting.objects.get().get_absolute_url()
    assert TrackedTask.objects.get().prompt == ""


def test_only_who_may_forget_sees_it_and_may(administrator: Person, approver: Person) -> None:
    task = TrackedTaskFactory()
    button = f'action="{NEW}"'
    assert button in page(administrator.get(task.get_absolute_url()))
    assert button not in page(approver.get(task.get_absolute_url()))
    response = approver.post(NEW, {"one": task.pk})
    assert response.status_code == 403
    assert "What is erased for good is for an administrator to decide." in page(response)


def test_a_set_of_somebody_else_is_not_there(administrator: Person) -> None:
    assert administrator.get(f"{NEW}{uuid4()}/").status_code == 404
    assert administrator.post(NEW, {"shown": ""}).status_code == 422
    assert administrator.post(f"{NEW}?kind=film", {"shown": ""}).status_code == 400


def test_the_tasks_page_leads_to_what_was_erased(administrator: Person, viewer: Person) -> None:
    task = TrackedTaskFactory()
    url = administrator.post(NEW, {"one": task.pk}).url
    administrator.post(url, {"reason": "Asked for"})
    forgetting = Forgetting.objects.get()
    assert f'href="/forgotten/{forgetting.uuid}/">Forgotten</a>' in page(viewer.get(task.get_absolute_url()))
    shown = page(viewer.get(f"/forgotten/{forgetting.uuid}/"))
    assert "The words and pictures of 1 task were erased for good." in shown
    assert "1 prompt," in shown
    assert "Asked for" in shown
    certificate = json.loads(b"".join(viewer.get(f"/forgotten/{forgetting.uuid}/certificate.json").streaming_content))
    assert certificate["signed"]["format"] == "tensorslab-forgetting/1"
    assert certificate["opened"]["requested_by"]["value"] == "alice"


def test_there_is_no_certificate_before_all_is_erased(administrator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressing, "AT_ONCE", 0)
    url = administrator.post(NEW, {"one": TrackedTaskFactory().pk}).url
    assert administrator.post(url, {"reason": "Asked for"}).status_code == 303
    forgetting = Forgetting.objects.get()
    assert "are being erased. It goes on by itself." in page(administrator.get(f"/forgotten/{forgetting.uuid}/"))
    assert administrator.get(f"/forgotten/{forgetting.uuid}/certificate.json").status_code == 409


def test_check_says_how_many_rows_stay_without_words(administrator: Person) -> None:
    one, other = TrackedTaskFactory(), TrackedTaskFactory()
    administrator.post(administrator.post(NEW, {"one": one.pk}).url, {"reason": "Asked for"})
    rows = f"kind,task_id,prompt\nimage,{one.task_id},Back again\nimage,{other.task_id},Other\n"
    shown = page(administrator.post("/tasks/import/", {"rows": rows}, follow=True))
    assert "1 of them is of a forgotten task: prompt, addresses and error text stay erased." in shown
    # What was pasted stays in its field.
    assert "Back again" not in shown.split("id_rows")[0]
