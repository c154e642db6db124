from __future__ import annotations

import logging
import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection, transaction

from dashboard.audit import chain, heads
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.database import append_only
from tests.audit.left import seen
from tests.audit.writers import four_at_once

pytestmark = pytest.mark.django_db(transaction=True)

APPENDS_FOREVER = """
import os
from django.db import transaction
from dashboard.audit import chain
while True:
    with transaction.atomic():
        chain.append(actor=str(os.getpid()), action="a.b")
"""


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(heads, "_process", heads._Process())
    return tmp_path / "heads"


@pytest.fixture
def another_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on this is one that was started later: it has left nothing yet."""
    return lambda: monkeypatch.setattr(heads, "_process", heads._Process())


@pytest.fixture
def process_beside(another_process: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on this is another one, and those before it live on."""
    monkeypatch.setattr(heads, "_gone", lambda file: False)
    return another_process


def append(count: int = 1, *, actor: str = "olga") -> AuditEvent:
    for _ in range(count):
        with transaction.atomic():
            event = chain.append(actor=actor, action="a.b")
    return event


def as_seen(event: AuditEvent) -> heads.Seen:
    return heads.Seen(sequence=event.sequence, hash=event.hash, at=event.at)


@contextmanager
def unprotected() -> Iterator[None]:
    append_only.drop(connection)
    try:
        yield
    finally:
        append_only.create(connection)


def restore(sequence: int) -> AuditEvent:
    """Puts in the database's place a copy that was made when `sequence` was its head."""
    with unprotected():
        AuditEvent.objects.filter(sequence__gt=sequence).delete()
    newest = AuditEvent.objects.get(sequence=sequence)
    AuditHead.objects.update(sequence=sequence, hash=newest.hash)
    return newest


def exchange() -> None:
    """Puts an empty database in its place."""
    with unprotected():
        AuditEvent.objects.all().delete()
    AuditHead.objects.all().delete()


def gone() -> int:
    """A process id that was in use."""
    with subprocess.Popen(["/bin/true"]) as process:
        process.wait()
    return process.pid


def of_process(file: Path, pid: int, *, host: str = heads.HOST) -> Path:
    """As if the process that left `file` had that id."""
    database, start = file.name.partition("-")[0], file.name.rpartition("-")[2]
    return file.rename(file.with_name(f"{database}-{host}-{pid}-{start}"))


