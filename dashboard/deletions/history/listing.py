"""The history: which deletions match, and what each did to one task."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict

from dashboard.audit.filters import DayField
from dashboard.calls.models import Kind
from dashboard.database.folding import fold, holds, same
from dashboard.deletions.models import Deletion, DeletionItem, Outcome
from dashboard.pages import moments
from dashboard.pages.filter_forms import FilterForm
from dashboard.pages.foreign import is_blank, quoted
from dashboard.register.filters.filter import BadFilter
from dashboard.register.filters.form import unusable
from dashboard.register.models import TrackedTask
from dashboard.register.search.query import bare

PAGE_SIZE = 50
OF_A_TASK = 20
"""Deletions that a task's own page shows."""
CURSOR = re.compile(r"(older|newer)-([1-9][0-9]{0,17})", re.ASCII)


class HistoryFilterForm(FilterForm):
    by = forms.CharField(label="By", required=False, max_length=150)
    outcome = forms.ChoiceField(label="Outcome", required=False, choices=[("", "Any"), *Outcome.choices])
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "Any"), *Kind.choices])
    after = DayField(label="After", required=False)
    before = DayField(label="Before", required=False)
    task = forms.CharField(label="Task id", required=False, max_length=255)
    q = forms.CharField(label="Reason contains", required=False, max_length=500)
    cursor = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query, label_suffix="")
        self.query = query

    def validate(self) -> None:
        """A value that was ignored would show more than was asked for."""
        if unknown := sorted(set(self.query) - set(self.fields)):
            raise BadFilter(f"There is no filter called {quoted(unknown[0])}.")
        if repeated := [name for name, values in self.query.lists() if len(values) > 1]:
            raise BadFilter(f"{quoted(repeated[0])} stands more than once in the address. Once is clear.")
        if self.errors:
            raise BadFilter(self.sentence, wrong=self.errors)
        if (cursor := self.cleaned_data["cursor"]) and not CURSOR.fullmatch(cursor):
            raise BadFilter("This page's address is damaged. Go to the first page.")

    def clean_q(self) -> str:
        words: str = self.cleaned_data["q"]
        if words and is_blank(fold(words)):
            # Every reason has nothing in it.
            raise ValidationError("what stands there is invisible. Write a word.")
        return words

    def wrong(self, name: str) -> str:
        return unusable(self, name) or super().wrong(name)

    def query_string(self, cursor: str = "") -> str:
        query = QueryDict(mutable=True)
        for name in self.fields:
            if name != "cursor" and (value := self.query.get(name)):
                query[name] = str(value)
        if cursor:
            query["cursor"] = cursor
        return query.urlencode()

    def deletions(self) -> QuerySet[Deletion]:
        wanted = self.cleaned_data
        found = Deletion.objects.confirmed()
        if wanted["by"]:
            people = found.order_by().values_list("actor_name", flat=True).distinct()
            found = found.filter(actor_name__in=same(wanted["by"], people))
        if wanted["outcome"]:
            found = found.filter(**{f"{wanted['outcome']}__gt": 0})
        if wanted["kind"] and not wanted["task"]:
            found = found.filter(**{f"{wanted['kind']}s__gt": 0})
        if wanted["after"]:
            found = found.filter(confirmed_at__gte=moments.begin_of(wanted["after"]))
        if wanted["before"]:
            found = found.filter(confirmed_at__lte=moments.end_of(wanted["before"]))
        if wanted["task"]:
            found = found.filter(pk__in=self.items().values("deletion_id"))
        if wanted["q"]:
            found = found.filter(holds("reason_folded", fold(wanted["q"])))
        return found

    def items(self) -> QuerySet[DeletionItem]:
        """What happened to the task that was asked for: of one kind, with one outcome, when these are asked for too."""
        wanted = self.cleaned_data
        named = {wanted["task"], bare(wanted["task"])}
        items = DeletionItem.objects.filter(tracked__in=TrackedTask.objects.filter(task_id__in=named))
        exact = {name: wanted[name] for name in ("kind", "outcome") if wanted[name]}
        return items.filter(**exact)


@dataclass(kw_only=True)
class Entry:
    deletion: Deletion
    items: list[DeletionItem]
    """What happened to the task that was asked for; empty when none was."""


@dataclass(frozen=True, kw_only=True)
class Page:
    entries: list[Entry]
    newer: str
    older: str


def page_of(form: HistoryFilterForm) -> Page:
    """Newest first. The order is that of confirmation; a page is found by key."""
    found = form.deletions()
    match = CURSOR.fullmatch(form.cleaned_data["cursor"] or "")
    here = found
    if match:
        mark = Deletion.objects.confirmed().filter(pk=int(match[2]), confirmed_at__isnull=False).first()
        if mark is None:
            raise BadFilter("This page's address is damaged. Go to the first page.")
        here = found.filter(_beyond(mark, older=match[1] == "older"))
    if match and match[1] == "newer":
        rows = list(here.order_by("confirmed_at", "pk")[: PAGE_SIZE + 1])
        has_newer, has_older = len(rows) > PAGE_SIZE, True
        rows = rows[:PAGE_SIZE][::-1]
    else:
        rows = list(here.order_by("-confirmed_at", "-pk")[: PAGE_SIZE + 1])
        has_newer, has_older = bool(match), len(rows) > PAGE_SIZE
        rows = rows[:PAGE_SIZE]
    return Page(
        entries=_entries(rows, form.items() if form.cleaned_data["task"] else None),
        newer=f"newer-{rows[0].pk}" if rows and has_newer else "",
        older=f"older-{rows[-1].pk}" if rows and has_older else "",
    )


def _beyond(mark: Deletion, *, older: bool) -> Q:
    if older:
        return Q(confirmed_at__lt=mark.confirmed_at) | Q(confirmed_at=mark.confirmed_at, pk__lt=mark.pk)
    return Q(confirmed_at__gt=mark.confirmed_at) | Q(confirmed_at=mark.confirmed_at, pk__gt=mark.pk)


def of_task(task: TrackedTask) -> Page:
    """The newest deletions that one task was in."""
    items = DeletionItem.objects.filter(tracked=task)
    found = Deletion.objects.confirmed().filter(pk__in=items.values("deletion_id"))
    rows = list(found.order_by("-confirmed_at", "-pk")[: OF_A_TASK + 1])
    shown = rows[:OF_A_TASK]
    older = f"older-{shown[-1].pk}" if len(rows) > OF_A_TASK else ""
    return Page(entries=_entries(shown, items), newer="", older=older)


def _entries(rows: list[Deletion], items: QuerySet[DeletionItem] | None) -> list[Entry]:
    entries = {row.pk: Entry(deletion=row, items=[]) for row in rows}
    for item in items.filter(deletion__in=entries) if items is not None else []:
        entries[item.deletion_id].items.append(item)
    return list(entries.values())
