"""The overview: what waits, what there is, what was deleted, and how fresh the register is."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access.requests import SignedInRequest
from dashboard.calls import clock
from dashboard.calls.models import Kind
from dashboard.overview.charts import Bar, bars, columns
from dashboard.overview.past import Past, past
from dashboard.overview.waiting import waits_for
from dashboard.register import totals
from dashboard.register.models import Presence
from dashboard.register.totals import Counted

FRESHNESS = {
    "day": "Within a day",
    "week": "Within a week",
    "older": "Longer ago",
    "never": "Never",
}


@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    gone = past(now=clock.now(), zone=timezone.get_current_timezone())
    counted = totals.counted()
    context = {
        "waiting": waits_for(request.user),
        "counted": counted,
        "rows": _rows(counted) if counted else [],
        "kinds": _kinds(counted) if counted else [],
        "freshness": _freshness(counted) if counted else [],
        "gone": gone,
        "days": columns([(day.label, day.tasks) for day in gone.days]),
        "people": list(zip(gone.people, _people(gone), strict=True)),
    }
    return render(request, "overview/overview.html", context)


@dataclass(frozen=True, kw_only=True)
class Cell:
    number: int
    url: str


@dataclass(frozen=True, kw_only=True)
class Row:
    presence: Presence
    cells: list[Cell]
    """One for each kind."""
    number: int


def _rows(counted: Counted) -> list[Row]:
    return [
        Row(
            presence=one,
            cells=[
                Cell(
                    number=counted.tasks(kind=kind, presence=one),
                    url=reverse("task-list", query={"kind": kind, "presence": one}),
                )
                for kind in Kind
            ],
            number=counted.tasks(presence=one),
        )
        for one in Presence
    ]


def _kinds(counted: Counted) -> list[Bar]:
    return bars(
        [
            (f"{kind.label}s", [(one.value, one.label, counted.tasks(kind=kind, presence=one)) for one in Presence])
            for kind in Kind
        ]
    )


def _freshness(counted: Counted) -> list[Bar]:
    numbers = {name: counted.number(name) for name in ("day", "week", "never")}
    numbers["older"] = counted.to_look_up - sum(numbers.values())
    return bars([(words, [(name, words, numbers[name])]) for name, words in FRESHNESS.items()])


def _people(gone: Past) -> list[Bar]:
    return bars([(person.label, [("gone", "Deleted tasks", person.tasks)]) for person in gone.people])
