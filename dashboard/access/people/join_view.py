from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.access.people import joining
from dashboard.access.people.forms import JoinForm
from dashboard.access.people.joining import NoLink
from dashboard.access.requests import client_address
from dashboard.access.signing_in.entering import enter
from dashboard.pages.refusals import refused


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@sensitive_post_parameters("new_password1", "new_password2")
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Where a one-time link leads: a password is chosen, and the person is signed in. Who has a second factor is asked
    for it: a new password does not replace it."""
    now = timezone.now()
    try:
        person = joining.find(token, now=now).user
        form = JoinForm(person, request.POST if request.method == "POST" else None)
        if not form.is_valid():
            status = 422 if form.is_bound else 200
            return render(request, "access/join.html", {"form": form, "person": person}, status=status)
        password = form.cleaned_data["new_password1"]
        person = joining.join(token=token, password=password, address=client_address(request), now=now)
    except NoLink as reason:
        return refused(request, str(reason), status=410, page="access/no_link.html")
    return enter(request, person, by="link", onward=resolve_url("task-list"))
