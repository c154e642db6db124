from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard.access.models import Profile
from dashboard.access.requests import SignedInRequest, client_address
from dashboard.audit import chain
from dashboard.env import zones


class AccountForm(forms.Form):
    time_zone = forms.ChoiceField(label="Time zone", required=False, help_text="Times and days are shown in it.")

    def __init__(self, data: QueryDict | None, *, chosen: str) -> None:
        super().__init__(data, initial={"time_zone": chosen}, label_suffix="")
        field = self.fields["time_zone"]
        default = f"As for everybody ({timezone.get_default_timezone_name()})"
        field.choices = [("", default), *((zone, zone) for zone in zones())]  # type: ignore[attr-defined]
        field.error_messages["invalid_choice"] = "“%(value)s” is no time zone. Choose one of the list."


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    profile = getattr(request.user, "profile", None) or Profile(user=request.user)
    form = AccountForm(request.POST if request.method == "POST" else None, chosen=profile.time_zone)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "now": timezone.now()}
        return render(request, "registration/account.html", context, status=422 if form.is_bound else 200)
    profile.time_zone = form.cleaned_data["time_zone"]
    with transaction.atomic():
        profile.save()
        name = request.user.get_username()
        told = {"time_zone": profile.time_zone}
        chain.append(actor=name, address=client_address(request), action="user.chose", subject=name, detail=told)
    messages.success(request, "Saved.")
    return redirect("account")
