"""Looking again after the end: what is corrected, what stays unknown, and how it comes to an end itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts, slots
from dashboard.calls.judging import Finding
from dashboard.calls.models import Account
from dashboard.calls.verdicts import Ruling, Verdict
from dashboard.deletions import actions
from dashboard.deletions.dispatch import agenda, next_call, outcomes, settlement
from dashboard.deletions.dispatch.closing import Closer
from dashboard.deletions.evidence import concluding, inspecting
from dashboard.deletions.models import Deletion, DeletionItem, Inspection, State
from tests.deletions.theatre import Theatre, playing

pytestmark = pytest.mark.django_db(transaction=True)

LOST = Verdict(ruling=Ruling.LOST, sentence="No answer came.")


@pytest.fixture(autouse=True)
def _usual(settings, _fast) -> None:
    settings.DELETION_VERIFY = "all"
    settings.DELETION_INSPECT_AFTER = (600.0,)


@pytest.fixture
def theatre(images) -> Iterator[Theatre]:
    images(5)
    yield from playing()


@pytest.fixture
def by(olga) -> actions.By:
    return actions.By(user=olga)


@pytest.fixture
def inspected(theatre: Theatre, images, by) -> Deletion:
    """One task that was deleted and seen gone, ten minutes ago: its inspection has just begun."""
    deletion = theatre.play(theatre.confirm(images(1), by=by))
    assert (deletion.state, deletion.items.get().ending) == (State.FINISHED, "Deleted · seen gone")
    theatre.skip(601)
    assert inspecting.mark_chunk(deletion, now=theatre.now())
    assert deletion.items.get().inspection == Inspection.objects.get().pk
    return deletion


def _ask(theatre: Theatre) -> next_call.Chunk:
    """Its look-up has left and is not answered."""
    chunk = next_call.prepare_inspection(now=theatre.now())
    [slot] = slots.take(1)
    assert chunk is not None
    assert next_call.leave(chunk, slot, now=theatre.now())
    return chunk


@pytest.mark.once
def test_what_the_sample_showed_is_corrected_by_what_is_found_later(theatre, images, by) -> None:
    theatre.sandbox.control(rollback_after=60)
    deletion = theatre.play(theatre.confirm(images(5), by=by))
    assert (deletion.sample_gone, deletion.sample_there, deletion.said) == (5, 0, 0)
    deletion = theatre.inspect(deletion)
    assert (deletion.sample_gone, deletion.sample_there, deletion.said) == (0, 5, 0)
    assert (deletion.refused, deletion.alarms) == (5, 5)


@pytest.mark.once
def test_what_was_only_said_and_not_sampled_leaves_the_sample_as_it_is(theatre, settings, images, by) -> None:
    settings.DELETION_VERIFY = "none"
    theatre.sandbox.control(rollback_after=60)
    deletion = theatre.play(theatre.confirm(images(5), by=by))
    assert deletion.said == 5
    deletion = theatre.inspect(deletion)
    assert (deletion.sample_gone, deletion.sample_there, deletion.said) == (0, 0, 0)
    assert {item.evidence for item in deletion.items.all()} == {"seen"}


def test_there_beats_silence(theatre, settings, inspected) -> None:
    """Found there once, and then never again an answer: it can't be called gone any more, nor there."""
    DeletionItem.objects.update(there_times=1, failures=settings.DELETION_MAX_ATTEMPTS - 1)
    assert outcomes.settle(_ask(theatre).call.pk, LOST, now=theatre.now())
    inspected.refresh_from_db()
    item = inspected.items.get()
    assert (item.outcome, item.evidence, item.inspection) == ("unknown", None, None)
    assert (inspected.deleted, inspected.unknown, inspected.contradicted) == (0, 1, 0)
    assert (inspected.sample_gone, inspected.sample_there, inspected.said) == (0, 0, 0)


def test_one_that_brings_no_answer_at_all_changes_nothing_and_ends(theatre, settings, inspected) -> None:
    DeletionItem.objects.update(failures=settings.DELETION_MAX_ATTEMPTS - 1)
    assert outcomes.settle(_ask(theatre).call.pk, LOST, now=theatre.now())
    item = inspected.items.get()
    assert (item.ending, item.inspection) == ("Deleted · seen gone", None)
    inspecting.end_idle(now=theatre.now())
    inspection = Inspection.objects.get()
    assert inspection.looked_up == 0
    assert inspection.at is not None
    assert agenda.next_due(now=theatre.now()) is None


