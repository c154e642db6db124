"""My account: each section of the page is a form and a template of its own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import auth, messages
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.access import lifetimes, throttle
from dashboard.access.models import Profile
from dashboard.access.requests import SignedInRequest, client_address
from dashboard.access.sessions import stored
from dashboard.access.tokens import making
from dashboard.access.tokens.forms import MakeForm
from dashboard.audit import chain
from dashboard.env import zones
from dashboard.pages.downloads import TooMany


class AccountForm(forms.Form):
    time_zone = forms.ChoiceField(label="Time zone", required=False, help_text="Times and days are shown in it.")

    def __init__(self, data: QueryDict | None, *, chosen: str) -> None:
        super().__init__(data, initial={"time_zone": chosen}, label_suffix="")
        field = self.fields["time_zone"]
        default = f"As for everybody ({timezone.get_default_timezone_name()})"
        field.choices = [("", default), *((zone, zone) for zone in zones())]  # type: ignore[attr-defined]
        field.error_messages["invalid_choice"] = "“%(value)s” is no time zone. Choose one of the list."


class OwnPasswordForm(PasswordChangeForm):
    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": "This is not the current password. Nothing was changed.",  # nosec B105 # a sentence
    }

    def __init__(self, person: User, data: Any = None) -> None:
        super().__init__(person, data, label_suffix="")
        labels = {
            "old_password": "Current password",  # nosec B105 # the label of a field
            "new_password1": "New password",
            "new_password2": "New password again",
        }
        for name, label in labels.items():
            self.fields[name].label = label
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.fields["new_password2"].help_text = ""


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    profile = getattr(request.user, "profile", None) or Profile(user=request.user)
    form = AccountForm(request.POST if request.method == "POST" else None, chosen=profile.time_zone)
    if request.method != "POST" or not form.is_valid():
        return page(request, status=422 if form.is_bound else 200, form=form)
    chosen = {"time_zone": form.cleaned_data["time_zone"]}
    with transaction.atomic():
        Profile.objects.update_or_create(user=request.user, defaults=chosen)
        _append(request, "user.chose", chosen)
    messages.success(request, "Saved.")
    return redirect("account")


@require_POST
@sensitive_post_parameters("old_password", "new_password1", "new_password2")
def change_password(request: SignedInRequest) -> HttpResponse:
    """Ends every other session. Guesses of the current password count as at the sign-in."""
    form = OwnPasswordForm(request.user, request.POST)
    attempt = None
    if request.POST.get("old_password"):
        attempt = throttle.reserve(username=request.user.get_username(), address=client_address(request))
        if attempt is None:
            raise TooMany(throttle.TOO_MANY)
    is_valid = form.is_valid()
    if attempt and "old_password" not in form.errors:
        throttle.succeeded(attempt)
    if not is_valid:
        return page(request, status=422, password_form=form)
    with transaction.atomic():
        person = form.save()
        auth.update_session_auth_hash(request, person)
        ended = lifetimes.end_all(person.pk, but=_own(request))
        _append(request, "user.password_changed", {"sessions": ended})
    messages.success(request, "The password is changed. Every other session has ended.")
    return redirect("account")


@require_POST
def end_sessions(request: SignedInRequest) -> HttpResponse:
    """One of the person's own sessions, or with `others` all but this one."""
    one = request.POST.get("session", "")
    theirs = lifetimes.open_now(now=timezone.now()).filter(user=request.user)
    if "others" not in request.POST and not theirs.filter(session_key=one).exists():
        return page(request, status=422, wrong_session="This session has ended already, or is none of yours.")
    with transaction.atomic():
        if "others" in request.POST:
            ended = lifetimes.end_all(request.user.pk, but=_own(request))
        else:
            ended, _ = theirs.filter(session_key=one).delete()
        _append(request, "user.sessions_ended", {"sessions": ended})
    if one == _own(request) and "others" not in request.POST:
        auth.logout(request)
        return redirect("login")
    messages.success(request, f"{ended} session{'' if ended == 1 else 's'} ended.")
    return redirect("account")


def page(request: SignedInRequest, *, status: int, **wrong: Any) -> HttpResponse:
    """`wrong` is the form of one section as it was sent; the other sections are as they are."""
    chosen = getattr(getattr(request.user, "profile", None), "time_zone", "")
    now = timezone.now()
    context = {
        "form": AccountForm(None, chosen=chosen),
        "password_form": OwnPasswordForm(request.user),
        "sessions": list(lifetimes.open_now(now=now).filter(user=request.user)),
        "own_session": _own(request),
        "tokens": making.kept(request.user),
        "token_form": MakeForm(initial=_typed(request)),
        "now": now,
        **wrong,
    }
    return render(request, "registration/account.html", context, status=status)


def _typed(request: SignedInRequest) -> dict[str, Any]:
    """What was to be the new token, before its person showed that it is them."""
    given = {name: request.GET.get(name, "") for name in ("name", "days")} | {"scopes": request.GET.getlist("scopes")}
    return {name: value for name, value in given.items() if value}


def _own(request: SignedInRequest) -> str:
    return stored(request.session.session_key or "")


def _append(request: SignedInRequest, action: str, detail: dict[str, Any]) -> None:
    name = request.user.get_username()
    chain.append(actor=name, address=client_address(request), action=action, subject=name, detail=detail)
