"""The schema, as the page `/api/` shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from dashboard.api import describing


@dataclass(frozen=True, kw_only=True)
class Field:
    name: str
    kind: str
    about: str
    required: bool


@dataclass(frozen=True, kw_only=True)
class Told:
    """One call."""

    name: str
    method: str
    path: str
    about: str
    scopes: str
    parameters: list[Field]
    bodies: list[list[Field]]
    """One for each form that the body may have."""
    example: str
    answer: list[Field]
    statuses: list[tuple[str, str]]


EXAMPLES: dict[str, object] = {
    "add_tasks": {"tasks": [{"kind": "image", "task_id": "abcd_1", "status": "completed", "model": "seedream-4"}]},
    "draft_deletion": {"filter": "kind=image&status=failed", "reason": "Failed ones of spring"},
    "confirm_deletion": {"fingerprint": "…", "count": 12},
}


@cache
def calls() -> list[Told]:
    schema, scopes = describing.schema(), describing.scopes()
    return [
        _told(call, path=path, method=method.upper(), scopes=" or ".join(scopes[call["operationId"]]), schema=schema)
        for path, methods in schema["paths"].items()
        for method, call in methods.items()
    ]


def _told(call: dict[str, Any], *, path: str, method: str, scopes: str, schema: dict[str, Any]) -> Told:
    name = call["operationId"]
    body = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    good = next(response for status, response in call["responses"].items() if status.startswith("2"))
    answer = good.get("content", {}).get("application/json", {}).get("schema", {})
    return Told(
        name=name,
        method=method,
        path=path,
        about=_plain(call),
        scopes=scopes,
        # The path shows its own, and what every call may have stands at the beginning of the page.
        parameters=[
            Field(name=one["name"], kind=_kind(one["schema"]), about=_plain(one), required=one["required"])
            for one in call["parameters"]
            if one["in"] == "query"
        ],
        bodies=[_fields(one, schema) for one in _forms(body)],
        example=json.dumps(EXAMPLES[name], ensure_ascii=False) if name in EXAMPLES else "",
        answer=_fields(answer, schema) if answer else [],
        statuses=[(status, _plain(response)) for status, response in call["responses"].items()],
    )


def _forms(body: dict[str, Any]) -> list[dict[str, Any]]:
    return body.get("oneOf") or body.get("anyOf") or ([body] if body else [])


def _fields(of: dict[str, Any], schema: dict[str, Any], *, within: str = "") -> list[Field]:
    """Its parts, and those of its parts, one after another."""
    shape = _resolved(of, schema)
    required = shape.get("required", [])
    found = []
    for name, about in shape.get("properties", {}).items():
        place = f"{within}{name}"
        found.append(Field(name=place, kind=_kind(about), about=_about(about), required=name in required))
        if "$ref" in (inner := about.get("items", about)) and not within:
            found += _fields(inner, schema, within=f"{place}[]." if "items" in about else f"{place}.")
    return found


def _resolved(of: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = of.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = schema["components"]["schemas"][name] if name else of
    return found


def _about(about: dict[str, Any]) -> str:
    said = _plain(about)
    if examples := about.get("examples"):
        said = f"{said}{', ' if said else ''}such as {json.dumps(examples[0], ensure_ascii=False)}"
    return said


def _plain(about: dict[str, Any]) -> str:
    """The schema's words are Markdown, of which we use no more than this."""
    return str(about.get("description", "")).replace("`", "")


def _kind(about: dict[str, Any]) -> str:
    if ref := about.get("$ref"):
        return str(ref.rpartition("/")[2])
    if "anyOf" in about:
        return " or ".join(_kind(one) for one in about["anyOf"])
    if "enum" in about:
        return " or ".join(map(str, about["enum"]))
    if about.get("type") == "array":
        return f"list of {_kind(about.get('items', {}))}"
    return str(about.get("format") or about.get("type", "any"))
