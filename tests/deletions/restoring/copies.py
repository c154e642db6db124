"""An older copy of the database in its place, and what a deletion does then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboard.audit import heads
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.calls import accounts, sending, slots
from dashboard.calls.models import Account, Control, ProviderCall, Slot, Worker
from dashboard.calls.verdicts import Verdict
from dashboard.database import append_only
from dashboard.deletions import actions
from dashboard.deletions.dispatch import agenda, next_call, restoring
from dashboard.deletions.dispatch.outcomes import settle
from dashboard.deletions.dispatch.recovery import Tender
from dashboard.deletions.models import GONE, Deletion, DeletionItem, Inspection
from dashboard.register.models import TrackedTask
from tests.deletions.conftest import just_asked
from tests.deletions.small_world import take
from tests.deletions.theatre import STEPS, Theatre

Images = Callable[[int], list[TrackedTask]]

ROWS = [
    *(AuditHead, AuditEvent, Account, Control, Slot, ProviderCall, Worker, DBTaskResult),
    *(Deletion, DeletionItem, Inspection),
]

SHOWN = ["presence", "last_outcome", "last_message", "last_deletion", "deleted_at", "held_by"]


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
    """What a worker does first: its tender looks round, and shifts are run until what may have been sent is noted."""
    Tender("t", clock=theatre.now).tick()
    theatre.shift()
    for _ in range(STEPS):
        if not restoring.is_under_way():
            return
        theatre.shift()
    raise AssertionError("It is still being noted down.")


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


def running_when_lost(theatre: Theatre, deletion: Deletion, copy_at: int = 1, lists: int = 1) -> None:
    """The copy was made after so many lists; so many more went after that."""
    send(theatre, deletion, copy_at)
    copy = Copy()
    send(theatre, deletion, lists)
    copy.put_back()
