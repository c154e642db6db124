from __future__ import annotations

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from dashboard.database import prompt_reading
from dashboard.register import counting, facets, starring
from dashboard.register.filters.filter import Filter
from dashboard.register.models import TrackedTask
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


@pytest.mark.parametrize("q", ["", "fox"])
def test_starred_tasks_are_counted_where_there_are_any(q: str) -> None:
    tasks = [TrackedTaskFactory(prompt="a fox", video=video, model="") for video in (True, True, False)]
    assert "Starred" not in counted(Filter(q=q))
    starring.star([tasks[0].pk], actor="li", address="")
    assert counted(Filter(q=q))["Starred"] == {"No": "2", "Yes": "1"}
    assert counted(Filter(q=q, kind="video"))["Starred"] == {"No": "1", "Yes": "1"}
    assert counted(Filter(q=q, starred="no")) == {
        "Kind": {"Image": "1", "Video": "1"},
        "Status": {"Completed": "2"},
        "Model": {"(none)": "2"},
        "Starred": {"No": "2", "Yes": "1"},
    }
    # Chosen, it stays, so that it can be taken away.
    assert counted(Filter(q=q, kind="image", starred="yes"))["Starred"] == {"No": "1", "Yes": "0"}
    assert "Starred" not in counted(Filter(q=q, kind="image"))


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
    assert 'href="/tasks/" aria-current="true" title="Take it away"><bdi>Image</bdi>' in fragment


def models(query: str) -> dict[str, tuple[int | None, bool, str]]:
    """Of each that the facets show: how many it would leave, whether it is chosen, and what its link asks for."""
    shown = facets.facets(Filter.from_query(QueryDict(query))) or []
    return {
        value.label: (value.number, value.chosen, value.filter.query_string())
        for facet in shown
        for value in facet.values
        if facet.label == "Model"
    }


@pytest.mark.parametrize("besides", ["", "q=fox&"])
def test_models_are_added_and_taken_away_one_by_one(besides: str) -> None:
    for model, number in (("Flux", 1), ("flux", 2), ("Foo, Bar", 2), ("zimage", 1), ("", 4)):
        TrackedTaskFactory.create_batch(number, model=model, prompt="a fox")
    assert models(f"{besides}model=zimage") == {
        "(none)": (4, False, f"{besides}model=zimage%2C+%22%22"),
        "Flux or flux": (3, False, f"{besides}model=zimage%2C+Flux"),
        "Foo, Bar": (2, False, f"{besides}model=zimage%2C+%22Foo%2C+Bar%22"),
        "zimage": (1, True, besides.strip("&")),
    }
    shown = models(f"{besides}model=zimage,+Foo,+Bar,flux")
    assert {label: (number, chosen) for label, (number, chosen, _) in shown.items()} == {
        "(none)": (4, False),
        "Flux or flux": (3, True),
        "Foo, Bar": (2, True),
        "zimage": (1, True),
    }
    assert shown["Flux or flux"][2] == f"{besides}model=zimage%2C+%22Foo%2C+Bar%22"
    assert shown["Foo, Bar"][2] == f"{besides}model=zimage%2C+Flux"


def test_what_is_chosen_is_shown_where_it_leaves_nothing(monkeypatch) -> None:
    monkeypatch.setattr(facets, "MOST_SHOWN", 1)
    TrackedTaskFactory.create_batch(2, video=True, model="many")
    TrackedTaskFactory(model="few")
    assert models("kind=video&model=few,nope") == {
        "many": (2, False, "kind=video&model=few%2C+nope%2C+many"),
        "few": (0, True, "kind=video&model=nope"),
        "nope": (0, True, "kind=video&model=few"),
    }


def offered(person: Person, query: str) -> dict[str, tuple[str, bool]]:
    """Of each box: how many tasks it would leave, and whether it is ticked."""
    response = person.get(f"/tasks/models/?{query}")
    assert response.status_code == 200
    return {value.text: (value.words, value.chosen) for value in response.context["values"]}


