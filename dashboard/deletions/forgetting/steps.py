"""The steps of forgetting, which requests or jobs take: short transactions, gone on with wherever one ended.

1. Every task gets a mark. Then all who write to the register are waited for: who writes later sees the marks.
2. Words and pictures are erased, a thousand tasks at a time.
3. Rows of imports that were checked and not imported lose the same words.
4. Holds and deletions of nothing but forgotten tasks lose their reasons, in the audit log too.
5. The log tells what was done, and the certificate is signed.

Of two processes that take the same step the later one finds it done.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dashboard.database import locks
from dashboard.deletions.forgetting import certificate, marks, reasons, words
from dashboard.deletions.models import Forgetting
from dashboard.media import keeping
from dashboard.register import selecting
from dashboard.register.importing import jobs as imports
from dashboard.register.importing import wordless
from dashboard.register.models import Selection, TrackedTask
from dashboard.register.selecting import Role

Phase = Forgetting.Phase
MARKED = 5000
"""Numbers of tasks in one step that marks, chosen or not."""
ERASED = 1000
"""Tasks in one step that erases: senders wait for it."""


def step(forgetting: Forgetting, *, now: datetime) -> bool:
    """Takes the next one. False when nothing is left."""
    {
        Phase.MARKING: _mark,
        Phase.ERASING: _erase,
        Phase.IMPORTS: _heed_imports,
        Phase.REASONS: _end,
        Phase.DONE: _do_nothing,
    }[Phase(forgetting.phase)](forgetting, now=now)
    forgetting.refresh_from_db()
    return not forgetting.is_done


def _locked(forgetting: Forgetting) -> Forgetting | None:
    """None if another process took this step."""
    here = Forgetting.objects.filter(pk=forgetting.pk, phase=forgetting.phase, through=forgetting.through)
    return here.select_for_update().first()


def _moved(row: Forgetting, *, now: datetime, through: int = 0, phase: Phase | None = None) -> None:
    row.through, row.moved_at, row.phase = through, now, phase or row.phase
    row.save(update_fields=["through", "moved_at", "phase", "erased"])


def _mark(forgetting: Forgetting, *, now: datetime) -> None:
    first = TrackedTask.objects.filter(pk__gt=forgetting.through).order_by("pk").values_list("pk", flat=True).first()
    with transaction.atomic():
        if first is None or forgetting.selection is None:
            # Who began to write before the marks were there is done after this; who begins later sees them.
            locks.wait_for_writers(TrackedTask._meta.db_table)
        row = _locked(forgetting)
        if row is None:
            return
        if first is None or row.selection is None:
            row.tasks = marks.tasks_of(row).count()
            row.save(update_fields=["tasks"])
            _moved(row, now=now, phase=Phase.ERASING)
            Selection.objects.filter(uuid=row.made_of, role=Role.DRAFT).delete()
            return
        last = first + MARKED - 1
        marks.mark(row, selecting.selected(row.selection, between=(first, last)))
        _moved(row, now=now, through=last)


def _erase(forgetting: Forgetting, *, now: datetime) -> None:
    tasks = marks.after(forgetting, forgetting.through, limit=ERASED)
    # Files go first: who dies after that does it once more, and none is left behind.
    keeping.remove_files(tasks)
    with transaction.atomic():
        row = _locked(forgetting)
        if row is None:
            return
        if not tasks:
            _moved(row, now=now, phase=Phase.IMPORTS)
            return
        reasons.add(row, words.erase(tasks))
        _moved(row, now=now, through=tasks[-1])


def _heed_imports(forgetting: Forgetting, *, now: datetime) -> None:
    with transaction.atomic():
        row = _locked(forgetting)
        if row is None:
            return
        piece = wordless.take_from_piece(after=row.through)
        if piece is None:
            # Of imports that nobody went on with for a day nothing stays.
            imports.forget.call()
            wordless.take_from_samples()
        _moved(row, now=now, through=piece or 0, phase=Phase.REASONS if piece is None else None)


def _end(forgetting: Forgetting, *, now: datetime) -> None:
    reasons.erase(forgetting)
    certificate.issue(forgetting, now=now)


def _do_nothing(forgetting: Forgetting, *, now: datetime) -> None:
    """It was done before."""