def test_a_judgement_of_an_earlier_look_up_says_nothing_about_what_is_claimed_now(theatre, inspected) -> None:
    """Two workers judge the same claim; the slower one finds that it is another look-up's by now."""
    item = inspected.items.get()
    now = theatre.now()
    DeletionItem.objects.update(claim=4711)
    claimed = concluding.Claimed(inspected.pk, item.pk, 4710, "image", "inspect", "there", now, now)
    judgement = concluding.Judgement(finding=Finding.THERE)
    concluding._apply(inspected.pk, {item.pk: (claimed, judgement)}, now=now)
    item.refresh_from_db()
    assert (item.claim, item.there_times) == (4711, 0)


def test_check_while_it_is_inspected_and_then_stop_leave_nothing_behind(theatre, settings, inspected, by) -> None:
    DeletionItem.objects.update(there_times=1, failures=settings.DELETION_MAX_ATTEMPTS - 1)
    outcomes.settle(_ask(theatre).call.pk, LOST, now=theatre.now())
    actions.check_unknown(deletion=inspected, by=by, now=theatre.now())
    item = inspected.items.get()
    assert (item.open, item.inspection, item.there_times) == (True, None, 0)
    Deletion.objects.update(state=State.PAUSED, paused_by_account=True)
    for _ in range(2):
        actions.stop_rest(deletion=inspected, by=by, now=theatre.now())
    item.refresh_from_db()
    assert (item.open, item.not_before, item.claim, item.inspection) == (False, None, None, None)


@pytest.mark.parametrize("trouble", ["host", "doubt"])
def test_one_that_can_not_go_on_now_keeps_no_worker_busy(theatre, settings, inspected, trouble) -> None:
    now = theatre.now()
    soon = now + timedelta(seconds=1)
    assert agenda.next_due(now=now) <= now
    if trouble == "host":
        settings.TENSORSLAB_API_URL += "/other"
    else:
        accounts.current().controls.update(next_at=soon)
        Account.objects.update(doubt="Nothing is found.", doubted_at=now)
    due = agenda.next_due(now=now)
    assert due is None or due >= soon


@pytest.mark.once
def test_what_it_saw_goes_into_another_closing_entry(theatre, inspected) -> None:
    Closer().tick(now=theatre.now())
    inspected.refresh_from_db()
    assert inspected.closed_at is not None
    assert theatre.inspect(inspected).closed_at is None
    Closer().tick(now=theatre.now())
    assert AuditEvent.objects.filter(action="deletion.closed").count() == 2


@pytest.mark.once
def test_in_doubt_it_waits_for_controls_and_goes_on_when_they_are_good(theatre, inspected) -> None:
    theatre.sandbox.control(foreign_keys=["test-key"])
    for _ in range(20):
        theatre.shift()
        theatre.skip_to(agenda.next_due(now=theatre.now()) or theatre.now())
    assert Account.objects.get().doubt
    assert Inspection.objects.get().at is None
    assert inspected.items.get().ending == "Deleted · seen gone"
    theatre.sandbox.control(foreign_keys=[])
    deletion = theatre.inspect(inspected)
    assert (deletion.deleted, Inspection.objects.get().gone) == (1, 1)


def test_a_call_that_ends_soon_does_not_shorten_what_an_earlier_one_may_still_do(theatre, inspected) -> None:
    now = theatre.now()
    deletion = settlement.Settled(1, inspected.uuid, "", False, 0, 0, 1, False, 0, "", 0.0)
    work = settlement.Settlement(deletion=deletion, now=now)
    [item] = settlement.carried("deletion_id = %s", inspected.pk)
    earlier = now + timedelta(seconds=100)
    usual = now + timedelta(seconds=settlement.QUIET)
    assert work.there_counts_from([item._replace(there_from=None)], lost=False) == usual
    assert work.there_counts_from([item._replace(there_from=earlier)], lost=False) == earlier
