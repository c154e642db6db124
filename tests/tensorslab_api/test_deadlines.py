"""One thread ends all that is under way at its deadline."""

from __future__ import annotations

import os
import threading
import time

import pytest

from tensorslab_api.deadlines import DEADLINES, Deadlines

LONG = 3600.0
PATIENCE = 20.0


class Limited:
    def __init__(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds
        self.ended = threading.Event()

    def cut_off(self) -> None:
        self.ended.set()


@pytest.fixture
def deadlines() -> Deadlines:
    return Deadlines()


def test_an_earlier_deadline_that_is_added_later_is_met(deadlines) -> None:
    late, soon = Limited(LONG), Limited(0.2)
    deadlines.add(late)
    while not deadlines.wakes_at:
        time.sleep(0.001)
    deadlines.add(soon)
    assert soon.ended.wait(PATIENCE)
    assert not late.ended.is_set()
    assert deadlines.under_way == {late}


def test_what_is_removed_is_not_ended(deadlines) -> None:
    removed, soon = Limited(0.1), Limited(0.2)
    deadlines.add(removed)
    deadlines.add(soon)
    deadlines.remove(removed)
    assert soon.ended.wait(PATIENCE)
    assert not removed.ended.is_set()


def test_a_deadline_that_is_over_is_met_at_once(deadlines) -> None:
    over = Limited(-1.0)
    deadlines.add(over)
    assert over.ended.wait(PATIENCE)


def test_one_thread_is_enough(deadlines) -> None:
    before = threading.active_count()
    many = [Limited(0.1) for _ in range(50)]
    for limited in many:
        deadlines.add(limited)
    assert threading.active_count() == before + 1
    assert all(limited.ended.wait(PATIENCE) for limited in many)
    # It sleeps by now, for nothing is left, and has to be woken.
    again = Limited(0.1)
    deadlines.add(again)
    assert again.ended.wait(PATIENCE)
    assert threading.active_count() == before + 1


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_a_thread_of_its_own() -> None:
    ours = Limited(LONG)
    DEADLINES.add(ours)
    with DEADLINES.changed:
        # As if another thread were at it.
        child = os.fork()
        if not child:
            theirs = Limited(0.1)
            DEADLINES.add(theirs)
            os._exit(0 if theirs.ended.wait(PATIENCE) and ours not in DEADLINES.under_way else 1)
    DEADLINES.remove(ours)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
