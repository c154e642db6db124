from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from dashboard.access.read_only import take_rights
from dashboard.audit.models import AuditEvent
from dashboard.calls import sending
from dashboard.calls.models import Worker
from dashboard.deletions.dispatch.recovery import Tender
from dashboard.deletions.models import Deletion, State
from dashboard.operations import first_start
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.factories import DeletionFactory, UserFactory

pytestmark = pytest.mark.django_db
ACTING = ("delete_tasks", "hold_tasks", "release_tasks")


@pytest.fixture(autouse=True)
def _read_only(settings) -> None:
    settings.READ_ONLY = True


@pytest.mark.parametrize(
    "command",
    [
        ["import_tasks", "tasks.csv"],
        ["watch_folder", "."],
        *([name, "--filter", "q=a", "--reason", "Why", "--as", "olga"] for name in ACTING),
        ["refresh_tasks"],
        ["sample_tasks", "--count", "3"],
        ["index_prompts"],
        ["erase_person", "olga"],
        ["changepassword", "olga"],
        ["createsuperuser", "--username", "bob", "--email", "b@example.com", "--noinput"],
    ],
    ids=lambda command: command[0],
)
def test_a_command_that_writes_refuses_with_a_sentence(command: list[str]) -> None:
    with pytest.raises(CommandError, match="READ_ONLY is on, so nothing was changed and nothing was sent."):
        call_command(*command)
    assert not AuditEvent.objects.exists()


def test_the_log_is_verified(viewer: Person) -> None:
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    assert "hold" in out.getvalue()


def test_no_sample_is_added_at_the_start() -> None:
    first_start.ensure_sample_register()
    assert not TrackedTask.objects.exists()


def test_a_worker_says_that_it_is_there_and_does_nothing_else() -> None:
    due = DeletionFactory(state=State.SCHEDULED, starts_at=timezone.now(), finished_at=None, waiting=1, total=1)
    tender = Tender("quiet")
    for _ in range(20):
        tender.tick()
    assert Worker.objects.get().name == "quiet"
    assert Deletion.objects.get(pk=due.pk).state == State.SCHEDULED


def test_the_door_to_the_provider_is_shut() -> None:
    with pytest.raises(RuntimeError, match="READ_ONLY is on"):
        sending.client()


def test_rights_are_taken_from_an_administrator_and_from_no_row() -> None:
    person = UserFactory(is_superuser=True)
    take_rights(person)
    allowed = [person.has_perm(f"access.{name}") for name in ("look", "manage_people", "delete_tasks", "forget_tasks")]
    assert allowed == [True, True, False, False]
    assert (person.has_perm("auth.view_user"), person.has_perm("auth.change_user")) == (True, False)
    person.refresh_from_db()
    assert person.is_superuser
