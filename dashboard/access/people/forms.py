from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm, UsernameField
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from dashboard.access import usernames
from dashboard.access.limits import Allowed
from dashboard.access.models import Limits
from dashboard.access.roles import ROLES
from dashboard.pages import foreign

MOST = 1_000_000_000
KINDS = [("image", "Images"), ("video", "Videos")]
BOTH = "These are limits. Take them out, or untick “No limits”."
ROLE_CHOICES = [(role, role.capitalize()) for role in ROLES]
UNKNOWN_ROLE = {"invalid_choice": "“%(value)s” is no role. Choose one of the list.", "required": "Choose a role."}
NUMBER = {
    "invalid": "Use a whole number, or leave it empty for no limit.",
    "min_value": "Use 0 or more, or leave it empty for no limit.",
    "max_value": f"Use at most {MOST:,}, or leave it empty for no limit.",
}


def _number(label: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=MOST,
        help_text="More need approval. Empty for no limit.",
        error_messages=NUMBER,
    )


class AddForm(forms.ModelForm[User]):
    role = forms.ChoiceField(label="Role", choices=ROLE_CHOICES, error_messages=UNKNOWN_ROLE)

    class Meta:
        model = User
        fields = ("username",)
        field_classes = {"username": UsernameField}
        labels = {"username": "Username"}
        help_texts = {
            "username": "Letters, digits and @/./+/-/_. It can't be changed later: the audit log names people by it."
        }
        error_messages = {
            "username": {
                "required": "Type a username.",
                "unique": "Somebody has this name already.",
            }
        }

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="", initial={"role": "operator"})

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if foreign.is_blank(name):
            raise ValidationError("There is nothing to see in this name.")
        usernames.check(name)
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError("Somebody has this name already.")
        return name


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=ROLE_CHOICES, error_messages=UNKNOWN_ROLE)


class LimitsForm(forms.Form):
    most_tasks = _number("Tasks a deletion")
    most_daily = _number("Tasks in 24 hours")
    only_kinds = forms.MultipleChoiceField(
        label="Only these kinds",
        required=False,
        choices=KINDS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "“%(value)s” is no kind. There are images and videos."},
    )
    only_models = forms.CharField(
        label="Only these models", required=False, max_length=1000, help_text="With commas between them."
    )
    unlimited = forms.BooleanField(label="No limits, whatever the role's are", required=False)

    def __init__(self, data: Any = None, *, row: Limits | None = None, of_role: bool = False) -> None:
        initial: dict[str, Any] = {}
        if row is not None:
            initial = {name: getattr(row, name) for name in ("most_tasks", "most_daily", "only_kinds")}
            initial["only_models"] = ", ".join(row.only_models)
            initial["unlimited"] = not any(initial.values())
        super().__init__(data, initial=initial, label_suffix="")
        if of_role:
            del self.fields["unlimited"]

    def clean_only_models(self) -> list[str]:
        names = [name.strip() for name in self.cleaned_data["only_models"].split(",")]
        for name in names:
            if foreign.UNSEEN.search(name):
                raise ValidationError(f"{foreign.quoted(name)} holds a character that nobody can see.")
        return list(dict.fromkeys(filter(None, names)))

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("unlimited") and self._any():
            raise ValidationError(BOTH)
        return self.cleaned_data

    def limits(self) -> Allowed | None:
        """None where nothing is said, which leaves it to the role."""
        given = self.cleaned_data
        if not self._any():
            return Allowed() if given.get("unlimited") else None
        kinds = given["only_kinds"] if len(given["only_kinds"]) < len(KINDS) else []
        return Allowed(
            most_tasks=given["most_tasks"],
            most_daily=given["most_daily"],
            only_kinds=tuple(kinds),
            only_models=tuple(given["only_models"]),
        )

    def _any(self) -> bool:
        given = self.cleaned_data
        numbers = [given.get("most_tasks"), given.get("most_daily")]
        return numbers != [None, None] or bool(given.get("only_kinds") or given.get("only_models"))


class JoinForm(SetPasswordForm):  # type: ignore[type-arg]
    def __init__(self, person: User, data: Any = None) -> None:
        super().__init__(person, data, label_suffix="")
        self.fields["new_password1"].label = "Password"
        self.fields["new_password2"].label = "Password again"
        self.fields["new_password2"].help_text = ""
