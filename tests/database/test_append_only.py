from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.database import append_only

ON_SQLITE = connection.vendor == "sqlite"


@pytest.fixture
def event(db: None) -> AuditEvent:
    return chain.append(actor="olga", action="a.b")


def names() -> list[str]:
    return list(append_only.SQLITE if ON_SQLITE else append_only.POSTGRESQL)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET actor = 'nobody'",
        "UPDATE audit_auditevent SET actor = 'nobody' WHERE sequence = 1",
        "DELETE FROM audit_auditevent",
        "INSERT OR REPLACE INTO audit_auditevent SELECT * FROM audit_auditevent"
        if ON_SQLITE
        else "TRUNCATE audit_auditevent",
    ],
)
def test_the_database_refuses_to_change_an_entry(event: AuditEvent, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert AuditEvent.objects.get().actor == "olga"


def test_the_models_can_not_change_an_entry(event: AuditEvent) -> None:
    event.actor = "nobody"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        event.save()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        event.delete()

    assert AuditEvent.objects.get().actor == "olga"


@pytest.mark.django_db
def test_a_migrated_database_has_every_trigger() -> None:
    assert append_only.missing(connection) == []
    assert run_checks(tags=["database"], databases=["default"]) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", names())
def test_the_check_names_each_trigger_that_is_missing(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" + ("" if ON_SQLITE else " ON audit_auditevent"))

    (error,) = run_checks(tags=["database"], databases=["default"])
    assert error.id == "audit.E001"
    assert name in error.msg
    assert "manage.py protect_audit" in error.hint


def do_nothing() -> str:
    """Puts a trigger that does nothing in the place of ours. Returns what is not ours then."""
    with connection.cursor() as cursor:
        if ON_SQLITE:
            cursor.execute("DROP TRIGGER audit_event_no_update")
            cursor.execute("CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_auditevent BEGIN SELECT 1; END")
            return "audit_event_no_update"
        head, _, _ = append_only.POSTGRESQL_FUNCTION.partition("$$")
        cursor.execute(f"{head} $$ BEGIN RETURN NULL; END $$")
        return "audit_event_refuse"


@pytest.mark.django_db
def test_the_check_names_a_trigger_that_does_nothing_and_protect_audit_puts_ours_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = do_nothing()
    (error,) = run_checks(tags=["database"], databases=["default"])
    assert (error.id, f"The trigger {name} is not ours." in error.msg) == ("audit.E001", True)
    call_command("protect_audit")
    assert f"Put back: {name}." in capsys.readouterr().out
    assert append_only.wrong(connection) == []


@pytest.mark.django_db
def test_the_check_finds_a_view_in_the_place_of_the_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {append_only.TABLE} RENAME TO entries")
        cursor.execute(f"CREATE VIEW {append_only.TABLE} AS SELECT * FROM entries")
    [error] = run_checks(databases=["default"], tags=["database"])
    assert error.id == "audit.E001"
    assert error.msg.endswith("is not protected: audit_auditevent is a view: no trigger guards what it shows.")


@pytest.mark.django_db
def test_protect_audit_leaves_what_is_not_ours_and_says_so() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER theirs BEFORE INSERT ON audit_auditevent BEGIN SELECT 1; END"
            if ON_SQLITE
            else "CREATE TRIGGER theirs BEFORE INSERT ON audit_auditevent EXECUTE FUNCTION audit_event_refuse()"
        )
    with pytest.raises(CommandError, match=r"^Not ours, so it stays: theirs\."):
        call_command("protect_audit")
    assert append_only.wrong(connection) == ["The trigger theirs is not ours."]


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_check_finds_a_trigger_that_was_switched_off() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_event_no_update")

    assert append_only.missing(connection) == ["audit_event_no_update"]


@pytest.mark.django_db
def test_protect_audit_puts_back_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    append_only.drop(connection)
    assert append_only.missing(connection) == names()

    call_command("protect_audit")
    assert append_only.missing(connection) == []
    assert "audit_event_no_update" in capsys.readouterr().out

    call_command("protect_audit")
    assert "nothing was missing" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_database_without_the_table_yet_lacks_nothing() -> None:
    append_only.drop(connection)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent RENAME TO elsewhere")

    assert append_only.wrong(connection) == []


@pytest.mark.django_db(transaction=True)
def test_the_migration_can_be_taken_back_and_done_again() -> None:
    call_command("migrate", "audit", "0001", verbosity=0)
    assert append_only.missing(connection) == names()

    call_command("migrate", "audit", verbosity=0)
    assert append_only.missing(connection) == []
