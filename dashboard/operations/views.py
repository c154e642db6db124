from __future__ import annotations

from dataclasses import asdict

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.operations.readiness import readiness


@require_safe
@login_not_required
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether the process is alive. It asks no database, whose trouble must not restart the web server."""
    return JsonResponse({"alive": True})


@require_safe
@login_not_required
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    found = readiness()
    return JsonResponse({"ready": found.ready, **asdict(found)}, status=200 if found.ready else 503)
