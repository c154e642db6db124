"""The section **Tokens** of `/account/`, and of a person's page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dashboard.access.account import page
from dashboard.access.people.asking import Refused
from dashboard.access.people.views import back, by, named
from dashboard.access.permissions import MANAGE_PEOPLE, permission_required
from dashboard.access.requests import SignedInRequest
from dashboard.access.signing_in import fresh
from dashboard.access.tokens import making
from dashboard.access.tokens.forms import MakeForm
from dashboard.pages.refusals import refused


@require_POST
@never_cache
def make(request: SignedInRequest) -> HttpResponse:
    """The only answer that ever holds the token. Who makes one has just shown that it is them: what it opens stays open
    for months."""
    form = MakeForm(request.POST)
    if not form.is_valid():
        return page(request, status=422, token_form=form)
    if not fresh.is_fresh(request) and fresh.means(request.user):
        typed = urlencode({name: request.POST.getlist(name) for name in form.fields}, doseq=True)
        return redirect(fresh.address(f"{reverse('account')}?{typed}"))
    try:
        token, text = making.make(by=by(request), **form.cleaned_data, now=timezone.now())
    except Refused as refusal:
        form.add_error("name", str(refusal))
        return page(request, status=422, token_form=form)
    return render(request, "access/token_made.html", {"token": token, "text": text}, status=201)


@require_POST
def revoke(request: SignedInRequest, token: int) -> HttpResponse:
    try:
        row = making.revoke(by=by(request), pk=token, now=timezone.now())
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    messages.success(request, f"The token {making.in_words(row.name)} is revoked. Programs that have it are refused.")
    return redirect("account")


@require_POST
@permission_required(MANAGE_PEOPLE)
def revoke_of(request: SignedInRequest, person: int) -> HttpResponse:
    """One, or all where none is named."""
    row = get_object_or_404(User, pk=person)
    one = request.POST.get("token", "")
    if one and not (one.isascii() and one.isdigit() and len(one) <= 18):
        return refused(request, making.NONE_THERE, status=409)
    try:
        number = making.revoke_of(person=row, by=by(request), pk=int(one) if one else None, now=timezone.now())
    except Refused as refusal:
        return refused(request, str(refusal), status=409)
    return back(request, row, f"{number} token{'' if number == 1 else 's'} of {named(row)} revoked.")
