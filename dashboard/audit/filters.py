from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Literal

from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict

from dashboard.audit.models import AuditEvent
from dashboard.database.folding import same
from dashboard.pages import moments
from dashboard.pages.filter_forms import FilterForm
from dashboard.pages.foreign import quoted

CURSOR = re.compile(r"(older|newer)-([1-9][0-9]{0,17})", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class InvalidFilter(Exception):
    """The text is for the person who asked; `wrong` are the fields that it is about."""

    def __init__(self, sentence: str, *, wrong: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.wrong = tuple(wrong)


class InZone(forms.Field):
    """Its days are those of who looks: the zone stands beside its label."""

    in_zone = True


class DayField(InZone, forms.DateField):
    """One way to write a day, so that the address of a filter is the same for everyone."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"invalid": "it is not a day such as 2026-01-31"}

    def to_python(self, value: Any) -> date | None:
        # Python's parser would also take 2026-1-5 and other digits.
        if value and not DAY.fullmatch(str(value)):
            raise ValidationError(self.error_messages["invalid"])
        return super().to_python(value)


class AuditFilterForm(FilterForm):
    actor = forms.CharField(required=False, max_length=150)
    action = forms.ChoiceField(
        required=False, error_messages={"invalid_choice": "no entry of the audit log has this action"}
    )
    subject = forms.CharField(required=False, max_length=300)
    after = DayField(required=False, input_formats=["%Y-%m-%d"])
    before = DayField(required=False, input_formats=["%Y-%m-%d"])

    use_required_attribute = False

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query, label_suffix="")
        self.query = query
        choices = [("", "Any"), *((action, action) for action in known("action"))]
        self.fields["action"].choices = choices  # type: ignore[attr-defined]

    def validate(self) -> None:
        """A value that was ignored would show, and export, more than was asked for."""
        if unknown := sorted(set(self.query) - {*self.fields, "cursor"}):
            raise InvalidFilter(f"The audit log has no filter named {quoted(unknown[0])}.")
        if repeated := [name for name, values in self.query.lists() if len(values) > 1]:
            raise InvalidFilter(f"The filter {quoted(repeated[0])} is given more than once.")
        if self.errors:
            raise InvalidFilter(self.sentence, wrong=self.errors)
        if (cursor := self.data.get("cursor")) and not CURSOR.fullmatch(cursor):
            raise InvalidFilter(f"{quoted(cursor)} can't be used as cursor: it is not a page of this log.")

    def wrong(self, name: str) -> str:
        value = self.data[name][:60].replace("\0", "\ufffd")
        return f"{quoted(value)} can't be used as {name}: {str(self.errors[name][0]).rstrip('.')}."

    @property
    def cursor(self) -> tuple[str, int] | None:
        """Which page of what matches; no field, so that a new filter begins at the first."""
        match = CURSOR.fullmatch(self.data.get("cursor", ""))
        return (match[1], int(match[2])) if match else None

    def events(self) -> QuerySet[AuditEvent]:
        """What matches, on all pages."""
        wanted = self.cleaned_data
        events = AuditEvent.objects.all()
        if wanted["actor"]:
            events = events.filter(actor__in=same(wanted["actor"], known("actor")))
        for name in ("action", "subject"):
            if wanted[name]:
                events = events.filter(**{name: wanted[name]})
        if wanted["after"]:
            events = events.filter(at__gte=moments.begin_of(wanted["after"]))
        if wanted["before"]:
            events = events.filter(at__lte=moments.end_of(wanted["before"]))
        return events

    def query_string(self, *, cursor: str = "") -> str:
        query = QueryDict(mutable=True)
        for name in self.fields:
            if value := self.data.get(name):
                query[name] = value
        if cursor:
            query["cursor"] = cursor
        return query.urlencode()


def known(name: Literal["action", "actor"]) -> list[str]:
    """Every action or actor in the log, by one index probe for each instead of a scan of all entries."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH RECURSIVE known(name) AS (
                   SELECT min({name}) FROM audit_auditevent
                   UNION ALL
                   SELECT (SELECT min({name}) FROM audit_auditevent WHERE {name} > known.name) FROM known
                   WHERE known.name IS NOT NULL
               ) SELECT name FROM known WHERE name IS NOT NULL"""  # nosec B608 # one of two names from the code
        )
        return [row[0] for row in cursor.fetchall()]
