from __future__ import annotations

from typing import Any

from django.contrib import auth, messages
from django.contrib.auth.models import Group, User
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.access import lifetimes
from dashboard.access.models import Limits
from dashboard.access.people import changing, closing, joining, listing
from dashboard.access.people.asking import By, Refused
from dashboard.access.people.forms import AddForm, LimitsForm, RoleForm
from dashboard.access.permissions import MANAGE_PEOPLE, permission_required
from dashboard.access.requests import SignedInRequest, client_address
from dashboard.access.roles import ROLES, role_of
from dashboard.access.signing_in import factors
from dashboard.access.tokens import making
from dashboard.pages import foreign
from dashboard.pages.refusals import refused

PAGE = ["GET", "HEAD", "POST"]


def by(request: SignedInRequest) -> By:
    return By(user=request.user, address=client_address(request))


@require_safe
@permission_required(MANAGE_PEOPLE)
def people(request: SignedInRequest) -> HttpResponse:
    entries = listing.people(now=timezone.now())
    context = {
        "entries": entries,
        "roles": listing.roles(entries),
        "able_to_approve": listing.able_to_approve(entries),
        "now": timezone.now(),
    }
    return render(request, "access/people.html", context)


@require_http_methods(PAGE)
@permission_required(MANAGE_PEOPLE)
def person_add(request: SignedInRequest) -> HttpResponse:
    form = AddForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "access/person_add.html", {"form": form}, status=422 if form.is_bound else 200)
    given = form.cleaned_data
    try:
        person, token = joining.add(username=given["username"], role=given["role"], by=by(request), now=timezone.now())
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return _link_page(request, person, token, is_new=True)


@require_safe
@permission_required(MANAGE_PEOPLE)
def person_detail(request: SignedInRequest, person: int) -> HttpResponse:
    return person_page(request, get_object_or_404(User, pk=person))


def person_page(request: SignedInRequest, person: User, *, status: int = 200, **wrong: Any) -> HttpResponse:
    """`wrong` are forms as they were sent, and `undecided`: what to answer before it can be done."""
    now, role = timezone.now(), role_of(person)
    row = Limits.objects.filter(user=person).first()
    invitation = getattr(person, "invitation", None)
    context = {
        "person": person,
        "role": role,
        "seen_at": getattr(getattr(person, "profile", None), "seen_at", None) or person.last_login,
        "sessions": list(lifetimes.open_now(now=now).filter(user=person)),
        "tokens": making.kept(person),
        "factors": factors.in_words(person).get(person.pk, ""),
        "invitation": invitation if invitation and invitation.used_at is None else None,
        "role_limits": listing.role_limits().get(role, ""),
        "role_form": RoleForm(initial={"role": role}, label_suffix=""),
        "limits_form": LimitsForm(row=row),
        "now": now,
        **wrong,
    }
    return render(request, "access/person.html", context, status=status)


@require_POST
@permission_required(MANAGE_PEOPLE)
def person_role(request: SignedInRequest, person: int) -> HttpResponse:
    row = get_object_or_404(User, pk=person)
    form = RoleForm(request.POST, label_suffix="")
    if not form.is_valid():
        return person_page(request, row, status=422, role_form=form)
    try:
        changing.change_role(person=row, role=form.cleaned_data["role"], by=by(request))
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return back(request, row, f"{named(row)} has the role {form.cleaned_data['role']} now.")


@require_POST
@permission_required(MANAGE_PEOPLE)
def person_limits(request: SignedInRequest, person: int) -> HttpResponse:
    row = get_object_or_404(User, pk=person)
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return person_page(request, row, status=422, limits_form=form)
    try:
        changing.change_limits(person=row, limits=form.limits(), by=by(request))
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return back(request, row, "Saved. The limits hold from the next deletion on.")


@require_POST
@permission_required(MANAGE_PEOPLE)
def person_end_sessions(request: SignedInRequest, person: int) -> HttpResponse:
    row = get_object_or_404(User, pk=person)
    try:
        ended = closing.end_sessions(person=row, by=by(request))
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return back(request, row, f"{ended} session{'' if ended == 1 else 's'} of {named(row)} ended.", signed_out=True)


@require_POST
@permission_required(MANAGE_PEOPLE)
def person_forget_factors(request: SignedInRequest, person: int) -> HttpResponse:
    row = get_object_or_404(User, pk=person)
    try:
        closing.forget_factors(person=row, by=by(request))
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return back(request, row, f"{named(row)} is signed out, and has no second factor now.", signed_out=True)


@require_POST
@permission_required(MANAGE_PEOPLE)
def person_open(request: SignedInRequest, person: int) -> HttpResponse:
    row = get_object_or_404(User, pk=person)
    try:
        closing.open_again(person=row, by=by(request))
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return back(request, row, f"{named(row)} may sign in again.")


@require_POST
@permission_required(MANAGE_PEOPLE)
def person_reset(request: SignedInRequest, person: int) -> HttpResponse:
    row = get_object_or_404(User, pk=person)
    try:
        token = joining.reset(person=row, by=by(request), now=timezone.now())
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return _link_page(request, row, token, is_new=False)


@require_http_methods(PAGE)
@permission_required(MANAGE_PEOPLE)
def role_limits(request: SignedInRequest, role: str) -> HttpResponse:
    if role not in ROLES:
        raise Http404
    row = Limits.objects.filter(group__name=role).first()
    form = LimitsForm(request.POST if request.method == "POST" else None, row=row, of_role=True)
    if not form.is_valid():
        context = {"form": form, "role": Group.objects.get(name=role).name}
        return render(request, "access/role_limits.html", context, status=422 if form.is_bound else 200)
    changing.change_role_limits(role=role, limits=form.limits(), by=by(request))
    messages.success(request, f"Saved. The limits of the role {role} hold from the next deletion on.")
    return redirect("people")


def named(person: User) -> str:
    return foreign.quoted(person.get_username(), limit=150)


def back(request: SignedInRequest, person: User, sentence: str, *, signed_out: bool = False) -> HttpResponse:
    """To the person's page; whoever changed their own account may not see that any more."""
    messages.success(request, sentence)
    if person.pk != request.user.pk:
        return redirect("person-detail", person=person.pk)
    if signed_out:
        auth.logout(request)
    return redirect("account")


def _link_page(request: SignedInRequest, person: User, token: str, *, is_new: bool) -> HttpResponse:
    """The answer to the request that made the link, and no address of its own: it is shown once."""
    if person.pk == request.user.pk:
        auth.logout(request)
    link = request.build_absolute_uri(reverse("join", args=[token]))
    context = {"person": person, "link": link, "is_new": is_new, "expires_at": timezone.now() + joining.LASTS}
    return render(request, "access/person_link.html", context, status=201 if is_new else 200)
