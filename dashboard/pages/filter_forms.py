"""Forms that filter a list. Unknown names are refused: if they were ignored, the list would show too much."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from dashboard.pages.cursors import Cursor, Damaged
from dashboard.pages.foreign import quoted

DAMAGED = "This page's address is damaged. Go to the first page."
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class BadFilter(Exception):
    """The address asks for something that the list lacks. The text is for people; `wrong` names the fields at fault."""

    def __init__(self, sentence: str, *, wrong: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.wrong = tuple(wrong)


class InZone(forms.Field):
    """Days in the time zone of the person, which is shown beside the label."""

    in_zone = True
    how = "Write it as YYYY-MM-DD."


class DayField(InZone, forms.DateField):
    """Only one way to write a day, so that the address of a filter is the same for every person."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"invalid": "it is not a day such as 2026-01-31"}

    def to_python(self, value: Any) -> date | None:
        # Python's parser would also take 2026-1-5 and other digits.
        if value and not DAY.fullmatch(str(value)):
            raise ValidationError(self.error_messages["invalid"])
        return super().to_python(value)


class FilterField(forms.BoundField):
    """Described by the zone beside its label, and by the sentence that says why it can't be used."""

    @property
    def aria_describedby(self) -> str | None:
        about = [f"{self.auto_id}_zone"] if getattr(self.field, "in_zone", False) else []
        about += [f"{self.auto_id}_error"] if self.errors else []
        return " ".join(about) or None

    @property
    def wrong(self) -> str:
        return cast(FilterForm, self.form).wrong(self.name) if self.errors else ""


class FilterForm(forms.Form):
    """A subclass names its fields, and has sentences of its own."""

    bound_field_class = FilterField
    besides = frozenset({"cursor"})
    """Names that an address may have besides the fields."""
    repeatable: frozenset[str] = frozenset()
    unknown_name = "There is no filter called {name}."
    repeated_name = "{name} stands more than once in the address. Once is clear."
    damaged_cursor = DAMAGED
    cursor: Cursor | None = None
    """The page of the results; not a field, so that a new filter begins at the first page."""

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query, label_suffix="")
        self.query = query

    @classmethod
    def check_names(cls, query: QueryDict) -> None:
        if unknown := sorted(set(query) - {*cls.base_fields, *cls.besides}):
            raise BadFilter(cls.unknown_name.format(name=quoted(unknown[0])))
        for name, values in query.lists():
            if len(values) > 1 and name not in cls.repeatable:
                raise BadFilter(cls.repeated_name.format(name=quoted(name), times=len(values)))

    def validate(self) -> None:
        self.check_names(self.query)
        if self.errors:
            raise BadFilter(self.sentence, wrong=self.errors)
        self.cursor = self._cursor()

    def _cursor(self) -> Cursor | None:
        text = self.query.get("cursor", "")
        try:
            return Cursor.from_text(text)
        except Damaged as error:
            raise BadFilter(self.damaged_cursor.format(cursor=quoted(text))) from error

    def wrong(self, name: str) -> str:
        """One sentence: what is wrong with this field, and what it takes."""
        field, value = self.fields[name], quoted(str(self.query.get(name, "")))
        if isinstance(field, forms.ChoiceField):
            choices = cast("list[tuple[str, str]]", field.choices)
            known = " or ".join(", ".join(choice for choice, _ in choices if choice).rsplit(", ", 1))
            return f"{field.label}: {value} is not one of {known}."
        if isinstance(field, InZone):
            return f"{field.label}: {value} is not a day. {field.how}"
        if isinstance(field, forms.CharField) and self.has_error(name, "max_length"):
            return f"{field.label}: use at most {field.max_length} characters."
        return f"{field.label}: {' '.join(map(str, self.errors[name]))}"

    @property
    def sentence(self) -> str:
        """What is wrong, field by field; empty if nothing is."""
        return " ".join(self.wrong(name) for name in self.errors)

    def query_string(self, cursor: Cursor | None = None) -> str:
        query = QueryDict(mutable=True)
        for name in self.fields:
            if value := self.query.get(name):
                query[name] = str(value)
        if cursor:
            query["cursor"] = str(cursor)
        return query.urlencode()

    def page_at(self, cursor: Cursor | None) -> str:
        """The query string of another page; empty if there is none."""
        return self.query_string(cursor) if cursor else ""
