"""The page `/api/`, and what is refused below it."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from dashboard.api import describing
from dashboard.pages.problems import TITLES, USUAL
from tests.api.program import Program, problem
from tests.conftest import Person
from tests.pages.strict import lacking

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Client().get("/api/openapi.json").content)
    return found


def test_the_schema_is_one_and_each_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(schema).validate()
    assert schema["openapi"] == "3.1.0"
    for ref in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(schema))):
        found: Any = schema
        for part in ref.split("/"):
            found = found[part]
    assert schema["components"]["securitySchemes"]["Token"]["scheme"] == "bearer"


def test_every_call_tells_of_its_problems_and_its_scope(schema: dict[str, Any]) -> None:
    calls = [call for methods in schema["paths"].values() for call in methods.values()]
    assert len(calls) == len({call["operationId"] for call in calls}) == 12
    assert {call["operationId"] for call in calls} == {*describing.scopes()}
    for call in calls:
        assert {"400", "401", "403", "422", "429"} < {*call["responses"]}
        assert call["security"] == [{"Token": []}]
        for status, response in call["responses"].items():
            kinds = {"application/problem+json"} if status[0] == "4" else {"application/json"}
            assert {*response["content"]} == kinds


def test_the_page_shows_each_call_and_each_problem(viewer: Person, schema: dict[str, Any]) -> None:
    response = viewer.get("/api/")
    page = html.unescape(response.content.decode())
    assert lacking(response.headers) == set()
    for path, methods in schema["paths"].items():
        assert path in page
        for call in methods.values():
            assert f'id="{call["operationId"]}"' in page
    for name in TITLES:
        assert f'id="{name}"' in page
    assert {*USUAL.values()} <= {*TITLES}
    # No style or script of its own, which the policy would forbid.
    assert "style=" not in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []


def test_the_schema_needs_no_token(schema: dict[str, Any]) -> None:
    answer = Client(headers={"Authorization": "Bearer nonsense"}).get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == schema


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"", 422, "invalid"),
        (b"{", 400, "bad-request"),
        (b"\xff\xfe", 400, "bad-request"),
        (b'{"tasks": [NaN]}', 400, "bad-request"),
        (b'{"tasks": [], "tasks": []}', 400, "bad-request"),
        (b"[" * 50_000, 400, "bad-request"),
        (b'{"tasks": ' + b"9" * 5000 + b"}", 400, "bad-request"),
        (b'"tasks"', 422, "invalid"),
    ],
)
def test_what_is_no_json_is_refused(program: Program, body: bytes, status: int, kind: str) -> None:
    problem(program.client.post("/api/tasks/", body, content_type="application/json"), status, kind)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x"])
def test_another_type_of_body_is_refused(program: Program, kind: str) -> None:
    problem(program.client.post("/api/tasks/", b'{"tasks": []}', content_type=kind), 415, "wrong-type")


def test_an_address_that_there_is_not_is_a_problem_too(program: Program) -> None:
    problem(program.get("/nowhere"), 404, "not-found")
    answer = program.client.delete("/api/tasks/")
    assert "This address takes GET or POST." in problem(answer, 405, "wrong-method")["detail"]
    assert {*answer.headers["Allow"].split(", ")} == {"GET", "POST"}
    led = program.client.post("/api/tasks", b"{}", content_type="application/json")
    assert "Send this to /api/tasks/ instead." in problem(led, 404, "not-found")["detail"]
    assert program.client.head("/api/tasks/").status_code == 200


def test_a_host_that_is_not_ours_is_a_problem_too(program: Program) -> None:
    problem(program.client.get("/api/tasks/", headers={"Host": "elsewhere.test"}), 400, "bad-request")


def test_a_failure_is_a_problem_that_tells_nothing_of_it(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.api.tasks.Walk.through", lambda *_, **__: 1 / 0)
    answer = program.get("/tasks/")
    assert "the log says why" in problem(answer, 500, "failed")["detail"]
    assert "division" not in answer.content.decode()