def only(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


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


def test_nothing_was_seen_of_an_empty_database(folder: Path) -> None:
    assert seen() is None
    assert heads.behind() is None
    heads.accept()
    assert not folder.exists()


def test_a_database_of_which_nothing_was_left_is_not_behind(folder: Path) -> None:
    append()
    shutil.rmtree(folder)

    assert seen() is None
    assert heads.behind() is None


def test_a_restored_copy_is_behind(another_process: Callable[[], None]) -> None:
    last = append(5)
    newest = restore(3)

    for _ in range(2):
        assert heads.behind() == heads.Behind(seen=as_seen(last), sequence=3, at=newest.at)
        another_process()


def test_a_copy_that_went_on_otherwise_is_behind_still(another_process: Callable[[], None]) -> None:
    last = append(5)
    restore(3)
    another_process()

    for sequence in (4, 5, 6, 7):
        newest = append(actor="otto")
        assert newest.sequence == sequence
        assert heads.behind() == heads.Behind(seen=as_seen(last), sequence=sequence, at=newest.at)


def test_a_process_that_runs_on_keeps_the_proof_of_what_a_failover_lost() -> None:
    last = append(5)
    restore(3)

    for sequence in (4, 5, 6, 7):
        newest = append(actor="otto")
        assert heads.behind() == heads.Behind(seen=as_seen(last), sequence=sequence, at=newest.at)
    assert seen() == as_seen(last)


def test_it_keeps_that_proof_when_several_are_appended_at_once() -> None:
    last = append(5)
    restore(4)

    with transaction.atomic():
        for _ in range(4):
            chain.append(actor="otto", action="a.b")

    assert heads.behind().seen == as_seen(last)


def test_the_proof_of_an_idle_process_outlives_what_others_leave(process_beside: Callable[[], None]) -> None:
    lost = append(5)
    restore(3)
    process_beside()
    highest = append(9, actor="otto")

    assert seen() == as_seen(highest)
    assert heads.behind() == heads.Behind(seen=as_seen(lost), sequence=12, at=highest.at)


def test_a_copy_that_has_all_that_was_seen_is_not_behind() -> None:
    append(5)

    restore(5)

    assert heads.behind() is None


def test_an_empty_database_in_its_place_is_another_one() -> None:
    append(5)
    exchange()

    assert seen() is None
    assert heads.behind() is None


def test_a_database_that_begins_otherwise_is_another_one(folder: Path) -> None:
    append(5)
    exchange()
    last = append(2, actor="otto")

    assert seen() == as_seen(last)
    assert heads.behind() is None
    assert len(list(folder.iterdir())) == 2


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


def test_asking_takes_two_queries(process_beside: Callable[[], None], django_assert_num_queries) -> None:
    for _ in range(3):
        append()
        process_beside()

    with django_assert_num_queries(2):
        assert heads.behind() is None


def test_a_person_accepts_what_was_lost(process_beside: Callable[[], None], folder: Path) -> None:
    append(5)
    process_beside()
    append(5)
    newest = restore(3)
    (folder / f"{'0' * 64}@{heads._address()}-{heads.HOST}-1-00000000").write_text("of another database")
    process_beside()

    heads.accept()

    assert seen() == as_seen(newest)
    assert heads.behind() is None
    assert len(list(folder.iterdir())) == 2


def test_a_process_that_ran_meanwhile_goes_on_from_there(process_beside: Callable[[], None]) -> None:
    process = heads._process
    append(5)
    restore(3)
    append(actor="otto")
    process_beside()
    heads.accept()

    heads._process = process
    last = append(actor="otto")

    assert seen() == as_seen(last)
    assert heads.behind() is None


def test_accepting_also_lowers_what_the_process_itself_left() -> None:
    append(5)
    newest = restore(3)

    heads.accept()

    assert seen() == as_seen(newest)
    assert heads.behind() is None
    last = append(actor="otto")
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


def test_a_fault_of_leaving_is_not_one_of_what_was_committed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(heads, "_parsed", lambda content: 1 // 0)

    append()

    assert AuditEvent.objects.count() == 1
    assert "ZeroDivisionError" in caplog.text


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


def test_it_tidies_up_after_processes_that_are_gone(another_process: Callable[[], None], folder: Path) -> None:
    append(2)
    of_process(only(folder), gone())
    another_process()

    last = append()

    assert only(folder).name == heads._process.name(AuditEvent.objects.get(sequence=1).hash)
    assert seen() == as_seen(last)


def test_a_file_of_an_earlier_process_with_the_same_id_is_tidied_up(
    another_process: Callable[[], None], folder: Path
) -> None:
    append()
    another_process()
    append()

    assert len(list(folder.iterdir())) == 1


def test_what_other_hosts_and_living_processes_left_is_not_tidied_up(
    another_process: Callable[[], None], folder: Path
) -> None:
    append()
    files = {of_process(only(folder), os.getppid())}
    another_process()
    append()
    files |= {of_process(file, gone(), host=f"{heads.HOST}-2") for file in folder.iterdir() if file not in files}
    another_process()

    append()

    assert files < set(folder.iterdir())


def test_a_head_that_the_database_lost_is_not_tidied_up(
    settings, tmp_path: Path, another_process: Callable[[], None], folder: Path
) -> None:
    append(5)
    proof = of_process(only(folder), gone())
    restore(3)
    another_process()
    settings.VAR_DIR = tmp_path / "elsewhere"
    append(5)
    settings.VAR_DIR = tmp_path

    append()

    assert proof in folder.iterdir()
    assert len(list(folder.iterdir())) == 2


def test_a_head_above_what_this_process_left_is_not_tidied_up(
    another_process: Callable[[], None], folder: Path
) -> None:
    second, last = append(2), append(3)
    highest = of_process(only(folder), gone())
    another_process()

    heads.leave(as_seen(second), follows=[])

    assert highest in folder.iterdir()
    assert seen() == as_seen(last)


def test_files_of_other_databases_are_not_tidied_up(another_process: Callable[[], None], folder: Path) -> None:
    append()
    file = of_process(only(folder), gone())
    exchange()
    another_process()

    append(2)

    assert file in folder.iterdir()


def test_threads_that_append_never_look_behind() -> None:
    highest = 0
    for _ in four_at_once(lambda: append(20)):
        assert heads.behind() is None
        now = getattr(seen(), "sequence", 0)
        assert now >= highest
        highest = now

    assert seen() == as_seen(AuditEvent.objects.get(sequence=80))


def test_processes_that_append_never_look_behind_nor_when_they_are_killed(start, tmp_path: Path) -> None:
    first = append()
    writers = [start("shell", "--command", APPENDS_FOREVER, VAR_DIR=str(tmp_path)) for _ in range(2)]
    while any(AuditEvent.objects.filter(actor=str(writer.pid)).count() < 30 for writer in writers):
        assert heads.behind() is None
        assert [writer.poll() for writer in writers] == [None, None]
    for writer in writers:
        writer.kill()
        writer.wait()
        assert heads.behind() is None

    left = {heads.NAME.fullmatch(file.name)["pid"]: head for file, head in heads._left(first.hash).items()}
    for writer in writers:
        # The last one may have been committed, but not left.
        own = AuditEvent.objects.filter(actor=str(writer.pid))[:2]
        assert left[str(writer.pid)] in [as_seen(event) for event in own]
    restore(seen().sequence - 1)
    assert heads.behind() is not None
