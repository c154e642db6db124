"""What a process leaves of the log that it has seen: only what was committed, and never less than before."""

from __future__ import annotations

import logging
import os
import socket
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import transaction

from dashboard.audit import chain, heads
from dashboard.audit.models import AuditEvent
from tests.audit.left import seen
from tests.audit.restoring import append, as_seen, only

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


def test_a_head_is_left_once_it_is_committed(folder: Path) -> None:
    with transaction.atomic():
        chain.append(actor="olga", action="a.b")
        last = chain.append(actor="olga", action="a.b")
        assert not folder.exists()

    assert seen() == as_seen(last)
    assert heads.behind() is None


def test_a_head_that_was_rolled_back_is_not_left() -> None:
    committed = append()

    with transaction.atomic():
        with transaction.atomic():
            chain.append(actor="olga", action="a.b")
            transaction.set_rollback(True)
        with transaction.atomic():
            pass
    assert seen() == as_seen(committed)
    with transaction.atomic():
        chain.append(actor="olga", action="a.b")
        transaction.set_rollback(True)

    assert seen() == as_seen(committed)


def test_what_was_left_comes_back_whole_and_in_utc() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    head = heads.Seen(sequence=10**18, hash="ab" * 32, at=at)
    first = append()

    heads.leave(head, follows=[first.hash])

    assert seen() == head
    assert seen().at.tzinfo == UTC


def test_only_the_owner_may_read_it(folder: Path) -> None:
    append()

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(only(folder).stat().st_mode) == 0o600
    assert only(folder).stat().st_size == heads.SIZE


def test_a_file_names_database_address_host_process_and_start(folder: Path) -> None:
    first = append()
    append()

    database, rest = only(folder).name.split("-", 1)
    assert database == f"{first.hash}@{heads._address()}"
    assert rest == f"{heads.HOST}-{os.getpid()}-{heads._process.start}"
    assert heads.HOST[:3] == socket.gethostname()[:3]


def test_a_head_is_never_lowered() -> None:
    first, _, third = append(), append(), append()

    heads.leave(as_seen(first), follows=[])

    assert seen() == as_seen(third)


def test_a_head_that_another_process_went_beyond_makes_way_for_the_next(process_beside: Callable[[], None]) -> None:
    """None of the hashes at hand tells that the chain holds what is kept: the database is asked."""
    first = append()
    process = heads._process
    second = append()
    process_beside()
    last = append(3)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heads, "_process", process)
        heads.leave(as_seen(last), follows=[])

    assert second.sequence < last.sequence
    assert {head.sequence for head in heads._left(first.hash).values()} == {5}


def test_processes_that_take_turns_ask_the_database_nothing_more(
    process_beside: Callable[[], None], django_assert_num_queries
) -> None:
    process = heads._process
    append()
    process_beside()
    append(3)
    heads._process, other = process, heads._process

    # Begin, head, insert, update, commit.
    with django_assert_num_queries(5):
        last = append()

    heads._process = other
    assert seen() == as_seen(last)


@pytest.mark.parametrize("var", ["/dev/null", "/proc/nowhere"])
def test_a_folder_that_can_not_be_written_is_a_warning_once(
    settings, caplog: pytest.LogCaptureFixture, var: str, django_assert_num_queries
) -> None:
    settings.VAR_DIR = Path(var)

    with caplog.at_level(logging.WARNING):
        append(2)
        with django_assert_num_queries(5):
            append()

    assert AuditEvent.objects.count() == 3
    (record,) = caplog.records
    assert f"{var}/heads can't be used: " in record.getMessage()
    assert seen() is None
    assert heads.behind() is None
    with pytest.raises(OSError, match=var):
        heads.accept()


def test_a_fault_of_leaving_is_not_one_of_what_was_committed(settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.VAR_DIR = "a text, where a path should be"

    append()

    assert AuditEvent.objects.count() == 1
    assert "TypeError" in caplog.text


@pytest.mark.parametrize("content", [b"", b"\0" * heads.SIZE, b"9", "cut", "changed"])
def test_a_file_that_a_power_failure_spoilt_says_nothing(
    another_process: Callable[[], None], folder: Path, content: bytes | str
) -> None:
    append(5)
    whole = only(folder).read_bytes()
    spoilt = {"cut": whole[:-1], "changed": whole.replace(b"5 ", b"6 ", 1)}.get(content, content)
    only(folder).write_bytes(spoilt)
    assert seen() is None
    assert heads.behind() is None

    last = append()

    assert seen() == as_seen(last)