def test_all_models_are_offered_in_the_order_of_their_names_behind_those_that_are_chosen(viewer: Person) -> None:
    for model in ("zimage", "Alpha", "beta", "Foo, Bar", ""):
        TrackedTaskFactory(model=model)
    TrackedTaskFactory(model="gone", presence="deleted")
    TrackedTaskFactory(model="beta", kind="video")
    assert list(offered(viewer, "kind=video&model=nope,BETA").items()) == [
        ("nope", ("0", True)),
        ("beta", ("1", True)),
        ('""', ("0", False)),
        ("Alpha", ("0", False)),
        ('"Foo, Bar"', ("0", False)),
        ("zimage", ("0", False)),
    ]
    assert list(offered(viewer, "presence=deleted")) == ["gone"]
    assert offered(viewer, "model=gone")["gone"] == ("0", True)


def test_they_are_offered_on_a_page_of_their_own_and_beside_the_list(viewer: Person, htmx: dict[str, str]) -> None:
    TrackedTaskFactory(model="zimage")
    query = "q=fox&kind=image&sort=created&cursor=b1.1&model=zimage"
    page = viewer.get(f"/tasks/models/?{query}").content.decode()
    fragment = viewer.get(f"/tasks/models/?{query}", headers=htmx).content.decode()
    assert "<html" in page
    assert "<html" not in fragment
    for text in map(str.split, (page, fragment)):
        words = " ".join(text)
        for name, value in (("q", "fox"), ("kind", "image"), ("sort", "created")):
            assert f'<input type="hidden" name="{name}" value="{value}">' in words
        assert '<input type="hidden" name="model"' not in words
        assert 'name="cursor"' not in words
    assert 'href="/tasks/?q=fox&amp;kind=image&amp;model=zimage&amp;sort=created"' in page
    assert viewer.get("/tasks/models/?kind=audio").status_code == 400


def test_two_hundred_models_are_offered_and_twenty_shown(viewer: Person, htmx: dict[str, str]) -> None:
    TrackedTask.objects.bulk_create(TrackedTaskFactory.build(model=f"model{number:03}") for number in range(200))
    assert list(offered(viewer, "")) == [f"model{number:03}" for number in range(200)]
    assert len(models("")) == facets.MOST_SHOWN
    assert "All…" in viewer.get("/tasks/facets/", headers=htmx).content.decode()
    assert "All…" not in viewer.get("/tasks/facets/?model=nope&kind=video&q=nothing", headers=htmx).content.decode()


def test_where_nothing_can_be_counted_models_are_offered_without_numbers(viewer: Person, monkeypatch) -> None:
    TrackedTaskFactory(prompt="a fox", model="zimage")
    monkeypatch.setattr(facets, "MOST_READ", 0)
    assert offered(viewer, "q=fox&model=zimage") == {"zimage": ("", True)}
    assert "too much matches this search to count it" in viewer.get("/tasks/models/?q=fox").content.decode().lower()


def test_a_filter_it_does_not_know_is_refused(viewer: Person) -> None:
    assert viewer.get("/tasks/facets/?kind=audio").status_code == 400


def test_a_stranger_is_sent_to_the_sign_in(stranger: Person) -> None:
    assert stranger.get("/tasks/facets/").status_code == 302


def test_a_page_of_models_leads_back_to_what_was_selected(operator: Person, htmx: dict[str, str]) -> None:
    TrackedTaskFactory(model="flux")
    selection = "00000000-0000-4000-8000-000000000001"
    before = {"Referer": f"http://testserver/tasks/?selection={selection}&kind=image"}
    page = operator.get("/tasks/models/?kind=image", headers=before).content.decode()
    assert f'href="/tasks/?kind=image&amp;selection={selection}"' in page
    assert f'name="selection" value="{selection}"' in page
    # Beside the list the browser tells it, as it is by then.
    assert selection not in operator.get("/tasks/models/?kind=image", headers=before | htmx).content.decode()
    damaged = {"Referer": "http://testserver/tasks/?selection=x"}
    assert operator.get("/tasks/models/", headers=damaged).status_code == 200
