from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from dashboard.calls.models import Kind
from dashboard.pages.filter_forms import BadFilter, DayField, FilterForm
from dashboard.pages.foreign import quoted
from dashboard.register.filters import largest
from dashboard.register.filters.times import Age, TimeField
from dashboard.register.models import UNFINISHED, Held, Presence, Starred, Status
from dashboard.register.search.query import read

SELDOM = ("largest", "seen_before")
LONGEST_MODELS = 1500
"""Characters of all chosen names: about a dozen of the longest ones."""


class ModelsInput(forms.TextInput):
    """Joins parameters of the same name with commas."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str | None:
        return ", ".join(filter(None, data.getlist(name))) if name in data else None


class ModelsField(forms.CharField):
    widget = ModelsInput


class TaskFilterForm(FilterForm):
    q = forms.CharField(label="Search", required=False, max_length=1000)
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "Any"), *Kind.choices])
    status = forms.ChoiceField(
        label="Status", required=False, choices=[("", "Any"), *Status.choices, (UNFINISHED, "Not finished")]
    )
    presence = forms.ChoiceField(
        label="Presence", required=False, choices=[("", "Present and deleting"), *Presence.choices]
    )
    model = ModelsField(label="Model", required=False, max_length=LONGEST_MODELS)
    starred = forms.ChoiceField(label="Starred", required=False, choices=[("", "Any"), *Starred.choices])
    held = forms.ChoiceField(label="Held", required=False, choices=[("", "Any"), *Held.choices])
    created_after = TimeField(label="Created from", required=False)
    created_before = TimeField(label="Created until", required=False)
    largest = forms.ChoiceField(label="Largest models", required=False, choices=[("", "Any"), *largest.CHOICES])
    seen_before = TimeField(label="Not seen since", required=False)
    sort = forms.CharField(required=False, widget=forms.HiddenInput)
    saved = forms.CharField(required=False, widget=forms.HiddenInput)

    besides = frozenset({"cursor", "selection", "selected", "day", "view"})
    repeatable = frozenset({"model"})
    repeated_name = "{name} stands {times} times in the address. Once is clear."

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.fields["q"].widget.input_type = "search"
        self.ages = [Age(1, "h"), Age(1, "d"), Age(7, "d"), Age(30, "d"), Age(6, "m"), Age(1, "y")]
        self.fields["q"].widget.attrs["placeholder"] = "Id or words"
        # For these there is only room where they are used: saved views lead there.
        for name in SELDOM:
            if name in self.fields and not query.get(name):
                self.fields[name].widget = forms.HiddenInput()

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"]
        if text and not read(text).groups:
            raise ValidationError("what stands there is invisible. Write a word, or a task id.")
        return text

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("model") and self.cleaned_data.get("largest"):
            self.add_error("model", "choose models by their names, or the largest ones, and not both.")
        return self.cleaned_data


class RuleForm(TaskFilterForm):
    """What a rule for holds can ask for: what comes with a task."""

    presence = starred = held = largest = seen_before = sort = saved = None  # type: ignore[assignment]

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.fields["q"].label = "Prompt contains"
        self.fields["q"].widget.attrs["placeholder"] = "Words, “a phrase”, or ids"


def day_from(query: QueryDict) -> date | None:
    """The day in `day`, to which a person wants to go."""
    text = query.get("day", "")
    try:
        return cast("date | None", DayField(required=False).clean(text))
    except ValidationError as error:
        raise BadFilter(f"Go to day: {quoted(text)} is not a day. Write it as YYYY-MM-DD.") from error
