"""Look up now of what is selected: on the list, and what a worker makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.calls.models import Account
from dashboard.register.models import LookUp, Presence, Selection, TrackedTask
from dashboard.register.refreshing import requests
from dashboard.register.refreshing.asking import Stopped
from tests.conftest import Person
from tests.factories import TrackedTaskFactory
from tests.register.refreshing.conftest import asked

pytestmark = pytest.mark.django_db(transaction=True)
Turn = Callable[..., None]


def press(person: Person, tasks: list[TrackedTask], *, headers: dict[str, str] | None = None) -> str:
    numbers = [str(task.pk) for task in tasks]
    data = {"action": "look", "shown": ",".join(numbers), "task": numbers}
    response = person.post("/tasks/selection/", data, headers=headers or {}, follow=not headers)
    assert response.status_code == 200
    return response.content.decode()


def test_what_is_selected_is_looked_up_and_the_list_tells_what_came_of_it(
    sandbox, operator: Person, turn: Turn
) -> None:
    sandbox.control(unknown=["gone"])
    tasks = [TrackedTaskFactory(task_id="gone"), *TrackedTaskFactory.create_batch(3)]
    # Looked up just now, but not since it was asked for; the other is not selected.
    TrackedTask.objects.update(checked_at=timezone.now())
    TrackedTaskFactory(task_id="other", checked_at=timezone.now())
    page = press(operator, tasks)
    assert "Looking up 4 tasks: 0 so far" in page
    assert '<a class="button" href="">Refresh</a>' in page
    turn()
    assert sorted(asked()) == sorted(task.task_id for task in tasks)
    assert "4 looked up, 1 missing, 0 without an answer." in operator.get("/tasks/").content.decode()
    assert TrackedTask.objects.get(presence=Presence.MISSING).task_id == "gone"
    [event] = AuditEvent.objects.filter(action="tasks.look_up")
    assert (event.actor, event.detail) == (operator.user.username, {"tasks": 4})
    assert set(AuditEvent.objects.filter(action="call.look_up").values_list("actor", flat=True)) == {event.actor}
    assert not Selection.objects.filter(role=Selection.Role.DRAFT).exists()


def test_the_progress_replaces_itself_until_it_is_done(
    sandbox, operator: Person, turn: Turn, htmx: dict[str, str]
) -> None:
    page = press(operator, TrackedTaskFactory.create_batch(2), headers=htmx)
    assert 'id="looking-up"' in page
    assert 'hx-get="/tasks/looking-up/"' in page
    turn()
    now = operator.get("/tasks/looking-up/", headers=htmx).content.decode()
    assert "2 looked up, 0 missing, 0 without an answer." in now
    assert "hx-get" not in now
    LookUp.objects.update(finished_at=timezone.now() - requests.SHOWN_FOR - timedelta(seconds=1))
    assert "looked up" not in operator.get("/tasks/looking-up/", headers=htmx).content.decode()


def test_it_comes_before_what_is_stale(sandbox, operator: Person, turn: Turn) -> None:
    stale, chosen = TrackedTaskFactory(), TrackedTaskFactory()
    press(operator, [chosen])
    turn()
    assert asked() == [chosen.task_id]
    turn()
    assert asked() == [chosen.task_id, stale.task_id]


def test_it_is_made_where_nothing_is_looked_up_in_the_background(
    sandbox, operator: Person, turn: Turn, settings
) -> None:
    settings.REFRESH_CALLS_PER_MINUTE = 0
    press(operator, [TrackedTaskFactory()])
    turn()
    assert len(asked()) == 1


def test_too_many_are_refused_with_the_way_to_look_everything_up(
    operator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "LEAST", 1)
    page = press(operator, TrackedTaskFactory.create_batch(2))
    assert "2 tasks are too many to look up at once. Select up to 1," in page
    assert "manage.py refresh_tasks" in page
    assert not LookUp.objects.exists()
    assert Selection.objects.get().count == 2


def test_a_day_of_calls_is_the_most(settings) -> None:
    settings.REFRESH_CALLS_PER_MINUTE = 30
    assert requests.most() == 43_200
    settings.REFRESH_CALLS_PER_MINUTE = 0
    assert requests.most() == requests.LEAST


def test_one_at_a_time(operator: Person) -> None:
    press(operator, [TrackedTaskFactory()])
    elsewhere = Person.signed_in(operator.user)
    page = press(elsewhere, [TrackedTaskFactory()])
    assert requests.UNDER_WAY in page
    # That one is what this browser shows, too.
    assert "Looking up 1 task: 0 so far" in page
    assert LookUp.objects.count() == 1


def test_an_account_that_is_paused_ends_it_with_the_reason(sandbox, operator: Person, turn: Turn) -> None:
    press(operator, TrackedTaskFactory.create_batch(2))
    sandbox.control(api_key="another")
    turn()
    page = operator.get("/tasks/").content.decode()
    assert "0 looked up, 0 missing, 2 without an answer." in page
    assert "API key rejected (401)." in page
    assert Account.objects.get().paused_reason
    assert not TrackedTask.objects.exclude(presence=Presence.PRESENT).exists()


def test_one_worker_is_at_it_and_another_goes_on_when_that_died(operator: Person) -> None:
    press(operator, [TrackedTaskFactory()])
    now = timezone.now()
    assert requests.next_one(now=now)
    assert requests.next_one(now=now + timedelta(seconds=1)) is None
    assert requests.next_one(now=now + requests.PATIENCE + timedelta(seconds=1))


def test_a_worker_that_stops_leaves_it_to_the_next(sandbox, operator: Person) -> None:
    press(operator, TrackedTaskFactory.create_batch(2))
    row = requests.next_one(now=timezone.now())
    assert row

    def stops(seconds: float) -> None:
        raise Stopped("This worker stops.")

    requests.go_on(row, sleep=stops, may_go_on=lambda: False, is_over=lambda: True)
    row.refresh_from_db()
    assert row.finished_at is None
    assert not TrackedTask.objects.exclude(asked_at=None).exists()


def test_nothing_selected_is_refused(operator: Person) -> None:
    task = TrackedTaskFactory()
    response = operator.post("/tasks/selection/", {"action": "look", "shown": str(task.pk)})
    assert response.status_code == 422


def test_read_only_and_viewers_may_not(viewer: Person, operator: Person, settings) -> None:
    task = TrackedTaskFactory()
    data = {"action": "look", "shown": str(task.pk), "task": str(task.pk)}
    assert viewer.post("/tasks/selection/", data).status_code == 403
    settings.READ_ONLY = True
    assert operator.post("/tasks/selection/", data).status_code in {403, 503}
    assert not LookUp.objects.exists()
