"""Parameters in addresses. What they mean, and what is wrong with them, the forms of the pages say: so what reads them
takes any text, and only the schema is exact."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from ninja import Schema
from pydantic import Field

from dashboard.calls.models import Kind
from dashboard.deletions.models import Outcome, State
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.foreign import quoted
from dashboard.register.filters import times
from dashboard.register.models import Held, Presence, Starred, Status
from dashboard.register.walking import NEWEST_FIRST, OLDEST_FIRST

USUAL_LIMIT, MOST = 100, 500
DAY: dict[str, Any] = {"type": "string", "format": "date"}
EMPTY = "{} is empty. Leave it out, or give it a value."
AGE = {"type": "string", "pattern": f"^{times.AGE.pattern}$"}


def _text(about: str, **exact: Any) -> Any:
    """A text that may be left out. Ninja's schema would say that it is empty then, and clients would send that."""

    def only(schema: dict[str, Any]) -> None:
        del schema["default"]
        if "anyOf" in exact:
            del schema["type"]
        schema.update(exact)

    return Field("", description=about, json_schema_extra=only)


def _one_of(values: list[str], about: str = "") -> Any:
    return _text(about, enum=values)


def _words(about: str, most: int) -> Any:
    return _text(about, minLength=1, maxLength=most, pattern=r"^[^\x00]*$")


def _cursor(pattern: str) -> Any:
    return _text("`next` of the page before", pattern=f"^{pattern}$")


def require_values(query: QueryDict) -> None:
    """A form sends its empty fields too, and a program that does has lost a value."""
    if empty := sorted(name for name, values in query.lists() if "" in values):
        raise BadFilter(EMPTY.format(quoted(empty[0])), wrong=empty)


class TaskQuery(Schema):
    q: str = _words("A task id, several of them, or words of the prompt", 1000)
    kind: str = _one_of(Kind.values)
    status: str = _one_of(Status.values)
    presence: str = _one_of(Presence.values)
    model: str = _words("May stand more than once", 1500)
    starred: str = _one_of(Starred.values)
    held: str = _one_of(Held.values)
    created_after: str = _text("From a day such as 2026-01-31, in the person's time zone, or -30d", anyOf=[DAY, AGE])
    created_before: str = _text("Until the end of that day, or that age", anyOf=[DAY, AGE])
    sort: str = Field(
        NEWEST_FIRST,
        description="Unknown times come last",
        json_schema_extra={"enum": [NEWEST_FIRST, OLDEST_FIRST]},
    )
    cursor: str = _cursor(r"a(x|[0-9]{1,16})\.[0-9]{1,18}")
    limit: int = Field(USUAL_LIMIT, ge=1, le=MOST, description="Tasks of one page")


class DeletionQuery(Schema):
    by: str = _words("The person's name", 150)
    state: str = _one_of(State.values)
    outcome: str = _one_of(Outcome.values, "Has such a task")
    kind: str = _one_of(Kind.values, "Has such a task")
    after: str = _text("Confirmed on that day or later, in the person's time zone", **DAY)
    before: str = _text("Confirmed on that day or earlier", **DAY)
    task: str = _words("Has the task with this id", 255)
    q: str = _words("The reason contains this", 500)
    cursor: str = _cursor(r"older-[1-9][0-9]{0,17}")
