from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.access.models import Profile
from dashboard.register import looks
from dashboard.register.looks import Column, Looks, View
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_who_chose_nothing_has_the_table_with_all_its_columns(settings) -> None:
    settings.TASKS_PER_PAGE = 37
    shape = Looks.of(UserFactory())
    assert (shape.view, shape.size, shape.density, shape.hidden) == ("table", "M", "comfortable", ())
    assert shape.page_size == 37


def test_what_is_kept_is_what_is_shown_next() -> None:
    person = UserFactory()
    looks.keep(person, task_view="gallery", card_size="L", hidden_columns="kind model", page_size=200)
    for seen in (person, type(person).objects.get(pk=person.pk)):
        shape = Looks.of(seen)
        assert (shape.is_gallery, shape.size, shape.hidden, shape.page_size) == (True, "L", ("kind", "model"), 200)


def test_it_leaves_what_else_a_person_chose_alone() -> None:
    person = UserFactory()
    Profile.objects.create(user=person, time_zone="Asia/Tokyo", card_size="S")
    looks.keep(person, task_view="gallery")
    profile = Profile.objects.get(user=person)
    assert (profile.time_zone, profile.card_size, profile.task_view) == ("Asia/Tokyo", "S", "gallery")


def test_one_persons_looks_are_nobody_elses() -> None:
    person, other = UserFactory(), UserFactory()
    looks.keep(person, task_view="gallery")
    assert Looks.of(other).view == View.TABLE


def test_an_address_goes_before_what_was_chosen() -> None:
    person = UserFactory()
    looks.keep(person, task_view="gallery")
    assert Looks.of(person, view="table").view == View.TABLE


def test_what_is_so_already_is_not_written_again() -> None:
    person = UserFactory()
    looks.keep(person, task_view="gallery")
    with CaptureQueriesContext(connection) as queries:
        looks.keep(person, task_view="gallery")
    assert len(queries) == 0


def test_what_can_be_left_out_fits_into_its_field() -> None:
    field = Profile._meta.get_field("hidden_columns")
    assert len(" ".join(Column.values)) <= (field.max_length or 0)
