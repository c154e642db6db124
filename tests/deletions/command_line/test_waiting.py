"""Waiting for the end of a deletion, and the exit code of each ending."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management.base import OutputWrapper
from django.utils import timezone

from dashboard.deletions import actions
from dashboard.deletions.actions import By
from dashboard.deletions.command_line import waiting
from dashboard.deletions.command_line.exits import Exit, exit_of
from dashboard.deletions.models import Deletion, State
from dashboard.register.models import TrackedTask
from tests.deletions.command_line.conftest import only
from tests.deletions.conftest import work
from tests.factories import DeletionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Images = Callable[[int], list[TrackedTask]]


class Waited:
    """Does one thing at each pause."""

    def __init__(self, *acts: Callable[[], object]) -> None:
        self.acts: Iterator[Callable[[], object]] = iter(acts)

    def __call__(self, seconds: float) -> None:
        next(self.acts)()


def follow(deletion: Deletion, *acts: Callable[[], object]) -> tuple[Exit, str]:
    out = io.StringIO()
    code = waiting.follow(deletion, out=OutputWrapper(out), sleep=Waited(*acts))
    return code, out.getvalue()


def test_it_waits_until_all_is_gone(confirm, images: Images, sandbox) -> None:
    deletion = confirm(images(3))
    code, said = follow(deletion, lambda: work(deletion))
    assert code == Exit.DONE
    assert deletion.state == State.FINISHED
    first, last = said.splitlines()
    assert first.startswith("[........................]   0%  Scheduled")
    assert last.startswith("[########################] 100%  Finished  3 deleted")


def test_that_the_waiting_ends_stops_nothing(confirm, images: Images) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    deletion = confirm(images(3))
    code, said = follow(deletion, interrupt)
    assert code == Exit.GOES_ON
    assert "The deletion goes on." in said
    assert only().state == State.SCHEDULED


def test_undo_ends_the_waiting(confirm, images: Images, olga: User) -> None:
    deletion = confirm(images(3))
    by = By(user=olga)
    code, _ = follow(deletion, lambda: actions.undo(deletion=deletion, by=by, now=timezone.now() - timedelta(days=1)))
    assert code == Exit.KEPT


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({"state": State.FINISHED, "deleted": 2, "total": 2}, Exit.DONE),
        ({"state": State.FINISHED, "deleted": 1, "refused": 1, "total": 2}, Exit.NOT_ALL),
        ({"state": State.FINISHED, "deleted": 1, "unknown": 1, "total": 2}, Exit.NOT_ALL),
        ({"state": State.FINISHED, "deleted": 1, "kept": 1, "total": 2}, Exit.NOT_ALL),
        ({"state": State.FINISHED, "deleted": 1, "skipped": 1, "total": 2}, Exit.DONE),
        ({"state": State.CANCELLED, "kept": 2, "total": 2}, Exit.KEPT),
        ({"state": State.DISCARDED, "total": 2}, Exit.KEPT),
        ({"state": State.AWAITING_APPROVAL, "total": 2}, Exit.SOMEBODY_ELSE),
        ({"state": State.PAUSED, "total": 2}, None),
        ({"state": State.RUNNING, "total": 2}, None),
    ],
)
def test_each_ending_has_its_code(about: dict[str, object], code: Exit | None) -> None:
    assert exit_of(DeletionFactory.build(**about)) == code
