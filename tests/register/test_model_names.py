from __future__ import annotations

import pytest
from django.http import QueryDict

from dashboard.register.counting import count
from dashboard.register.filters import model_names
from dashboard.register.filters.filter import Filter
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db
LONG = "x" * 100


def register(*models: str) -> None:
    for number, model in enumerate(models):
        TrackedTaskFactory(task_id=f"{number}_{model}"[:100], model=model)


def narrowed(query: str) -> Filter:
    return Filter.from_query(QueryDict(query))


def models(filter: Filter) -> list[str]:
    return sorted(filter.queryset().values_list("model", flat=True))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("flux", ["Flux", "flux"]),
        ("FLUX, zimage", ["Flux", "flux", "zimage"]),
        ("Foo, Bar", ["Foo, Bar"]),
        ("foo, bar, zimage", ["Foo, Bar", "zimage"]),
        ("zimage, Foo, Bar, flux", ["Flux", "Foo, Bar", "flux", "zimage"]),
        ('"Foo, Bar", zimage', ["Foo, Bar", "zimage"]),
        ("a, b", ["a", "b"]),
        ('"a, b"', ["a, b"]),
        ('"a, b", a', ["a", "a, b"]),
        ('""', [""]),
        ('"", zimage', ["", "zimage"]),
        ('"""x"""', ['"x"']),
        ('"x"', ["x"]),
        ('5" screen', ['5" screen']),
        ("\u200b", ["\u200b"]),
        (",,", []),
        ("fl\u00adux", ["Flux", "flux"]),
        ("nothing", []),
        ('"zimage, flux"', []),
        ("Foo", []),
        (LONG.upper(), [LONG]),
    ],
)
def test_what_a_text_means(text: str, found: list[str]) -> None:
    register("Flux", "flux", "zimage", "Foo, Bar", "a", "b", "a, b", "", '"x"', "x", '5" screen', "\u200b", LONG)
    filter = Filter(model=text)
    assert models(filter) == found
    assert count(filter).number == len(found)


def test_every_name_can_be_chosen_by_what_is_written_for_it_alone_and_beside_others() -> None:
    names = ["Flux", "Foo, Bar", '"x"', "x", '"', ",", '5" screen', "", "\u200b", "\u202eabc", "a\tb", "אבג", LONG]
    register(*names)
    chosen = model_names.choices(names)
    assert len(chosen) == len(names)
    for choice in chosen:
        assert tuple(models(Filter(model=choice.text))) == choice.names
    query = QueryDict(mutable=True)
    query.setlist("model", [choice.text for choice in chosen])
    assert models(narrowed(query.urlencode())) == sorted(names)


def test_parameters_and_commas_may_stand_together() -> None:
    register("a", "b", "c", "Foo, Bar")
    assert models(narrowed("model=a,b&model=c")) == ["a", "b", "c"]
    assert models(narrowed("model=Foo,+Bar&model=c")) == ["Foo, Bar", "c"]
    assert models(narrowed("model=&model=c")) == ["c"]


def test_a_name_is_one_choice_however_it_is_written() -> None:
    register("Flux", "flux", "FLUX", "fLux")
    (choice,) = model_names.meant("flux, Flux, flux")
    assert choice.names == ("FLUX", "Flux", "fLux", "flux")
    assert choice.words == "FLUX or Flux or fLux or 1 more ways to write it"


def test_what_no_task_has_stays_a_choice_without_names() -> None:
    register("zimage")
    assert [(choice.text, choice.names) for choice in model_names.meant("nope, zimage, nope")] == [
        ("nope", ()),
        ("zimage", ("zimage",)),
    ]
    assert models(Filter(model="nope")) == []


def test_a_model_that_only_deleted_tasks_have_is_known() -> None:
    TrackedTaskFactory(model="gone", presence="deleted")
    (choice,) = model_names.meant("GONE")
    assert choice.names == ("gone",)


def test_of_more_models_than_are_read_one_is_found_as_it_is_written(monkeypatch) -> None:
    monkeypatch.setattr(model_names, "MOST_KNOWN", 2)
    register("a", "b", "c", "z")
    assert models(Filter(model="z, C, a")) == ["a", "z"]


def test_models_are_asked_for_once_a_filter(django_assert_num_queries) -> None:
    register("a", "b")
    filter = Filter(model="a", kind="image")
    with django_assert_num_queries(2):
        filter.condition()
        filter.without("kind").condition()
        filter.untimed().chips()


@pytest.mark.parametrize("text", ["a," * 700, '"' * 1400, '"a' * 600, "," * 1400, '"",' * 450])
def test_hostile_texts_are_read(text: str) -> None:
    register("a", "b,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,b")
    assert len(model_names.meant(text)) <= 2
