from __future__ import annotations

import time

from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.access import lifetimes
from dashboard.access.people import joining
from dashboard.access.people.forms import JoinForm
from dashboard.access.people.joining import NoLink
from dashboard.access.requests import client_address
from dashboard.pages.refusals import refused

BACKEND = "dashboard.access.backends.RolesBackend"


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@sensitive_post_parameters("new_password1", "new_password2")
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Where a one-time link leads: a password is chosen, and the person is signed in."""
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
    auth.login(request, person, backend=BACKEND)
    lifetimes.begin(request, now=time.time())
    return redirect("task-list")
