"""What people undid or stopped in the time that the copy lacks does not run by itself."""

from __future__ import annotations

import pytest

from dashboard.calls import accounts
from dashboard.deletions import actions
from dashboard.deletions.dispatch import arming, restoring
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.models import State
from tests.deletions.restoring.copies import (
    Copy,
    older,
    resumed,
    running_when_lost,
    send,
    sent,
    start,
    true_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_undone_in_the_lost_time_does_not_run_by_itself(theatre, settings, images, by) -> None:
    running = theatre.confirm(images(15), by=by)
    send(theatre, running, 1)
    settings.DELETION_GRACE_SECONDS = 10
    undone = theatre.confirm(images(30), by=by)
    assert undone.state == State.SCHEDULED
    copy = Copy()
    actions.undo(deletion=undone, by=by, now=theatre.now())
    arming.in_chunks(arming.undo_chunk, undone, now=theatre.now())
    copy.put_back()
    theatre.skip(60)

    start(theatre)
    undone.refresh_from_db()
    assert (undone.state, undone.paused_by_account) == ("paused", False)
    assert "may have been undone since" in undone.paused_reason
    assert older(running)

    true_of(theatre, resumed(theatre, running, by))
    theatre.skip(3600)
    start(theatre)
    undone.refresh_from_db()
    assert (undone.state, undone.paused_by_account, undone.deleted) == ("paused", False, 0)
    ids = set(undone.items.values_list("task_id", flat=True))
    assert not ids & theatre.sandbox.deleted("image")
    assert not any(ids & set(call["ids"]) for call in theatre.sandbox.ledger()["calls"])

    actions.stop_rest(deletion=undone, by=by, now=theatre.now())
    undone = theatre.play(undone, stay=True)
    assert (undone.state, undone.kept) == ("finished", 30)
    assert not ids & theatre.sandbox.deleted("image")


def test_what_was_undone_and_is_wanted_after_all_runs_by_its_own_resume(theatre, settings, images, by) -> None:
    settings.DELETION_GRACE_SECONDS = 10
    undone = theatre.confirm(images(10), by=by)
    copy = Copy()
    actions.undo(deletion=undone, by=by, now=theatre.now())
    copy.put_back()
    start(theatre)
    assert sent(theatre) == 0
    true_of(theatre, resumed(theatre, undone, by))
    assert accounts.current().paused_reason == ""


def test_stop_after_a_restore_keeps_only_what_look_ups_find(theatre, images, by) -> None:
    deletion = theatre.confirm(images(25), by=by)
    running_when_lost(theatre, deletion, lists=2)
    with pytest.raises(actions.Refused, match="still being noted down"):
        actions.stop_rest(deletion=deletion, by=by, now=theatre.now())
    with pytest.raises(actions.Refused, match="still being noted down"):
        actions.resume(deletion=deletion, by=by, now=theatre.now())
    start(theatre)
    actions.stop_rest(deletion=deletion, by=by, now=theatre.now())
    deletion = resumed(theatre, deletion, by)
    assert theatre.lies(deletion) == theatre.wrong(deletion) == []
    assert (deletion.state, deletion.deleted, deletion.kept) == ("finished", 15, 10)
    assert len(theatre.sandbox.deleted("image")) == 15


def test_it_doubts_none_of_what_had_been_stopped(theatre, images, by) -> None:
    deletion = theatre.confirm(images(15), by=by)
    send(theatre, deletion, 1)
    actions.stop_rest(deletion=deletion, by=by, now=theatre.now())
    settled = theatre.confirm(images(1), by=by)
    copy = Copy()
    send(theatre, settled, 1)
    copy.put_back()
    restoring.notice(now=theatre.now())
    deletion.refresh_from_db()
    assert (deletion.doubted_through, deletion.kept) == (None, 10)


def test_an_undone_deletion_does_not_begin_before_anybody_has_looked(theatre, settings, images, by) -> None:
    """A failover, and a shift that never lost its connection."""
    settings.DELETION_GRACE_SECONDS = 10
    undone = theatre.confirm(images(5), by=by)
    copy = Copy()
    actions.undo(deletion=undone, by=by, now=theatre.now())
    copy.put_back()
    theatre.skip(60)
    Shift(length=0.5, clock=theatre.now).run()
    undone.refresh_from_db()
    assert (undone.state, sent(theatre)) == ("paused", 0)
