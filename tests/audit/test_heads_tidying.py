"""What processes left that are gone is tidied up, where what is kept stands for it; no proof of a loss is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.audit import heads
from dashboard.audit.models import AuditEvent
from tests.audit.left import seen
from tests.audit.restoring import append, as_seen, exchange, gone, of_process, only, restore

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


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
