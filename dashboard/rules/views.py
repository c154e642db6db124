"""Rules: all of them, one with its life, New rule, and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access.permissions import DELETE_TASKS, MANAGE_PEOPLE, permission_required
from dashboard.access.requests import SignedInRequest, client_address
from dashboard.access.zones import zone_of
from dashboard.calls import clock
from dashboard.deletions.actions import By
from dashboard.pages.refusals import refused
from dashboard.register import saved_views
from dashboard.register.holding.asking import Invalid, Refused
from dashboard.rules import forms, making, showing
from dashboard.rules.consents import NEEDED
from dashboard.rules.models import Rule
from dashboard.rules.showing import Shown

BEGINNING = {"often": forms.EVERY_DAY, "hour": "3", "cap": "1000", "by_itself": False}
"""What stands in the fields of a new rule."""


@require_safe
def rule_list(request: SignedInRequest) -> HttpResponse:
    now = clock.now()
    context = {"rules": showing.rules(now=now), "waiting": showing.waiting_for(request.user, now=now)}
    return render(request, "rules/rule_list.html", context)


@require_safe
def rule_detail(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    rule = _found(uuid)
    shown = Shown.of(rule, now=clock.now())
    context = {
        "rule": rule,
        "shown": shown,
        "runs": list(showing.runs_of(rule)),
        "pictures": showing.pictures_of(shown.ahead) if shown.ahead else [],
        "needed": NEEDED,
        "is_owner": making.may(rule, by(request)) and request.user.has_perm(DELETE_TASKS),
        "may_pause": making.may(rule, by(request), by_others=DELETE_TASKS) and request.user.has_perm(DELETE_TASKS),
        "may_delete": making.may(rule, by(request), by_others=MANAGE_PEOPLE) and request.user.has_perm(DELETE_TASKS),
    }
    return render(request, "rules/rule_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(DELETE_TASKS)
def rule_new(request: SignedInRequest) -> HttpResponse:
    """The address may name the view that it begins with."""
    if request.method != "POST":
        view = forms.view_of(request.GET.get("view", ""), person=request.user)
        said = {**BEGINNING, "view": str(view.uuid) if view else "", "name": view.name if view else ""}
        return _form(request, said)
    try:
        rule = making.make(terms=forms.terms_of(request.POST, person=request.user), by=by(request), now=clock.now())
    except Invalid as invalid:
        return _form(request, forms.said_by(request.POST), errors=invalid.errors)
    return _done(request, rule, f"The rule “{rule.name}” drafts what matches {rule.cadence_words}.")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(DELETE_TASKS)
def rule_change(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    rule = _found(uuid)
    if not making.may(rule, by(request)):
        return refused(request, making.NOT_YOURS, status=403)
    if request.method != "POST":
        return _form(request, forms.said_of(rule), rule=rule)
    try:
        terms = forms.terms_of(request.POST, person=request.user)
        making.change(rule=rule, terms=terms, by=by(request), now=clock.now())
    except Invalid as invalid:
        return _form(request, forms.said_by(request.POST), rule=rule, errors=invalid.errors)
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return _done(request, rule, "The rule is changed.")


@require_POST
@permission_required(DELETE_TASKS)
def rule_pause(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return _press(request, uuid, making.pause, "The rule is paused. What it drafted can still be confirmed.")


@require_POST
@permission_required(DELETE_TASKS)
def rule_resume(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return _press(request, uuid, making.resume, "The rule runs again.")


@require_POST
@permission_required(DELETE_TASKS)
def rule_run(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return _press(request, uuid, making.run_now, "A worker drafts it now. Load this page again to see the draft.")


@require_POST
@permission_required(DELETE_TASKS)
def rule_delete(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return _press(request, uuid, making.end, "The rule is deleted. Its deletions stay in the history.")


def by(request: SignedInRequest) -> By:
    return By(user=request.user, address=client_address(request))


def _found(uuid: UUID) -> Rule:
    return get_object_or_404(Rule.objects.select_related("owner", "view"), uuid=uuid)


def _press(request: SignedInRequest, uuid: UUID, act: Callable[..., object], sentence: str) -> HttpResponse:
    rule = _found(uuid)
    try:
        act(rule=rule, by=by(request), now=clock.now())
    except Refused as refusal:
        return refused(request, str(refusal), status=409, rule=rule)
    return _done(request, rule, sentence)


def _done(request: SignedInRequest, rule: Rule, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return HttpResponseRedirect(rule.get_absolute_url(), status=303)


def _form(
    request: SignedInRequest,
    said: dict[str, object],
    *,
    rule: Rule | None = None,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    context = {
        "rule": rule,
        "said": said,
        "views": saved_views.visible(request.user),
        "often": forms.OFTEN,
        "hours": forms.HOURS,
        "zone": zone_of(request.user).key,
        "needed": NEEDED,
        "errors": errors or {},
        "error": (errors or {}).get("", ""),
        "action": request.get_full_path(),
        "back_url": rule.get_absolute_url() if rule else reverse("rule-list"),
    }
    return render(request, "rules/rule_form.html", context, status=422 if errors else 200)
