"""The filters that saved views brought: not finished, the largest models, not seen since."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.database import proposals
from dashboard.pages.filter_forms import BadFilter
from dashboard.register import listing
from dashboard.register.counting import count
from dashboard.register.facets import facets
from dashboard.register.filters.filter import Filter
from dashboard.register.holding import matching
from dashboard.register.listing import Address
from dashboard.register.models import TrackedTask
from tests.factories import TrackedTaskFactory
from tests.register.test_plans import plan

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=30)


def of(query: str) -> Filter:
    return Filter.from_query(QueryDict(query))


def found(query: str) -> set[str]:
    """By the page, which has to agree with the count and with what is selected."""
    filter = of(query)
    rows = {row.task_id for row in listing.page(Address(filter=filter)).rows}
    assert rows == {task.task_id for task in filter.queryset()}
    assert count(filter).number == len(rows)
    return rows


def unseen(task_id: str, *, tracked: timedelta = LONG_AGO, checked: timedelta | None = None) -> TrackedTask:
    now = timezone.now()
    return TrackedTaskFactory(
        task_id=task_id, tracked_at=now - tracked, checked_at=None if checked is None else now - checked
    )


def test_not_finished_are_those_that_may_still_end() -> None:
    for status in ("unknown", "queued", "processing", "uploading", "completed", "failed"):
        TrackedTaskFactory(task_id=status, status=status)
    assert found("status=unfinished") == {"queued", "processing", "uploading"}
    kinds = next(facet for facet in facets(of("status=unfinished")) or [] if facet.label == "Kind")
    assert [value.number for value in kinds.values] == [3]


def test_not_finished_has_an_index_of_its_own() -> None:
    with CaptureQueriesContext(connection) as asked:
        listing.page(Address(filter=of("status=unfinished&created_before=-1d")))
    if connection.vendor == "sqlite":
        assert any("task_unfinished" in line for line in plan(asked.captured_queries[0]["sql"]))


def test_the_largest_models_are_those_with_the_most_tasks() -> None:
    for model, number in {"a": 1, "b": 3, "B": 1, "c": 2, "d": 3, "": 9}.items():
        TrackedTaskFactory.create_batch(number, model=model)
    TrackedTaskFactory.create_batch(9, model="gone", presence="deleted")
    # Spellings of one name are one model.
    assert {task.model for task in of("largest=1").queryset()} == {"b", "B"}
    assert {task.model for task in of("largest=3").queryset()} == {"b", "B", "d", "c"}
    assert len(found("largest=3")) == 9


def test_what_the_largest_models_were_stays_when_it_is_written_down() -> None:
    TrackedTaskFactory.create_batch(2, model="big")
    frozen = of("largest=1").frozen()
    assert frozen.query_string() == "model=big"
    TrackedTaskFactory.create_batch(5, model="bigger")
    cache.clear()
    assert of("largest=1").frozen().query_string() == "model=bigger"


def test_a_model_that_is_chosen_takes_the_place_of_the_largest() -> None:
    TrackedTaskFactory.create_batch(2, model="big")
    TrackedTaskFactory(model="small")
    filter = of("largest=1")
    small = next(choice for choice in of("model=small").models)
    assert filter.toggled(small).query_string() == "model=big%2C+small"
    with pytest.raises(BadFilter, match="Model: choose models by their names, or the largest ones"):
        of("largest=1&model=small")


def test_not_seen_since_counts_look_ups_and_where_there_was_none_the_import() -> None:
    unseen("never looked up")
    unseen("new", tracked=timedelta(hours=1))
    unseen("looked up", checked=timedelta(days=1))
    unseen("looked up long ago", checked=timedelta(days=8))
    assert found("seen_before=-7d") == {"never looked up", "looked up long ago"}
    assert found("seen_before=-7d&kind=video") == set()
    assert found("seen_before=-40d") == set()


@pytest.mark.parametrize("few", [0, 1000])
def test_not_seen_since_finds_the_same_whether_there_are_few_or_many(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposals, "FEW", few)
    for number in range(3):
        unseen(f"old {number}")
    unseen("new", tracked=timedelta(0))
    assert found("seen_before=-7d") == {"old 0", "old 1", "old 2"}
    assert found("seen_before=-7d&q=nothing") == set()


def test_few_that_were_not_seen_are_found_by_their_numbers() -> None:
    unseen("old")
    with CaptureQueriesContext(connection) as asked:
        listing.page(Address(filter=of("seen_before=-7d")))
    lines = [line for query in asked.captured_queries for line in plan(query["sql"])]
    assert any("task_by_seen" in line for line in lines) or connection.vendor == "postgresql"
    # A walk would read the register.
    assert not [line for line in lines if "task_by_time" in line]


def test_it_is_written_down_as_a_moment() -> None:
    filter = of("seen_before=-7d")
    assert filter.frozen().query_string().startswith("seen_before=20")
    assert filter.query_string() == "seen_before=-7d"


@pytest.mark.once
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("largest=2", "Largest models: “2” is not one of 1, 3 or 10."),
        ("seen_before=soon", "Not seen since: “soon” is not a day. Write it as YYYY-MM-DD, or as an age such as"),
    ],
)
def test_other_values_are_refused(query: str, sentence: str) -> None:
    with pytest.raises(BadFilter) as refused:
        of(query)
    assert str(refused.value).startswith(sentence)


@pytest.mark.once
@pytest.mark.parametrize("query", ["largest=3", "seen_before=-7d"])
def test_a_rule_for_holds_can_not_ask_for_what_changes_by_itself(query: str) -> None:
    with pytest.raises(BadFilter, match="A rule can't ask for"):
        matching.as_rule(of(query))
