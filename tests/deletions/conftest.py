from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from dashboard.calls import accounts
from dashboard.calls.models import Account, Control
from dashboard.deletions import actions
from dashboard.deletions.dispatch import loop
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.factories import TrackedTaskFactory, UserFactory

Confirm = Callable[..., Deletion]


@pytest.fixture(autouse=True)
def _fast(settings, monkeypatch) -> None:
    """No grace, no checks afterwards, and no waiting for what is due in a moment, unless a test is about them."""
    monkeypatch.setattr(loop, "MOMENT", -1.0)
    settings.DELETION_GRACE_SECONDS = 0
    settings.DELETION_TYPED_ABOVE = 1_000_000
    settings.DELETION_VERIFY = "none"
    settings.DELETION_CANARY = 0
    settings.DELETION_INSPECT_AFTER = ()
    settings.TENSORSLAB_TIMEOUT = 1.0


@pytest.fixture
def olga(db: None) -> User:
    return UserFactory(username="olga", role="operator")


@pytest.fixture
def confirm(olga: User) -> Confirm:
    """`confirm(tasks)`: a deletion of them that one person has just confirmed."""

    def confirm(tasks: list[TrackedTask], *, user: User = olga, now: datetime | None = None) -> Deletion:
        wanted = TrackedTask.objects.filter(pk__in=[task.pk for task in tasks])
        just_asked()
        deletion = freezing.freeze_tasks(tasks=wanted, actor=user)
        moment = now or timezone.now()
        typed = str(deletion.size)
        actions.confirm(deletion=deletion, by=actions.By(user=user), reason="Spring", typed=typed, now=moment)
        deletion.refresh_from_db()
        return deletion

    return confirm


@pytest.fixture
def images(db: None) -> Callable[[int], list[TrackedTask]]:
    def images(number: int) -> list[TrackedTask]:
        return TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(number))

    return images


def just_asked() -> None:
    """A moment ago TensorsLab was asked about a task that exists, and about one that never did: the next call is what a
    test is about."""
    now = timezone.now()
    account = accounts.current()
    Account.objects.filter(pk=account.pk).update(proven_at=now)
    asked = {"witness_asked_at": now, "witness_at": now, "proven_form": "404 9999 Task does not exist"}
    Control.objects.update_or_create(account=account, kind="image", defaults=asked)


@contextmanager
def meeting(text: str, act: Callable[[], object]) -> Iterator[None]:
    """Before this thread asks the database anything that holds `text`, `act` happens; what it raises, the database did.

    Nothing of ours is replaced: it is a database that is slow, fails, or was changed by others in between.
    """

    def asked(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if text in sql:
            act()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(asked):
        yield


def once(act: Callable[[], object]) -> Callable[[], None]:
    """What `act` itself asks the database does not meet it again."""
    acts = [act]
    return lambda: acts.pop()() if acts else None


def work(deletion: Deletion, *, shifts: int = 20) -> Deletion:
    """Runs shifts, and moves what is due later to now, until the deletion ends; no test waits for a pause."""
    for _ in range(shifts):
        # Whatever is due, however slow the machine is.
        Shift(length=60).run()
        deletion.refresh_from_db()
        if deletion.state not in {"scheduled", "running"}:
            return deletion
        past = timezone.now() - timedelta(minutes=2)
        for name in ("lost_at", "not_before", "there_from", "gone_at"):
            DeletionItem.objects.filter(**{f"{name}__isnull": False}).update(**{name: past})
        Control.objects.update(next_at=None)
        type(deletion).objects.filter(pk=deletion.pk, state="scheduled").update(starts_at=past)
        Account.objects.update(rest_until=None)
    return deletion


def outcomes(deletion: Deletion) -> dict[str, str]:
    return dict(deletion.items.values_list("task_id", "outcome"))


@pytest.fixture
def tasks(db: None) -> list[TrackedTask]:
    return TrackedTaskFactory.create_batch(3)


@pytest.fixture
def draft(olga: User, images: Callable[[int], list[TrackedTask]]) -> Deletion:
    tasks = images(3)
    return freezing.freeze_tasks(tasks=TrackedTask.objects.filter(pk__in=[task.pk for task in tasks]), actor=olga)


def ticked(tasks: list[TrackedTask]) -> dict[str, object]:
    return {"shown": ",".join(str(task.pk) for task in tasks), "task": [task.pk for task in tasks]}


def drafted(person: Person, tasks: list[TrackedTask]) -> Deletion:
    """The draft that `person` gets by ticking `tasks` on the list and pressing Delete."""
    response = person.post(reverse("deletion-draft"), ticked(tasks))
    assert response.status_code == 303, response.content.decode()
    return Deletion.objects.get(uuid=response.url.split("/")[-2])


def url_of(action: str, deletion: Deletion) -> str:
    return reverse(f"deletion-{action}", args=[deletion.uuid])
