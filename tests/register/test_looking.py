"""Against the sandbox, over real HTTP. Nothing waits: `rests` stands in for the clock."""

from __future__ import annotations

import pytest

from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts
from dashboard.calls.models import Account, Control, ProviderCall
from dashboard.register.looking import PATIENCE, look
from tests.conftest import Person
from tests.factories import TrackedTaskFactory
from tests.register.test_refreshing import bare

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


@pytest.fixture(autouse=True)
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    rested: list[float] = []

    def rest(seconds: float) -> None:
        rested.append(seconds)
        Account.objects.update(rest_until=None)
        Control.objects.update(next_at=None)

    monkeypatch.setattr(look, "__kwdefaults__", {"sleep": rest})
    return rested


def test_it_is_looked_up_once_and_the_page_shows_what_was_seen(sandbox, operator: Person) -> None:
    sandbox.control(statuses={"a": 3})
    task = bare("a")
    response = operator.post("/tasks/look/", {"task": task.pk}, follow=True)
    page = response.content.decode()
    assert "Looked up now: TensorsLab has this task, completed." in page
    task.refresh_from_db()
    assert task.status == "completed"
    assert task.checked_at is not None
    calls = [event for event in AuditEvent.objects.filter(action="call.look_up") if not event.detail["purpose"]]
    assert [(event.actor, event.detail["ids"]) for event in calls] == [(operator.user.username, ["a"])]
    assert ProviderCall.objects.filter(purpose="").count() == 1


def test_what_is_gone_is_shown_as_missing_once_a_witness_vouches(sandbox, operator: Person) -> None:
    TrackedTaskFactory(task_id="witness")
    task = bare("gone")
    sandbox.control(unknown=["gone"])
    page = operator.post("/tasks/look/", {"task": task.pk}, follow=True).content.decode()
    assert "Looked up now: TensorsLab no longer has this task. It is shown as missing." in page
    task.refresh_from_db()
    assert task.presence == "missing"


def test_without_a_witness_nothing_is_concluded(sandbox, operator: Person) -> None:
    task = bare("gone")
    sandbox.control(unknown=["gone"])
    page = operator.post("/tasks/look/", {"task": task.pk}, follow=True).content.decode()
    assert "Nothing was changed." in page
    task.refresh_from_db()
    assert (task.presence, task.checked_at) == ("present", None)


def test_a_paused_account_is_not_asked(sandbox, operator: Person) -> None:
    task = bare("a")
    accounts.current()
    Account.objects.update(paused_reason="API key rejected (401).")
    page = operator.post("/tasks/look/", {"task": task.pk}, follow=True).content.decode()
    assert "API key rejected (401)." in page
    assert not ProviderCall.objects.exists()


def test_it_waits_no_longer_than_a_person_would(sandbox, operator: Person, rests: list[float]) -> None:
    task = bare("a")
    sandbox.control(queue=["429:before:look_up"] * 20, retry_after="6")
    page = operator.post("/tasks/look/", {"task": task.pk}, follow=True).content.decode()
    assert "TensorsLab has no time for this look-up now." in page
    assert sum(rests) <= PATIENCE
    task.refresh_from_db()
    assert task.checked_at is None


def test_a_viewer_may_not(viewer: Person) -> None:
    task = TrackedTaskFactory()
    assert viewer.post("/tasks/look/", {"task": task.pk}).status_code == 403
    assert "Look up now" not in viewer.get(task.get_absolute_url()).content.decode()
