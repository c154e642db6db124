from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User

from dashboard.audit.models import AuditEvent
from dashboard.operations.first_start import ensure_administrator, ensure_sample_register
from dashboard.operations.preflight import NotReady
from dashboard.register.models import TrackedTask
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db


def test_the_first_administrator_gets_a_random_password_that_works() -> None:
    made = ensure_administrator()
    person = authenticate(username="admin", password=made.password)
    assert isinstance(person, User)
    assert person.has_perms(["access.look", "access.delete_tasks", "access.import_tasks"])
    assert person.is_staff


def test_it_is_written_down() -> None:
    ensure_administrator()
    assert AuditEvent.objects.get().subject == "admin"


def test_the_password_is_told_once() -> None:
    ensure_administrator()
    again = ensure_administrator()
    assert (again.username, again.password) == ("admin", "")
    assert User.objects.count() == 1


def test_a_chosen_password_is_used_and_not_repeated(settings) -> None:
    settings.ADMIN_USERNAME, settings.ADMIN_PASSWORD = "root", "a chosen one"
    assert ensure_administrator().password == ""
    assert authenticate(username="root", password="a chosen one")


def test_a_chosen_password_counts_only_when_the_account_is_created(settings) -> None:
    made = ensure_administrator()
    settings.ADMIN_PASSWORD = "another one"
    ensure_administrator()
    assert authenticate(username="admin", password=made.password)


def test_a_name_that_belongs_to_someone_else_is_a_sentence() -> None:
    User.objects.create_user("admin")
    with pytest.raises(NotReady, match="Set ADMIN_USERNAME to a new name."):
        ensure_administrator()


def test_sample_tasks_never_meet_a_real_account(settings) -> None:
    settings.SAMPLE_TASKS = 5
    ensure_sample_register()
    assert not TrackedTask.objects.exists()


def test_an_empty_sandbox_gets_a_sample_register(settings) -> None:
    settings.SANDBOX, settings.SAMPLE_TASKS = True, 5
    ensure_sample_register()
    assert TrackedTask.objects.count() == 5


def test_a_register_with_a_task_in_it_is_left_alone(settings) -> None:
    settings.SANDBOX, settings.SAMPLE_TASKS = True, 5
    TrackedTaskFactory()
    ensure_sample_register()
    assert TrackedTask.objects.count() == 1


@pytest.mark.parametrize("password", ["a", "12345678901", "password"])
def test_a_weak_password_is_a_sentence(settings, password: str) -> None:
    settings.ADMIN_PASSWORD = password
    with pytest.raises(NotReady, match="ADMIN_PASSWORD is too weak: This password is"):
        ensure_administrator()
    assert not User.objects.exists()
