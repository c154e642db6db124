from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from dashboard.access.tokens.making import MOST_DAYS, USUAL_DAYS
from dashboard.access.tokens.scopes import Scope
from dashboard.pages import foreign

NOT_A_NAME = "Use letters that can be seen, such as the program that will have it."
DAYS = f"Use a whole number from 1 to {MOST_DAYS}."


class MakeForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=60,
        help_text="What will use it: you know it by that, and so does the audit log.",
        error_messages={"required": "Give it a name.", "max_length": "Use at most 60 characters."},
    )
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick at least one.",
            "invalid_choice": "“%(value)s” is no scope. Tick those that are listed.",
        },
    )
    days = forms.IntegerField(
        label="Expires in days",
        min_value=1,
        max_value=MOST_DAYS,
        error_messages={"required": DAYS, "invalid": DAYS, "min_value": DAYS, "max_value": DAYS},
    )

    def __init__(self, data: Any = None, *, initial: Any = None) -> None:
        usual = {"scopes": [Scope.READ], "days": USUAL_DAYS}
        super().__init__(data, initial=usual | (initial or {}), label_suffix="", auto_id="id_token_%s")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if foreign.is_blank(name) or foreign.UNSEEN.search(name):
            raise ValidationError(NOT_A_NAME)
        return name
