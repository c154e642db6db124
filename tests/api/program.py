"""A program that has a token, and what it reads."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from dashboard.access.people.asking import By
from dashboard.access.tokens import making

ALL = ("ingest", "read", "delete")


class Program:
    """What has a token: it sends JSON, and reads it."""

    def __init__(self, user: User, *scopes: str, name: str = "CI", days: int = 90, now: Any = None) -> None:
        self.user = user
        about = {"name": name, "scopes": scopes or ALL, "days": days, "now": now or timezone.now()}
        self.row, self.token = making.make(by=By(user=user), **about)
        self.client = Client(headers={"Authorization": f"Bearer {self.token}"}, raise_request_exception=False)

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(f"/api{path}", query)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api{path}", headers=named, **sent)


def told(response: HttpResponse, status: int) -> Any:
    """What is answered with this status."""
    content = b"".join(response) if response.streaming else response.content
    assert response.status_code == status, content[:2000]
    kind = response.headers["Content-Type"].partition(";")[0]
    assert kind == ("application/json" if status < 400 else "application/problem+json")
    return json.loads(content)


def problem(response: HttpResponse, status: int, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = told(response, status)
    assert (found["type"], found["status"]) == (f"/api/#{kind}", status)
    assert found["title"]
    assert found["detail"].endswith((".", "…"))
    assert found["request_id"] == response.headers["X-Request-ID"]
    return found
