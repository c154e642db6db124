"""`/api/` for people, and `/api/openapi.json` for programs."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.api import describing
from dashboard.api import reference as told
from dashboard.pages.problems import TITLES


@require_safe
@login_not_required
def schema(request: HttpRequest) -> JsonResponse:
    """The same for everybody, and no secret: generators of clients read it without a token."""
    return JsonResponse(describing.schema())


@require_safe
def reference(request: SignedInRequest) -> HttpResponse:
    context = {"calls": told.calls(), "problems": TITLES.items(), "root": request.build_absolute_uri("/").rstrip("/")}
    return render(request, "api/reference.html", context)
