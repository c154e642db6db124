"""An older copy of the database in its place: nothing is sent, nothing undone runs, and nothing gone is called kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboard.audit import chain, heads
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.calls import accounts, recording, sending, slots
from dashboard.calls.models import Account, Control, ProviderCall, Slot, Worker
from dashboard.calls.verdicts import Unanswered, Verdict, judge_delete
from dashboard.database import append_only
from dashboard.deletions import actions
from dashboard.deletions.dispatch import agenda, arming, jobs, next_call, recovery, restoring
from dashboard.deletions.dispatch.loop import Shift
from dashboard.deletions.dispatch.outcomes import settle
from dashboard.deletions.dispatch.recovery import Tender
from dashboard.deletions.models import GONE, Deletion, DeletionItem, Inspection, State
from dashboard.operations.management.commands.run import Command as Run
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.deletions.conftest import just_asked, url_of
from tests.deletions.processes import until
from tests.deletions.small_world import take
from tests.deletions.test_chunks import reading
from tests.deletions.theatre import Theatre, playing

pytestmark = pytest.mark.django_db(transaction=True)

Images = Callable[[int], list[TrackedTask]]
Confirm = Callable[..., Deletion]
ROWS = [
    *(AuditHead, AuditEvent, Account, Control, Slot, ProviderCall, Worker, DBTaskResult),
    *(Deletion, DeletionItem, Inspection),
]
SHOWN = ["presence", "last_outcome", "last_message", "last_deletion", "deleted_at", "held_by"]
OTHERS = 30
"""Tasks that nobody deletes: any of them may be the witness."""


@dataclass(frozen=True)
class Copy:
    """All rows that work changes, as they were when it was made."""

    rows: dict[type[models.Model], list[models.Model]] = field(
        default_factory=lambda: {model: list(model._base_manager.all()) for model in ROWS}
    )
    tasks: list[TrackedTask] = field(default_factory=lambda: list(TrackedTask.objects.all()))

    def put_back(self) -> None:
        """Restores it, under new processes: none of those before lives on."""
        with unprotected(), transaction.atomic(), connection.cursor() as cursor:
            for model in reversed(ROWS):
                cursor.execute(f"DELETE FROM {model._meta.db_table}")
            for model, rows in self.rows.items():
                model._base_manager.bulk_create(rows)
            # As in a dump that is restored, numbers are used again.
            for statement in connection.ops.sequence_reset_sql(no_style(), ROWS):
                cursor.execute(statement)
            if connection.vendor == "sqlite":
                numbered = f"(SELECT COALESCE(MAX(id), 0) FROM {ProviderCall._meta.db_table})"
                cursor.execute(f"UPDATE sqlite_sequence SET seq = {numbered} WHERE name = 'calls_providercall'")
            TrackedTask.objects.bulk_update(self.tasks, SHOWN)
        heads._process = heads._Process()


@contextmanager
def unprotected() -> Iterator[None]:
    append_only.drop(connection)
    try:
        yield
    finally:
        append_only.create(connection)


@pytest.fixture(autouse=True)
def folder(settings, _fast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.TENSORSLAB_BATCH_SIZE = 20
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(heads, "_process", heads._Process())
    return tmp_path / "heads"


@pytest.fixture
def theatre(images: Images) -> Iterator[Theatre]:
    images(OTHERS)
    yield from playing()


@pytest.fixture
def person(olga: User) -> Person:
    return Person.signed_in(olga)


@pytest.fixture
def by(olga: User) -> actions.By:
    return actions.By(user=olga)


def send(theatre: Theatre, deletion: Deletion, lists: int) -> Deletion:
    """So many lists of it are sent, and their books written."""
    agenda.begin_due(now=theatre.now())
    just_asked()
    for _ in range(lists):
        [slot] = slots.take(1)
        chunk = take(slot)
        assert chunk
        assert chunk.call.operation == "delete"
        verdict = sending.perform(chunk.call, deadline=float("inf"))
        write_books(chunk, verdict)
        slots.release(slot)
    deletion.refresh_from_db()
    return deletion


def write_books(chunk: next_call.Chunk, verdict: Verdict) -> None:
    assert settle(chunk.call.pk, verdict, now=timezone.now())


def start(theatre: Theatre) -> None:
    """What a worker does first: its tender looks round, and a shift is run."""
    Tender("t", clock=theatre.now).tick()
    theatre.shift()


def sent(theatre: Theatre) -> int:
    return len(theatre.sandbox.ledger()["calls"])


def doubted(deletion: Deletion) -> int:
    return deletion.items.filter(message=restoring.PERHAPS_SENT, touched=True, outcome="unknown", open=True).count()


def resumed(theatre: Theatre, deletion: Deletion, by: actions.By) -> Deletion:
    actions.resume(deletion=deletion, by=by, now=theatre.now())
    return theatre.play(deletion, stay=True)


def older(deletion: Deletion) -> bool:
    deletion.refresh_from_db()
    return (deletion.state, deletion.paused_by_account) == ("paused", True) and deletion.paused_reason.startswith(
        accounts.OLDER
    )


def true_of(theatre: Theatre, deletion: Deletion) -> None:
    """Finished, every task of it is gone, and each that was gone before any look-up is told as seen."""
    assert (deletion.state, deletion.deleted + deletion.already_gone) == ("finished", deletion.size), deletion.counts()
    assert theatre.lies(deletion) == theatre.wrong(deletion) == []
    assert set(deletion.items.values_list("outcome", flat=True)) <= GONE
    mine = TrackedTask.objects.filter(last_deletion=deletion.uuid)
    assert set(mine.values_list("presence", flat=True)) == {"deleted"}


def test_an_older_copy_sends_nothing_and_one_resume_lets_look_ups_decide(
    theatre, settings, images, by, person: Person
) -> None:
    """120 of 200 were deleted, the copy knows of 40 of them, and 20 more were on their way when it was made."""
    deletion = send(theatre, theatre.confirm(images(200), by=by), 2)
    agenda.begin_due(now=theatre.now())
    on_their_way = take(slots.take(1)[0])
    assert on_their_way
    copy = Copy()
    verdict = sending.perform(on_their_way.call, deadline=float("inf"))
    write_books(on_their_way, verdict)
    assert send(theatre, deletion, 3).deleted == 120
    copy.put_back()
    lost_gone = theatre.sandbox.deleted("image")
    before = sent(theatre)
    settings.DELETION_VERIFY = "sample"

    start(theatre)

    assert sent(theatre) == before
    assert older(deletion)
    assert (deletion.deleted, deletion.sent, deletion.waiting, deletion.unknown) == (40, 20, 0, 140)
    page = person.get(deletion.get_absolute_url()).content.decode()
    event = AuditEvent.objects.get(action="database.older")
    ends = AuditEvent.objects.get(sequence=event.sequence - 1)
    assert f"This database is older than what was done with it: its log ends with entry {ends.sequence} of " in page
    assert f"but entry {event.detail['seen']} of " in page
    assert f"{ends.at:%-d %b %Y, %H:%M:%S} UTC" in page
    assert "Resume" in page

    past = timezone.now() - timedelta(minutes=5)
    ProviderCall.objects.filter(state="open").update(lease_until=past)
    lease = slots.Lease(of=str(on_their_way.call.pk), until=ProviderCall.objects.get(state="open").lease_until)
    recovery.close_lost(lease, now=theatre.now())
    Slot.objects.update(token=None, lease_until=None)
    before = sent(theatre)
    deletion = resumed(theatre, deletion, by)
    true_of(theatre, deletion)
    found = deletion.items.filter(task_id__in=lost_gone).exclude(evidence="said")
    assert {(one.outcome, one.evidence) for one in found.filter(verified="gone")} <= {("deleted", "seen")}
    assert found.filter(outcome="deleted", evidence="seen").count() >= 80
    again = [call for call in theatre.sandbox.ledger()["calls"][before:] if call["operation"] == "delete"]
    assert {task_id for call in again for task_id in call["ids"]}.isdisjoint(lost_gone)
    assert AuditEvent.objects.get(action="deletion.resumed").detail["older"] is True


def test_it_is_noticed_once_and_not_again_after_resume(theatre, images, by, folder: Path) -> None:
    deletion = theatre.confirm(images(10), by=by)
    copy = Copy()
    send(theatre, deletion, 1)
    # Scheduled then, it would have to be resumed by itself.
    for row in copy.rows[Deletion]:
        row.state = State.RUNNING
    copy.put_back()
    assert restoring.notice(now=theatre.now())
    for _ in range(3):
        start(theatre)
        assert not restoring.notice(now=theatre.now())
    assert older(deletion)
    assert AuditEvent.objects.filter(action="database.older").count() == 1
    assert heads.behind()

    actions.resume(deletion=deletion, by=by, now=theatre.now())

    assert heads.behind() is None
    assert not restoring.notice(now=theatre.now())
    assert accounts.current().paused_reason == ""
    start(theatre)
    true_of(theatre, theatre.play(deletion, stay=True))
    assert AuditEvent.objects.filter(action="database.older").count() == 1


def running_when_lost(theatre: Theatre, deletion: Deletion, copy_at: int = 1, lists: int = 1) -> None:
    """The copy was made after so many lists; so many more went after that."""
    send(theatre, deletion, copy_at)
    copy = Copy()
    send(theatre, deletion, lists)
    copy.put_back()


def test_who_has_the_database_alone_can_not_make_it_forget(theatre, images, by) -> None:
    """They add an entry that says that it was told already, of a time to come."""
    running_when_lost(theatre, theatre.confirm(images(40), by=by))
    last = AuditEvent.objects.order_by("-sequence")[0]
    told = {"seen_at": "2999-01-01T00:00:00+00:00"}
    forged = AuditEvent(sequence=last.sequence + 1, at=last.at, action="database.older", detail=told)
    forged.previous_hash, forged.hash = last.hash, "0" * 64
    forged.save(force_insert=True)
    AuditHead.objects.update(sequence=forged.sequence, hash=forged.hash)
    assert restoring.notice(now=theatre.now())
    assert heads.behind()


def test_what_was_undone_in_the_lost_time_does_not_run_by_itself(theatre, settings, images, by) -> None:
    running = theatre.confirm(images(60), by=by)
    send(theatre, running, 1)
    settings.DELETION_GRACE_SECONDS = 10
    undone = theatre.confirm(images(300), by=by)
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
    assert (undone.state, undone.kept) == ("finished", 300)
    assert not ids & theatre.sandbox.deleted("image")


def test_what_was_undone_and_is_wanted_after_all_runs_by_its_own_resume(theatre, settings, images, by) -> None:
    settings.DELETION_GRACE_SECONDS = 10
    undone = theatre.confirm(images(40), by=by)
    copy = Copy()
    actions.undo(deletion=undone, by=by, now=theatre.now())
    copy.put_back()
    start(theatre)
    assert sent(theatre) == 0
    true_of(theatre, resumed(theatre, undone, by))
    assert accounts.current().paused_reason == ""


def test_stop_after_a_restore_keeps_only_what_look_ups_find(theatre, images, by) -> None:
    deletion = theatre.confirm(images(100), by=by)
    running_when_lost(theatre, deletion, lists=2)
    with pytest.raises(actions.Refused, match="still being noted down"):
        actions.stop_rest(deletion=deletion, by=by, now=theatre.now())
    with pytest.raises(actions.Refused, match="still being noted down"):
        actions.resume(deletion=deletion, by=by, now=theatre.now())
    start(theatre)
    actions.stop_rest(deletion=deletion, by=by, now=theatre.now())
    deletion = resumed(theatre, deletion, by)
    assert theatre.lies(deletion) == theatre.wrong(deletion) == []
    assert (deletion.state, deletion.deleted, deletion.kept) == ("finished", 60, 40)
    assert len(theatre.sandbox.deleted("image")) == 60


def test_a_call_that_was_ready_then_may_have_left(theatre, images, by) -> None:
    deletion = theatre.confirm(images(60), by=by)
    send(theatre, deletion, 1)
    ready = next_call.prepare(now=theatre.now())
    assert ready
    copy = Copy()
    verdict = sending.perform(ready.call, deadline=float("inf"))
    assert verdict.ruling == "success"
    with transaction.atomic():
        chain.append(actor="", action="call.delete")
    copy.put_back()
    start(theatre)
    deletion.refresh_from_db()
    assert (deletion.sent, deletion.unknown, doubted(deletion)) == (0, 40, 40)
    assert not ProviderCall.objects.filter(state="ready").exists()
    true_of(theatre, resumed(theatre, deletion, by))
    assert deletion.items.filter(task_id__in=ready.call.ids, outcome="deleted", evidence="seen").count() == 20


def test_what_is_doubtful_already_is_called_refused_only_after_the_lost_calls_are_over(
    theatre, settings, images, by
) -> None:
    settings.TENSORSLAB_TIMEOUT = 30.0
    deletion = theatre.confirm(images(1), by=by)
    theatre.sandbox.control(queue=["failed:before:delete"])
    send(theatre, deletion, 1)
    copy = Copy()
    theatre.skip(3600)
    with transaction.atomic():
        chain.append(actor="olga", action="a.b")
    copy.put_back()
    start(theatre)
    item = deletion.items.get()
    assert item.outcome == "unknown"
    assert item.there_from > theatre.now() + timedelta(seconds=25)
    assert item.if_there == "refuse"
    deletion = resumed(theatre, deletion, by)
    assert (deletion.state, deletion.refused) == ("finished", 1)
    assert deletion.items.get().seen_at >= item.there_from


def test_a_large_set_is_doubted_in_chunks(theatre, monkeypatch, images, by) -> None:
    deletion = theatre.confirm(images(100), by=by)
    running_when_lost(theatre, deletion)
    assert restoring.notice(now=theatre.now())
    marked = []
    while restoring.doubt_chunk(deletion, now=theatre.now(), size=30):
        marked.append(doubted(deletion))
        [(step, row)] = agenda.unfinished_chunks(now=theatre.now())
        assert (step, row) == (restoring.doubt_chunk, deletion)
        assert next_call.prepare(now=theatre.now()) is None
    assert marked == [30, 60]
    deletion.refresh_from_db()
    assert (doubted(deletion), deletion.unknown, deletion.waiting) == (80, 80, 0)
    assert deletion.doubted_through == deletion.last_item
    assert not restoring.is_under_way()
    assert agenda.unfinished_chunks(now=theatre.now()) == []
    assert TrackedTask.objects.filter(presence="deleting", last_outcome="unknown").count() == 80


@pytest.mark.postgres
def test_postgresql_reads_a_chunk_whatever_else_the_deletion_has(theatre, images, by) -> None:
    deletion = theatre.confirm(images(1000), by=by)
    arming.in_chunks(arming.arm_chunk, deletion, now=theatre.now())
    running_when_lost(theatre, deletion, copy_at=10)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE deletions_deletionitem, register_trackedtask")
    assert restoring.notice(now=theatre.now())
    for _ in range(40):
        assert restoring.doubt_chunk(deletion, now=theatre.now(), size=10)
    with reading() as reads:
        assert restoring.doubt_chunk(deletion, now=theatre.now(), size=10)
    assert reads
    assert max(reads.values()) <= 3 * 10, reads


def test_what_is_not_armed_is_doubted_as_it_is_opened(theatre, monkeypatch, images, by) -> None:
    monkeypatch.setattr(arming, "CHUNK", 20)
    deletion = theatre.confirm(images(100), by=by)
    assert deletion.armed_at is None
    arming.arm_chunk(deletion, now=theatre.now())
    copy = Copy()
    arming.in_chunks(arming.arm_chunk, deletion, now=theatre.now())
    send(theatre, deletion, 5)
    for row in copy.rows[Deletion]:
        row.state = State.RUNNING
    copy.put_back()
    assert restoring.notice(now=theatre.now())
    assert not restoring.doubt_chunk(deletion, now=theatre.now())
    assert doubted(deletion) == 20
    assert restoring.is_under_way(deletion)
    assert [step for step, _ in agenda.unfinished_chunks(now=theatre.now())] == [arming.arm_chunk]
    arming.arm_chunk(deletion, now=theatre.now())
    assert restoring.doubt_chunk in [step for step, _ in agenda.unfinished_chunks(now=theatre.now())]
    while restoring.is_under_way():
        theatre.shift()
    assert doubted(deletion) == 100
    deletion = resumed(theatre, deletion, by)
    true_of(theatre, deletion)
    assert deletion.items.filter(evidence="seen", attempts=0).count() == 100, "all were gone, none was sent again"


def test_it_doubts_none_of_what_had_been_stopped(theatre, images, by) -> None:
    deletion = theatre.confirm(images(60), by=by)
    send(theatre, deletion, 1)
    actions.stop_rest(deletion=deletion, by=by, now=theatre.now())
    settled = theatre.confirm(images(1), by=by)
    copy = Copy()
    send(theatre, settled, 1)
    copy.put_back()
    restoring.notice(now=theatre.now())
    deletion.refresh_from_db()
    assert (deletion.doubted_through, deletion.kept) == (None, 40)


def test_another_machine_that_saw_less_of_it_does_not_notice_it_again(
    theatre, images, by, settings, tmp_path: Path
) -> None:
    """Each has its own folder. What was resumed for one is over for all, and each forgets what it saw."""
    deletion = theatre.confirm(images(100), by=by)
    send(theatre, deletion, 1)
    copy = Copy()
    settings.VAR_DIR = tmp_path / "another"
    heads._process = heads._Process()
    send(theatre, deletion, 1)
    settings.VAR_DIR = tmp_path
    heads._process = heads._Process()
    send(theatre, deletion, 1)
    copy.put_back()
    assert restoring.notice(now=theatre.now())
    settings.VAR_DIR = tmp_path / "another"
    assert heads.behind()
    assert not restoring.notice(now=theatre.now())
    settings.VAR_DIR = tmp_path
    start(theatre)
    actions.resume(deletion=deletion, by=by, now=theatre.now())
    settings.VAR_DIR = tmp_path / "another"
    assert not restoring.notice(now=theatre.now())
    assert heads.behind() is None
    assert accounts.current().paused_reason == ""


def test_a_second_loss_is_noticed_as_well(theatre, images, by) -> None:
    deletion = theatre.confirm(images(100), by=by)
    send(theatre, deletion, 1)
    copy = Copy()
    for _ in range(2):
        send(theatre, deletion, 1)
        copy.put_back()
        start(theatre)
        assert older(deletion)
        actions.resume(deletion=deletion, by=by, now=theatre.now())
        agenda.heed_account(now=theatre.now())
        deletion.refresh_from_db()
        assert deletion.state == State.RUNNING
        Deletion.objects.update(doubted_through=None)
        DeletionItem.objects.filter(outcome="unknown").update(outcome="waiting", not_before=None)
        Deletion.objects.update(waiting=80, unknown=0)
    true_of(theatre, theatre.play(deletion, stay=True))


def test_no_answer_changes_or_lifts_this_pause(theatre, settings, images, by) -> None:
    deletion = theatre.confirm(images(40), by=by)
    running_when_lost(theatre, deletion)
    restoring.notice(now=theatre.now())
    reason = restoring.why()
    theatre.sandbox.control(queue=["401:before:delete"])
    verdict = sending.perform(recording.Call(1, "delete", "image", "", None, ["x"]), deadline=float("inf"))
    with transaction.atomic():
        accounts.learn(verdict, host=accounts.current_host(), now=theatre.now(), jitter=0)
    lost = judge_delete(Unanswered("No answer."))
    for _ in range(50):
        accounts.learn(lost, host=accounts.current_host(), now=theatre.now(), jitter=0)
    assert restoring.why() == reason != ""
    Account.objects.update(rest_until=None)
    with pytest.raises(sending.Paused, match="older than what was done"):
        sending.look_up(kind="image", task_id="x", actor="a", proving=True, wait=0)
    accounts.prove(accounts.current())
    assert restoring.why() == reason


def test_refreshing_stops_and_says_why(theatre, images, by, capsys) -> None:
    running_when_lost(theatre, theatre.confirm(images(40), by=by))
    restoring.notice(now=theatre.now())
    before = sent(theatre)
    with pytest.raises(SystemExit, match="This database is older than what was done with it"):
        call_command("refresh_tasks", older_than=0)
    assert sent(theatre) == before
    assert restoring.why()


def test_a_job_looks_before_it_sends(theatre, monkeypatch, images, by) -> None:
    monkeypatch.setattr(jobs, "Shift", lambda **given: Shift(length=0.5, **given))
    deletion = theatre.confirm(images(40), by=by)
    running_when_lost(theatre, deletion)
    before = sent(theatre)
    jobs.send.func()
    assert sent(theatre) == before
    assert older(deletion)


def test_a_tender_looks_again_for_a_failover(theatre, images, by) -> None:
    deletion = theatre.confirm(images(40), by=by)
    tender = Tender("t", clock=theatre.now)
    tender.tick()
    running_when_lost(theatre, deletion)
    for _ in range(5):
        assert not older(deletion)
        tender.tick()
    assert older(deletion)


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


def test_a_folder_that_can_not_be_written_is_no_reason_to_refuse(
    theatre, images, by, monkeypatch, caplog: pytest.LogCaptureFixture
) -> None:
    deletion = theatre.confirm(images(40), by=by)
    running_when_lost(theatre, deletion)
    start(theatre)

    def fails() -> None:
        raise PermissionError(13, "Permission denied", "/var/heads")

    monkeypatch.setattr(heads, "accept", fails)
    with caplog.at_level(logging.WARNING):
        actions.resume(deletion=deletion, by=by, now=theatre.now())
    assert "can't be forgotten: [Errno 13] Permission denied" in caplog.text
    assert heads.behind()
    assert not restoring.notice(now=theatre.now())
    assert restoring.why() == ""
    true_of(theatre, theatre.play(deletion, stay=True))


def test_a_log_that_went_on_says_what_it_lacks(theatre, images, by) -> None:
    running_when_lost(theatre, theatre.confirm(images(40), by=by))
    lost = heads.behind()
    assert lost
    for _ in range(10):
        with transaction.atomic():
            chain.append(actor="olga", action="signed.in")
    restoring.notice(now=theatre.now())
    seen = f"entry {lost.seen.sequence} of {lost.seen.at:%-d %b %Y, %H:%M:%S} UTC"
    assert f": {seen} was seen, and its log lacks it. " in restoring.why()


def test_a_database_that_lacks_nothing_is_left_alone(theatre, images, by, django_assert_max_num_queries) -> None:
    deletion = send(theatre, theatre.confirm(images(40), by=by), 1)
    with django_assert_max_num_queries(2):
        assert not restoring.notice(now=theatre.now())
    assert restoring.why() == ""
    true_of(theatre, theatre.play(deletion))
    assert deletion.doubted_through is None


def test_a_worker_process_sends_nothing_from_an_older_copy(
    sandbox, start, settings, images, confirm: Confirm, olga, tmp_path: Path, person: Person
) -> None:
    images(OTHERS)
    deletion = confirm(images(60))
    theatre = Theatre()
    theatre.sandbox = sandbox
    running_when_lost(theatre, deletion)
    jobs.wake(timezone.now())
    before = len(sandbox.ledger()["calls"])
    fast = {"TENSORSLAB_TIMEOUT": "2", "TENSORSLAB_BATCH_SIZE": "5", "TENSORSLAB_API_KEY": "test-key"}
    start("worker", **fast, VAR_DIR=str(tmp_path))
    until(lambda: older(deletion) and deletion.doubted_through == deletion.last_item)
    assert doubted(deletion) == 40
    assert "This database is older than what was done with it" in person.get(reverse("task-list")).content.decode()
    assert len(sandbox.ledger()["calls"]) == before

    assert person.post(url_of("resume", deletion)).status_code == 303

    def finished() -> bool:
        deletion.refresh_from_db()
        return deletion.state == State.FINISHED

    until(finished)
    assert (deletion.deleted, len(sandbox.deleted("image"))) == (60, 60)
    assert deletion.items.filter(attempts=0, outcome="deleted", evidence="seen").count() == 20
    assert AuditEvent.objects.filter(action="database.older").count() == 1


def test_the_start_says_so(theatre, images, by, monkeypatch, capsys) -> None:
    running_when_lost(theatre, theatre.confirm(images(40), by=by))
    monkeypatch.setattr("dashboard.operations.management.commands.run.call_command", lambda *a, **o: None)
    Run().prepare()
    assert "This database is older than what was done with it: its log ends with" in capsys.readouterr().out
    assert restoring.why()
