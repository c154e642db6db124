"""The schema (`/api/openapi.json`), with what holds for every call: its problems, headers and keys."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

from dashboard.access.tokens import again
from dashboard.api.authority import Token
from dashboard.api.calls import api
from dashboard.api.once import HEADER
from dashboard.pages.problems import MEDIA_TYPE

ALWAYS = {
    400: "The request can't be read, or names a filter that there is not",
    401: "No token, or one that is not accepted",
    403: "The token lacks a scope, or its person the right",
    413: "The body is too large",
    422: "Values that can't be used, each in `errors`",
    429: "Too many calls; `Retry-After` says for how long",
}
OF_ONE = {404: "There is no such task or deletion"}
OF_ACTS = {409: "Its state does not allow it, or it has changed"}
OF_BODIES = {415: "The body is not JSON"}
PROBLEM = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Which problem it is; the page /api/ lists them"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for people"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemError"}},
        "request_id": {"type": "string", "description": "Stands in the access log too"},
    },
}
PROBLEM_ERROR = {
    "type": "object",
    "title": "ProblemError",
    "required": ["detail"],
    "properties": {
        "detail": {"type": "string"},
        "pointer": {"type": "string", "description": "A JSON pointer into the body"},
        "parameter": {"type": "string", "description": "In the address"},
        "header": {"type": "string"},
    },
}
KEY = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "The same request with the same key is answered as before, for 24 hours, and not done again",
    "schema": {"type": "string", "pattern": f"^{again.KEY.pattern}$"},
}
OF_A_DRAFT = {
    "read_deletion": {},
    "confirm_deletion": {"fingerprint": "$response.body#/fingerprint", "count": "$response.body#/count"},
    "undo_deletion": {},
    "read_report": {},
}
"""Where the answer to a draft leads on to, with what is sent there."""
HEADERS = {
    "X-Request-ID": ("The number of this call; a program may send its own", "string"),
    "RateLimit-Limit": ("Calls a minute of this token", "integer"),
    "RateLimit-Remaining": ("Calls that are left in this minute", "integer"),
    "RateLimit-Reset": ("Seconds until the next minute", "integer"),
}


@cache
def schema() -> dict[str, Any]:
    whole = deepcopy(dict(api.get_openapi_schema()))
    whole["components"]["schemas"] |= {"Problem": PROBLEM, "ProblemError": PROBLEM_ERROR}
    whole["components"]["headers"] = {
        name: {"description": about, "schema": {"type": kind}} for name, (about, kind) in HEADERS.items()
    }
    for path, methods in whole["paths"].items():
        for method, call in methods.items():
            _complete(call, path=path, method=method)
    whole["paths"]["/api/deletions/"]["post"]["responses"]["201"]["links"] = {
        name: {
            "operationId": name,
            "parameters": {"uuid": "$response.body#/id"},
            **({"requestBody": body} if body else {}),
        }
        for name, body in OF_A_DRAFT.items()
    }
    return whole


def scopes() -> dict[str, tuple[str, ...]]:
    """By `operationId`, the scopes of which one is needed."""
    found: dict[str, tuple[str, ...]] = {}
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            for call in view.operations:
                [auth] = [auth for auth in call.auth_callbacks if isinstance(auth, Token)]
                found[api.get_openapi_operation_id(call)] = tuple(map(str, auth.scopes))
    return found


def _complete(call: dict[str, Any], *, path: str, method: str) -> None:
    problems = dict(ALWAYS)
    if "{" in path:
        problems |= OF_ONE
    if method == "post":
        problems |= OF_ACTS
        call["parameters"] = [*call.get("parameters", []), KEY]
    if "requestBody" in call:
        problems |= OF_BODIES
    for response in call["responses"].values():
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
    told = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    call["responses"] |= {str(status): {"description": about, **told} for status, about in sorted(problems.items())}
    call["responses"] = {str(status): response for status, response in call["responses"].items()}
