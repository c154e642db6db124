from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.models import User
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, QueryDict

from dashboard.access import throttle
from dashboard.access.requests import client_address


class SignInForm(AuthenticationForm):
    # Django's field states its longest length in the HTML only, and accepts any length on the server.
    username = UsernameField(label="Username", max_length=150, widget=forms.TextInput(attrs={"autofocus": True}))

    error_messages = {
        "invalid_login": "No account has this username and password. Upper and lower case count in both.",
        "inactive": "This account is closed. An administrator can open it again.",
        "throttled": throttle.TOO_MANY,
    }

    def __init__(self, request: HttpRequest, data: QueryDict | None = None) -> None:
        super().__init__(request, data, label_suffix="")
        self.address = client_address(request)

    def clean(self) -> dict[str, Any]:
        # This comes before the password is checked; otherwise a throttled guess would still learn whether it was right.
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        attempt = throttle.reserve(username=username, address=self.address) if username and password else None
        if username and password and not attempt:
            raise ValidationError(self.error_messages["throttled"], code="throttled")
        cleaned = super().clean()
        if attempt:
            throttle.succeeded(attempt)
        return cleaned

    @property
    def was_throttled(self) -> bool:
        return self.has_error(NON_FIELD_ERRORS, "throttled")

    @property
    def guessed_wrong(self) -> bool:
        """Whether a name and a password were given, and belong to no account."""
        return bool(self.non_field_errors()) and not self.was_throttled

    @property
    def known_name(self) -> str:
        """The name that was typed, if an account has it: people type passwords there, and the log is permanent."""
        name: str = self.cleaned_data["username"]
        return name if User.objects.filter(username=name).exists() else ""
