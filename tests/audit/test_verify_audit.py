from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.database import append_only
from tests.database.test_append_only import do_nothing


@pytest.fixture
def events(db: None) -> list[AuditEvent]:
    return [chain.append(actor="olga", action="deletion.confirmed", subject=f"ü{number}") for number in range(3)]


def test_it_says_where_a_chain_that_holds_ends(events: list[AuditEvent], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_audit")

    assert f"holds: 3 entries, the chain ends in {events[2].hash}." in capsys.readouterr().out


def test_it_exits_1_and_names_the_first_broken_entry(
    events: list[AuditEvent], capsys: pytest.CaptureFixture[str]
) -> None:
    append_only.drop(connection)
    AuditEvent.objects.filter(sequence__gt=1).update(actor="nobody")
    append_only.create(connection)

    with pytest.raises(SystemExit) as exit:
        call_command("verify_audit")

    assert exit.value.code == 1
    assert "does not hold. Entry 2: its actor is not what it was." in capsys.readouterr().out


def test_it_exports_every_entry_so_that_a_copy_can_be_checked(events: list[AuditEvent], tmp_path: Path) -> None:
    call_command("verify_audit", "--export", str(tmp_path / "audit.jsonl"))

    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == [chain.as_dict(event) for event in events]


def test_an_export_that_can_not_be_written_is_a_sentence(events: list[AuditEvent], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"can't be written: Is a directory\."):
        call_command("verify_audit", "--export", str(tmp_path))


@pytest.mark.parametrize(
    ("column", "text"),
    [("hash", "é"), ("commitments", "5"), ("salts", "5"), ("salts", f'{{"actor": {"9" * 5000}}}')],
)
def test_what_can_not_be_read_does_not_hold(events: list[AuditEvent], capsys, column: str, text: str) -> None:
    append_only.drop(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE audit_auditevent SET {column} = %s WHERE sequence = 2", [text])
    append_only.create(connection)
    assert wrong(capsys).startswith("Something in the database can't be read: ")


def wrong(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What it finds; empty when the log holds."""
    with suppress(SystemExit):
        call_command("verify_audit", *options)
    said = capsys.readouterr().out
    return said.partition("does not hold. ")[2].strip()


def test_a_head_that_was_noted_elsewhere_is_looked_for(
    events: list[AuditEvent], capsys: pytest.CaptureFixture[str]
) -> None:
    noted = events[1].hash
    assert wrong(capsys, "--expect", f"2:{noted}") == ""
    assert wrong(capsys, "--expect", f"2:{'0' * 64}") == f"Entry 2 has the hash {noted}, not {'0' * 64}."
    assert wrong(capsys, "--expect", f"9:{noted}") == f"Entry 9 is missing, not {noted}."
    for mistyped in ("2", "x:y", f"²:{noted}"):
        with pytest.raises(CommandError, match="Give --expect as SEQ:HASH"):
            call_command("verify_audit", "--expect", mistyped)


@pytest.mark.django_db(transaction=True)
def test_a_log_that_was_cut_off_lacks_what_this_machine_saw(
    capsys: pytest.CaptureFixture[str], settings, tmp_path
) -> None:
    settings.VAR_DIR = tmp_path
    for number in range(3):
        with transaction.atomic():
            last = chain.append(actor="olga", action="deletion.confirmed", subject=str(number))
    append_only.drop(connection)
    AuditEvent.objects.filter(sequence=3).delete()
    AuditHead.objects.update(sequence=2, hash=AuditEvent.objects.get(sequence=2).hash)
    append_only.create(connection)
    assert wrong(capsys) == f"Entry 3 was seen with the hash {last.hash}, and the log lacks it."


def test_a_trigger_that_does_nothing_is_not_ours(events: list[AuditEvent], capsys: pytest.CaptureFixture[str]) -> None:
    assert wrong(capsys) == ""
    name = do_nothing()
    assert wrong(capsys) == f"The trigger {name} is not ours."
    append_only.drop(connection)
    assert wrong(capsys).startswith("The trigger audit_event_no_update is missing.")
