"""A database that lacks what was seen of it is behind, until a person accepts that."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction

from dashboard.audit import chain, heads
from dashboard.audit.models import AuditEvent
from tests.audit.left import seen
from tests.audit.restoring import append, as_seen, exchange, restore
from tests.audit.writers import four_at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]

APPENDS_FOREVER = """
import os
from django.db import transaction
from dashboard.audit import chain
while True:
    with transaction.atomic():
        chain.append(actor=str(os.getpid()), action="a.b")
"""


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
