"""A person is erased, and the log still holds."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from dashboard.access.models import Answered
from dashboard.audit import chain, commitments
from dashboard.audit.models import AuditEvent
from dashboard.database import append_only
from dashboard.database.prompt_reading import GRAMS
from dashboard.deletions import actions
from dashboard.deletions.dispatch import closing
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion
from dashboard.operations import erasing
from dashboard.register import presses
from dashboard.register.holding import asking as holding
from dashboard.register.holding import placing
from dashboard.register.models import ImportBatch, TrackedTask
from tests.api.program import Program
from tests.audit.test_verify_audit import wrong
from tests.factories import TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "PAUSE", 0.0)


Undone = Callable[[User], Deletion]


@pytest.fixture
def undone() -> Undone:
    """A deletion that a person confirmed and undid."""

    def undone(person: User) -> Deletion:
        TrackedTaskFactory.create_batch(3)
        now, by = timezone.now(), actions.By(user=person, address="10.1.2.3")
        deletion = freezing.freeze_tasks(tasks=TrackedTask.objects.filter(held_by=""), actor=person)
        actions.confirm(deletion=deletion, by=by, reason="My own pictures", typed=str(deletion.size), now=now)
        actions.undo(deletion=deletion, by=by, now=now)
        closing.Closer().tick(now=now)
        deletion.refresh_from_db()
        return deletion

    return undone


def signed_in(name: str) -> None:
    with transaction.atomic():
        chain.append(actor=name, address="10.1.2.3", action="user.signed_in", subject=name)


def everything() -> str:
    """Every row of the database."""
    tables = [name for name in connection.introspection.table_names() if not name.startswith("pg_") and name != GRAMS]
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [str(row) for row in cursor.fetchall()]
    return "\n".join(found)


def test_nothing_names_who_was_erased_and_the_log_still_holds(undone: Undone, capsys) -> None:
    olga, paul = UserFactory(username="olga-1", role="operator"), UserFactory(username="paul-1", role="operator")
    signed_in("olga-1")
    signed_in("paul-1")
    deletion, other = undone(olga), undone(paul)
    TrackedTask.objects.filter(pk=TrackedTask.objects.latest("pk").pk).update(held_by="olga-1", held_reason="Mine")
    with transaction.atomic():
        chain.append(actor="paul-1", action="user.changed", subject="olga-1", detail={"active": False})
    TrackedTask.objects.filter(pk=TrackedTask.objects.earliest("pk").pk).update(
        presence="deleted", last_deletion=deletion.uuid
    )
    before = deletion.confirmed_at
    freezing.freeze_tasks(tasks=TrackedTask.objects.filter(presence="deleted"), actor=paul, since=before)
    assert "Taken by olga-1" in everything()
    User.objects.filter(pk=olga.pk).update(is_active=False)
    users = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(user=paul, content_type=users, object_id=olga.pk, object_repr="olga-1", action_flag=CHANGE)
    ImportBatch.objects.create(actor="olga-1", address="10.9.9.9")
    Deletion.objects.filter(pk=other.pk).update(paused_reason="Paused by olga-1.")

    call_command("erase_person", "olga-1")

    kept = everything()
    assert "olga-1" not in kept
    assert "10.9.9.9" not in kept
    assert kept.count("My own pictures") == 2
    assert "10.1.2.3" in kept
    deletion.refresh_from_db()
    other.refresh_from_db()
    assert commitments.PSEUDONYM.fullmatch(deletion.actor_name)
    assert (deletion.reason, other.actor_name, other.reason) == ("", "paul-1", "My own pictures")
    assert set(AuditEvent.objects.filter(actor=deletion.actor_name).values_list("address", flat=True)) == {""}
    changed = AuditEvent.objects.get(action="user.changed")
    assert (changed.actor, changed.subject) == ("paul-1", deletion.actor_name)
    told = AuditEvent.objects.filter(action="log.erased").order_by("sequence")
    # What she did, what was done to her, and the entry that began the erasure.
    assert [event.detail["names"] for event in told] == [4, 1, 1]
    begun = AuditEvent.objects.get(action="person.erased")
    assert (begun.subject, begun.detail) == (deletion.actor_name, {"pseudonym": deletion.actor_name})
    assert "in 6 places" in capsys.readouterr().out
    capsys.readouterr()
    assert wrong(capsys, "--reconcile") == ""


def test_what_was_erased_can_not_be_proven_and_what_was_not_can(undone: Undone) -> None:
    """A short reason could be guessed from its hash alone."""
    event = chain_of_one()
    assert commitments.mismatch(event) == ""
    commitments.erase(event, "olga-1", "erased-00000000")
    assert (event.salts, commitments.mismatch(event)) == ({}, "")
    event.address = "10.9.9.9"
    assert commitments.mismatch(event) == "address"
    event = chain_of_one()
    event.salts = {"actor": event.salts["actor"]}
    assert commitments.mismatch(event) == "address"


def two_who_are_erased() -> tuple[str, str]:
    """Each signed in twice. Their pseudonyms."""
    for _ in range(2):
        signed_in("olga-1")
        signed_in("paul-1")
    call_command("erase_person", "olga-1")
    call_command("erase_person", "paul-1")
    begun = AuditEvent.objects.filter(action="person.erased")
    one, other = begun.order_by("sequence").values_list("subject", flat=True)
    return one, other


def exchange(one: str, other: str) -> None:
    """As who has the database can: what the first entry of each tells becomes the other's."""
    append_only.drop(connection)
    AuditEvent.objects.filter(sequence=1).update(actor=other, subject=other)
    AuditEvent.objects.filter(sequence=2).update(actor=one, subject=one)
    append_only.create(connection)


