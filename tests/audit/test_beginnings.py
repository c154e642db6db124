"""A log that has taken another's place is told of until somebody accepts it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from dashboard.audit import beginnings, heads
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.database import append_only
from tests.audit.restoring import append, exchange
from tests.audit.test_verify_audit import wrong

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]

ASK = "If that log is meant to stand here: verify_audit --accept-new-log"


def sentence(event: AuditEvent) -> str:
    at = beginnings.clock(event.at)
    return f"Another log was seen in this database: its entry {event.sequence} of {at} had the hash {event.hash}."


def warned() -> list[str]:
    return [found.msg for found in run_checks(tags=["database"], databases=["default"]) if found.id == "audit.W004"]


def test_an_ordinary_start_is_told_of_by_nobody(capsys) -> None:
    assert (wrong(capsys), warned()) == ("", [])
    append(3)
    assert (wrong(capsys), warned()) == ("", [])


@pytest.mark.parametrize("begun", [0, 2])
def test_a_log_that_was_wiped_is_told_of_until_a_person_accepts_that(begun: int, capsys, folder: Path) -> None:
    last = append(5)
    exchange()
    append(begun, actor="otto") if begun else None
    assert wrong(capsys) == f"{sentence(last)}\n{ASK}"
    assert warned() == [sentence(last)]

    call_command("verify_audit", "--accept-new-log")

    assert f"Accepted: {sentence(last)}" in capsys.readouterr().out
    accepted = AuditEvent.objects.get(action="log.accepted")
    assert accepted.detail == {"sequence": 5, "hash": last.hash, "seen_at": last.at.isoformat()}
    assert (wrong(capsys), warned()) == ("", [])
    assert len(list(folder.iterdir())) == 1


def test_the_highest_head_of_each_is_told(process_beside: Callable[[], None], capsys) -> None:
    lasts = []
    for _ in range(2):
        append(2)
        process_beside()
        lasts.append(append(3))
        exchange()
    assert sorted(beginnings.wrong()) == sorted(map(sentence, lasts))


def test_a_chain_that_does_not_hold_accepts_nothing(capsys) -> None:
    last = append(5)
    exchange()
    append(2)
    append_only.drop(connection)
    AuditEvent.objects.filter(sequence=1).update(actor="nobody")
    append_only.create(connection)
    said = wrong(capsys, "--accept-new-log")
    assert said.startswith("Entry 1: its actor is not what it was.")
    assert sentence(last) in said
    assert not AuditEvent.objects.filter(action="log.accepted").exists()


@pytest.mark.parametrize("accepts", ["more", "less"])
def test_it_is_accepted_for_other_machines_too_unless_they_saw_more(
    settings, tmp_path: Path, capsys, accepts: str
) -> None:
    """Each has a `VAR_DIR` of its own."""
    for name in ("less", "more"):
        last = append(2)
        shutil.copytree(tmp_path / "heads", tmp_path / name / "heads")
    exchange()
    settings.VAR_DIR = tmp_path / accepts
    assert wrong(capsys, "--accept-new-log") == ""
    settings.VAR_DIR = tmp_path / ("less" if accepts == "more" else "more")
    assert wrong(capsys) == ("" if accepts == "more" else f"{sentence(last)}\n{ASK}")


def test_who_has_the_database_alone_can_not_accept_it(capsys) -> None:
    first, last = append(), append(4)
    exchange()
    newest = append(2)
    detail = {"sequence": 99, "hash": last.hash, "seen_at": last.at.isoformat()}
    forged = AuditEvent(sequence=3, at=timezone.now(), action="log.accepted", subject=first.hash, detail=detail)
    forged.previous_hash, forged.hash = newest.hash, "0" * 64
    forged.save(force_insert=True)
    AuditHead.objects.update(sequence=3, hash=forged.hash)
    assert beginnings.wrong() == [sentence(last)]


def test_a_database_at_another_address_is_another_matter(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """The sandbox's file and the register's, or a `DATABASE_URL` that was changed."""
    append(5)
    exchange()
    address = heads._address()
    for name in ("elsewhere", connection.settings_dict["NAME"]):
        monkeypatch.setitem(connection.settings_dict, "NAME", name)
        assert (heads._address() == address) is (name != "elsewhere")
        assert (beginnings.wrong() == []) is (name == "elsewhere")


def test_a_log_that_moves_to_another_address_goes_on(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    append(5)
    for name in ("elsewhere", connection.settings_dict["NAME"]):
        monkeypatch.setitem(connection.settings_dict, "NAME", name)
        append(2)
        assert wrong(capsys) == ""
