from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.inventory import counting, facets, prompt_reading
from dashboard.inventory.filters import Filter
from tests.conftest import Person
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db


def counted(filter: Filter) -> dict[str, dict[str, str]]:
    return {facet.label: {value.label: value.words for value in facet.values} for facet in facets.facets(filter) or []}


def test_each_facet_counts_under_the_other_filters() -> None:
    TrackedTaskFactory.create_batch(2, video=True, status="failed")
    TrackedTaskFactory(status="completed")
    TrackedTaskFactory(status="completed", presence="deleted", model="gone")
    assert counted(Filter(kind="video")) == {
        "Kind": {"Video": "2", "Image": "1"},
        "Status": {"Failed": "2"},
        "Model": {"seedancev2": "2"},
    }
    assert counted(Filter(presence="deleted"))["Model"] == {"gone": "1"}


def test_a_rare_word_is_counted_under_the_other_filters() -> None:
    TrackedTaskFactory.create_batch(2, video=True, status="failed", prompt="a fox")
    TrackedTaskFactory(status="completed", prompt="a fox", model="")
    TrackedTaskFactory(status="completed", prompt="a fox", presence="deleted")
    TrackedTaskFactory(video=True, status="completed", prompt="an owl")
    assert counted(Filter(q="fox", kind="video")) == {
        "Kind": {"Video": "2", "Image": "1"},
        "Status": {"Failed": "2"},
        "Model": {"seedancev2": "2"},
    }
    assert counted(Filter(q="fox", status="completed"))["Kind"] == {"Image": "1"}


def test_a_rare_word_is_asked_for_once_however_many_values_there_are(django_assert_max_num_queries) -> None:
    for number in range(30):
        TrackedTaskFactory(prompt="a fox", model=f"model{number}")
    prompt_reading.keep_up()
    with django_assert_max_num_queries(3), CaptureQueriesContext(connection) as asked:
        assert len(counted(Filter(q="fox"))["Model"]) == facets.MOST_SHOWN
    # SQLite takes 32,766 values a statement, and a word may have 5,000 tasks.
    assert all(query["sql"].count("IN (") < 2 for query in asked.captured_queries)


def test_a_rare_word_is_counted_and_a_common_one_is_not(monkeypatch) -> None:
    TrackedTaskFactory(prompt="a fox")
    assert counted(Filter(q="fox"))["Kind"] == {"Image": "1"}
    monkeypatch.setattr(facets, "MOST_READ", 0)
    assert facets.facets(Filter(q="fox")) is None


def test_counts_stop_at_the_cap(monkeypatch) -> None:
    TrackedTaskFactory.create_batch(3)
    monkeypatch.setattr(counting, "COUNT_CAP", 2)
    assert counted(Filter())["Kind"] == {"Image": "over 2"}


def test_the_list_leads_to_them_and_does_not_count_itself(viewer: Person) -> None:
    TrackedTaskFactory(video=True)
    page = viewer.get("/tasks/?kind=video").content.decode()
    assert 'hx-get="/tasks/facets/?kind=video"' in page
    assert "By model" not in page


def test_htmx_gets_the_fragment_and_others_a_page(viewer: Person, htmx: dict[str, str]) -> None:
    TrackedTaskFactory(video=True)
    fragment = viewer.get("/tasks/facets/?status=completed", headers=htmx).content.decode()
    assert 'href="/tasks/?status=completed&amp;model=seedancev2"' in fragment
    assert "<html" not in fragment
    assert 'hx-trigger="load"' not in fragment
    page = viewer.get("/tasks/facets/?status=completed").content.decode()
    assert "<html" in page
    assert 'href="/tasks/?status=completed"' in page


def test_the_chosen_value_is_marked(viewer: Person, htmx: dict[str, str]) -> None:
    TrackedTaskFactory()
    fragment = " ".join(viewer.get("/tasks/facets/?kind=image", headers=htmx).content.decode().split())
    assert 'href="/tasks/?kind=image" aria-current="true"><bdi>Image</bdi>' in fragment


def test_a_filter_it_does_not_know_is_refused(viewer: Person) -> None:
    assert viewer.get("/tasks/facets/?kind=audio").status_code == 400


def test_a_stranger_is_sent_to_the_sign_in(stranger: Person) -> None:
    assert stranger.get("/tasks/facets/").status_code == 302
