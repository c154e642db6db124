"""The history: the deletions that match, and what each did to one task."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet

from dashboard.calls.models import Kind
from dashboard.database.folding import contains, fold, same
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.pages import moments
from dashboard.pages.cursors import Cursor, Page, cut
from dashboard.pages.filter_forms import DAMAGED, BadFilter, DayField, FilterForm
from dashboard.pages.foreign import is_blank
from dashboard.register.models import TrackedTask
from dashboard.register.search.query import bare

PAGE_SIZE = 50
UNCONFIRMED = {State.DRAFT, State.DISCARDED}
OF_A_TASK = 20
"""The most deletions that a task's own page shows."""


class HistoryFilterForm(FilterForm):
    by = forms.CharField(label="By", required=False, max_length=150)
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any"), *State.choices])
    outcome = forms.ChoiceField(label="Outcome", required=False, choices=[("", "Any"), *Outcome.choices])
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "Any"), *Kind.choices])
    after = DayField(label="After", required=False)
    before = DayField(label="Before", required=False)
    task = forms.CharField(label="Task id", required=False, max_length=255)
    q = forms.CharField(label="Reason contains", required=False, max_length=500)

    def clean_q(self) -> str:
        words: str = self.cleaned_data["q"]
        if words and is_blank(fold(words)):
            # An empty text is part of every reason.
            raise ValidationError("what stands there is invisible. Write a word.")
        return words

    def deletions(self) -> QuerySet[Deletion]:
        wanted = self.cleaned_data
        found = Deletion.objects.filter(state=wanted["state"]) if wanted["state"] else Deletion.objects.confirmed()
        if wanted["by"]:
            people = found.order_by().values_list("actor_name", flat=True).distinct()
            found = found.filter(actor_name__in=same(wanted["by"], people))
        if wanted["outcome"]:
            found = found.filter(**{f"{wanted['outcome']}__gt": 0})
        if wanted["kind"] and not wanted["task"]:
            found = found.filter(images__gt=0) if wanted["kind"] == Kind.IMAGE else found.filter(images__lt=F("total"))
        if wanted["after"]:
            found = found.filter(confirmed_at__gte=moments.begin_of(wanted["after"]))
        if wanted["before"]:
            found = found.filter(confirmed_at__lte=moments.end_of(wanted["before"]))
        if wanted["task"]:
            found = found.filter(pk__in=self.items().values("deletion_id"))
        if wanted["q"]:
            found = found.filter(contains("reason_folded", fold(wanted["q"])))
        return found

    @property
    def order(self) -> list[str]:
        """What decides the order. Most drafts were never confirmed: they stand as they were made."""
        return ["pk"] if self.cleaned_data["state"] in UNCONFIRMED else ["confirmed_at", "pk"]

    def items(self) -> QuerySet[DeletionItem]:
        """The items of the task that is searched for, of one kind or outcome if the form names it."""
        wanted = self.cleaned_data
        named = {wanted["task"], bare(wanted["task"])}
        items = DeletionItem.objects.filter(tracked__in=TrackedTask.objects.filter(task_id__in=named))
        exact = {name: wanted[name] for name in ("kind", "outcome") if wanted[name]}
        return items.filter(**exact)


@dataclass(kw_only=True)
class Entry:
    deletion: Deletion
    items: list[DeletionItem]
    """The items of the task that is searched for; empty without such a search."""
    polling: int = 0
    """Seconds until its row should ask again; 0 if nothing will change by itself."""


def page_of(form: HistoryFilterForm) -> Page[Entry]:
    """Newest first, by the moment of confirmation."""
    found, cursor = form.deletions(), form.cursor
    older = cursor is None or cursor.older
    if cursor:
        mark = Deletion.objects.filter(pk=cursor.number).first()
        if mark is None or any(getattr(mark, name) is None for name in form.order):
            raise BadFilter(DAMAGED)
        found = found.filter(_beyond(mark, form.order, older=older))
    order = [f"-{name}" if older else name for name in form.order]
    # Behind a cursor is at least the deletion that it was made from.
    rows, has_newer, has_older = cut(
        list(found.order_by(*order)[: PAGE_SIZE + 1]), size=PAGE_SIZE, onward=older, behind=cursor is not None
    )
    return Page(
        rows=_entries(rows, form.items() if form.cleaned_data["task"] else None),
        newer=Cursor(older=False, number=rows[0].pk) if rows and has_newer else None,
        older=Cursor(older=True, number=rows[-1].pk) if rows and has_older else None,
    )


def _beyond(mark: Deletion, order: list[str], *, older: bool) -> Q:
    side = "lt" if older else "gt"
    found = Q(**{f"{order[0]}__{side}": getattr(mark, order[0])})
    if len(order) > 1:
        found |= Q(**{order[0]: getattr(mark, order[0]), f"pk__{side}": mark.pk})
    return found


def of_task(task: TrackedTask) -> Page[Entry]:
    items = DeletionItem.objects.filter(tracked=task)
    found = Deletion.objects.confirmed().filter(pk__in=items.values("deletion_id"))
    found = found.order_by("-confirmed_at", "-pk")[: OF_A_TASK + 1]
    rows, _, has_older = cut(list(found), size=OF_A_TASK, onward=True, behind=False)
    older = Cursor(older=True, number=rows[-1].pk) if has_older else None
    return Page(rows=_entries(rows, items), newer=None, older=older)


def _entries(rows: list[Deletion], items: QuerySet[DeletionItem] | None) -> list[Entry]:
    entries = {row.pk: Entry(deletion=row, items=[]) for row in rows}
    for item in items.filter(deletion__in=entries) if items is not None else []:
        entries[item.deletion_id].items.append(item)
    return list(entries.values())
