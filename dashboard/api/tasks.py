"""`/api/tasks/`: adding, listing and reading tasks."""

from __future__ import annotations

import hashlib

from django.http import Http404, QueryDict
from ninja import Query, Router
from ninja.decorators import decorate_view

from dashboard.access.permissions import IMPORT_TASKS
from dashboard.access.requests import Call, client_address
from dashboard.access.tokens.scopes import Scope
from dashboard.api import asking, shapes
from dashboard.api.authority import Token
from dashboard.api.once import once
from dashboard.calls import clock
from dashboard.pages.cursors import cut
from dashboard.pages.filter_forms import DAMAGED, BadFilter
from dashboard.pages.foreign import quoted
from dashboard.register.filters.filter import Filter
from dashboard.register.filters.form import TaskFilterForm
from dashboard.register.importing import sent
from dashboard.register.models import Star, TrackedTask
from dashboard.register.walking import NEWEST_FIRST, OLDEST_FIRST, Cursor, Walk

NAMES = {*TaskFilterForm.base_fields} - {"saved"}
"""Filters, and the order. Which view a page was opened as narrows nothing."""
UNKNOWN = "The register has no {} with the id {}."

router = Router(tags=["tasks"])


@router.post("/tasks/", response=shapes.Taken, auth=Token(Scope.INGEST, permission=IMPORT_TASKS), url_name="tasks")
@decorate_view(once)
def add_tasks(request: Call, body: shapes.SentTasks) -> shapes.Taken:
    """Adds tasks, or updates those that are there, by the rules of an import. Sending them again changes nothing."""
    taken = sent.take_in(
        [row.model_dump(exclude_unset=True) for row in body.tasks],
        actor=request.user,
        address=client_address(request),
        token=request.token.name,
        digest=hashlib.sha256(request.body).hexdigest(),
        now=clock.now(),
    )
    problems = [
        shapes.TaskProblem(index=found.line, problem=found.sentence, stored=found.line in taken.cut)
        for found in taken.problems
    ]
    return shapes.Taken(**taken.stored._asdict(), problems=problems)


@router.get("/tasks/", response=shapes.Tasks, auth=Token(Scope.READ))
def list_tasks(request: Call, asked: Query[asking.TaskQuery]) -> shapes.Tasks:
    """The filters of the page Tasks. Without `presence`, tasks that are present or being deleted."""
    asking.require_values(request.GET)
    query = request.GET.copy()
    for name in ("cursor", "limit"):
        query.pop(name, None)
    filter, sort, cursor = read_filter(query), asked.sort, Cursor.from_text(asked.cursor)
    if cursor is not None and not cursor.onward:
        raise BadFilter(DAMAGED, wrong=["cursor"])
    walk = Walk.through(filter, sort=sort, tasks=TrackedTask.objects.all())
    rows, _, more = cut(walk.beyond(cursor, limit=asked.limit + 1), size=asked.limit, onward=True, behind=False)
    following = str(Cursor.beside(rows[-1], onward=True)) if more else None
    return shapes.Tasks(tasks=_shapes(rows), next=following)


@router.get("/tasks/{kind}/{path:task_id}/", response=shapes.Task, auth=Token(Scope.READ), url_name="task")
def read_task(request: Call, kind: str, task_id: str) -> shapes.Task:
    """One task, in any presence. Its id is percent-encoded: a slash is %2F."""
    # PostgreSQL raises an error for a NUL even in a comparison.
    row = None if "\0" in kind + task_id else TrackedTask.objects.filter(kind=kind, task_id=task_id).first()
    if row is None:
        raise Http404(UNKNOWN.format(quoted(kind), quoted(task_id)))
    [shape] = _shapes([row])
    return shape


def read_filter(query: QueryDict) -> Filter:
    """Refuses what only a page has: a selection, a day to go to, a look."""
    if unknown := sorted({*query} - NAMES):
        raise BadFilter(TaskFilterForm.unknown_name.format(name=quoted(unknown[0])), wrong=unknown)
    if (sort := query.get("sort") or NEWEST_FIRST) not in {NEWEST_FIRST, OLDEST_FIRST}:
        raise BadFilter(f"Sort: {quoted(sort)} is not one of -created or created.", wrong=["sort"])
    return Filter.from_query(query)


def _shapes(rows: list[TrackedTask]) -> list[shapes.Task]:
    starred = set(Star.objects.filter(task__in=[row.pk for row in rows]).values_list("task_id", flat=True))
    return [_shape(row, starred=row.pk in starred) for row in rows]


def _shape(row: TrackedTask, *, starred: bool) -> shapes.Task:
    same = {name: getattr(row, name) for name in shapes.Task.model_fields if hasattr(row, name)}
    about = {"outcome": row.last_outcome, "message": row.last_message, "added_at": row.tracked_at, "starred": starred}
    return shapes.Task(**same | about | {"urls": row.web_urls})