def test_two_who_were_erased_can_not_be_exchanged(settings, capsys) -> None:
    settings.AUDIT_KEYS = ["first"]
    one, other = two_who_are_erased()
    assert AuditEvent.objects.filter(actor=one).count() == 2
    settings.AUDIT_KEYS = ["second", "first"]
    capsys.readouterr()
    assert wrong(capsys) == ""
    exchange(one, other)
    last = AuditEvent.objects.latest("sequence").sequence
    assert wrong(capsys) == f"Entry {last}: “{other}” does not stand where it was put."


def test_places_are_summed_up_in_any_order_and_in_parts() -> None:
    def erased(sequence: int) -> AuditEvent:
        event = chain_of_one()
        event.sequence = sequence
        commitments.erase(event, "olga-1", "erased-00000000")
        return event

    def places(*sequences: int) -> commitments.Places:
        some = commitments.Places("erased-00000000")
        for sequence in sequences:
            some.take(erased(sequence))
        return some

    assert places(1, 2, 3).told() == places(3, 1, 2).told()
    assert places(1, 2, 3).wrong([places(3).told(), places(1, 2).told()]) == ""
    assert places(1, 2, 4).wrong([places(1, 2, 3).told()]) == "“erased-00000000” does not stand where it was put."
    assert places(1, 2, 3).wrong([places(1, 2).told()]).endswith("stands for: +1.")


def test_where_nobody_acted_the_address_goes_with_the_name() -> None:
    failed = AuditEvent(address="10.1.2.3", action="user.sign_in_failed", subject="olga-1")
    changed = AuditEvent(actor="paul-1", address="10.1.2.3", action="user.changed", subject="olga-1")
    for event in (failed, changed):
        commitments.commit(event)
        commitments.erase(event, "olga-1", "erased-00000000")
        assert (event.subject, commitments.mismatch(event)) == ("erased-00000000", "")
    assert (failed.address, failed.salts, changed.address) == ("", {}, "10.1.2.3")
    changed.address = ""
    assert commitments.mismatch(changed) == "address"
    failed.address = "10.9.9.9"
    assert commitments.mismatch(failed) == "address"


def chain_of_one() -> AuditEvent:
    event = AuditEvent(actor="olga-1", address="10.1.2.3", action="deletion.confirmed", detail={"reason": "Mine"})
    commitments.commit(event)
    return event


def test_who_may_still_sign_in_or_has_a_deletion_under_way_is_not_erased(undone: Undone) -> None:
    name = "olga-1"
    olga = UserFactory(username=name, role="operator")
    deletion = undone(olga)
    with pytest.raises(CommandError, match="may still sign in"):
        call_command("erase_person", name)
    User.objects.filter(pk=olga.pk).update(is_active=False)
    Deletion.objects.filter(pk=deletion.pk).update(state="running")
    with pytest.raises(CommandError, match="is under way"):
        call_command("erase_person", name)
    assert AuditEvent.objects.filter(actor=name).exists()


def test_a_log_that_is_not_protected_is_left_alone(undone: Undone) -> None:
    """Whoever changed it would be helped: erased entries can't be proven."""
    signed_in("olga-1")
    name = "audit_event_no_update"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" + ("" if connection.vendor == "sqlite" else " ON audit_auditevent"))
    with pytest.raises(CommandError, match="not protected"):
        call_command("erase_person", "olga-1")
    assert AuditEvent.objects.get().actor == "olga-1"


def test_nobody_of_that_name_is_no_error(capsys) -> None:
    call_command("erase_person", "nobody")
    assert "in 0 places" in capsys.readouterr().out
    assert not AuditEvent.objects.exists()


def test_answers_that_programs_may_be_given_again_forget_them_too() -> None:
    """Theirs and those of others, whose letters JSON writes as numbers."""
    olga, paul = UserFactory(username="Ólga", is_active=False), Program(UserFactory(username="paul", role="operator"))
    held = TrackedTaskFactory.create_batch(2)
    selection = presses.add_numbers(user=olga, numbers=[task.pk for task in held], selection=None)
    placing.place(selection=selection, by=holding.By(user=olga), reason="Über all", until=None, now=timezone.now())
    ids = [{"kind": task.kind, "task_id": task.task_id} for task in held]
    drafted = paul.post("/deletions/", {"ids": ids, "reason": "R"}, Idempotency_Key="one")
    assert drafted.json()["skipped_tasks"][0]["why"] == "Held: Über all"
    assert paul.post("/tasks/", {"tasks": []}, Idempotency_Key="two").status_code == 200
    Answered.objects.create(token=paul.row, key="three", asked_at=timezone.now(), body=json.dumps(["Ólga"]))
    erasing.erase("Ólga", sleep=lambda _: None)
    assert [row.key for row in Answered.objects.all()] == ["two"]
