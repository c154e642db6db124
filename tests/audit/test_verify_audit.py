from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from dashboard.audit import chain, triggers
from dashboard.audit.models import AuditEvent


@pytest.fixture
def events(db: None) -> list[AuditEvent]:
    return [chain.append(actor="olga", action="deletion.confirmed", subject=f"ü{number}") for number in range(3)]


def test_it_says_where_a_chain_that_holds_ends(events: list[AuditEvent], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_audit")

    assert f"holds: 3 entries, the chain ends in {events[2].hash}." in capsys.readouterr().out


def test_it_exits_1_and_names_the_first_broken_entry(
    events: list[AuditEvent], capsys: pytest.CaptureFixture[str]
) -> None:
    triggers.drop(connection)
    AuditEvent.objects.filter(sequence__gt=1).update(actor="nobody")

    with pytest.raises(SystemExit) as exit:
        call_command("verify_audit")

    assert exit.value.code == 1
    assert "does not hold. Entry 2: its fields were changed" in capsys.readouterr().out


def test_it_exports_every_entry_so_that_a_copy_can_be_checked(events: list[AuditEvent], tmp_path: Path) -> None:
    call_command("verify_audit", "--export", str(tmp_path / "audit.jsonl"))

    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == [chain.as_dict(event) for event in events]


def test_an_export_that_can_not_be_written_is_a_sentence(events: list[AuditEvent], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"can't be written: Is a directory\."):
        call_command("verify_audit", "--export", str(tmp_path))
