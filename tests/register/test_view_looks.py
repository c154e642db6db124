from __future__ import annotations

import re

import pytest

from dashboard.access.models import Profile
from dashboard.register.looks import Column
from tests.conftest import Person
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db
ADDRESS = "/tasks/looks/"
LAYOUT = {"density": "compact", "page_size": "100", "columns": ["thumb", "prompt"]}


def page(person: Person, path: str = "/tasks/") -> str:
    return " ".join(person.get(path).content.decode().split())


def test_the_view_is_kept_for_the_person(viewer: Person, operator: Person) -> None:
    TrackedTaskFactory()
    assert 'class="gallery"' in page(viewer, "/tasks/?view=gallery")
    assert 'class="gallery"' in page(viewer)
    assert "<table" not in page(viewer)
    assert 'class="gallery"' not in page(operator)
    assert "<table" in page(viewer, "/tasks/?view=table")
    assert "<table" in page(viewer)


def test_a_look_at_the_headers_alone_keeps_nothing(viewer: Person) -> None:
    TrackedTaskFactory()
    assert viewer.head("/tasks/?view=gallery").status_code == 200
    assert "<table" in page(viewer)


@pytest.mark.parametrize("view", ["cards", "GALLERY", "table&view=gallery"])
def test_another_view_is_refused(viewer: Person, view: str) -> None:
    assert viewer.get(f"/tasks/?view={view}").status_code == 400
    assert not Profile.objects.exists()


def test_the_size_is_kept_and_the_list_stays(viewer: Person, htmx: dict[str, str]) -> None:
    TrackedTaskFactory()
    response = viewer.post(ADDRESS, {"size": "L", "back": "kind=image&view=gallery"})
    assert (response.status_code, response.headers["Location"]) == (303, "/tasks/?kind=image&view=gallery")
    assert 'data-size="L"' in page(viewer, "/tasks/?view=gallery")
    assert viewer.post(ADDRESS, {"size": "S"}, headers=htmx).status_code == 204
    assert 'data-size="S"' in page(viewer)


def test_the_layout_is_kept(viewer: Person) -> None:
    TrackedTaskFactory.create_batch(30)
    assert viewer.post(ADDRESS, LAYOUT | {"page_size": "25"}).status_code == 303
    shown = page(viewer)
    assert 'class="tasks compact" data-hides="kind status model created"' in shown
    assert shown.count('<tr id="task-') == 25
    form = page(viewer, f"{ADDRESS}?back=kind%3Dimage")
    assert 'value="compact" autocomplete="off" checked' in form
    assert '<option value="25" selected>' in form
    assert form.count('name="columns"') == len(Column)
    assert 'name="back" value="kind=image"' in form
    viewer.post(ADDRESS, LAYOUT | {"page_size": "", "columns": Column.values})
    shown = page(viewer)
    assert shown.count('<tr id="task-') == 30
    assert "data-hides" not in shown


def test_all_columns_may_go_but_the_id_and_the_presence(viewer: Person) -> None:
    TrackedTaskFactory()
    viewer.post(ADDRESS, {"density": "comfortable", "page_size": ""})
    assert 'data-hides="thumb kind status model prompt created"' in page(viewer)
    for column in ("id", "presence"):
        assert viewer.post(ADDRESS, LAYOUT | {"columns": [column]}).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [{"size": "XL"}, {"size": ""}, LAYOUT | {"density": "airy"}, LAYOUT | {"page_size": "1000"}, {"columns": "prompt"}],
)
def test_what_is_no_look_is_refused_and_changes_nothing(viewer: Person, wrong: dict[str, object]) -> None:
    assert viewer.post(ADDRESS, wrong).status_code == 422
    assert not Profile.objects.exists()


@pytest.mark.parametrize("back", ["//evil.example.com", "nonsense=1", "kind=audio"])
def test_it_leads_nowhere_but_to_the_list(viewer: Person, back: str) -> None:
    assert viewer.post(ADDRESS, {"size": "L", "back": back}).status_code == 400
    assert viewer.get(ADDRESS, {"back": back}).status_code == 400
    assert not Profile.objects.exists()


def test_no_label_of_the_list_is_another_fields(operator: Person) -> None:
    """People and programs find the filter's fields by their labels."""
    TrackedTaskFactory()
    for view in ("table", "gallery"):
        shown = page(operator, f"/tasks/?view={view}")
        assert '"/tasks/looks/?back=view%3D' in shown
        for label in ("Kind", "Status", "Presence", "Model"):
            assert re.findall(rf"<label[^>]*>[^<]*(?:<input[^>]*>)?[^<]*{label}", shown) == [
                f'<label for="id_{label.lower()}">{label}'
            ]


def test_the_gallery_keeps_filter_selection_and_strip(operator: Person) -> None:
    TrackedTaskFactory(task_id="abcd_1")
    TrackedTaskFactory(task_id="abcd_2", video=True)
    shown = page(operator, "/tasks/?view=gallery&kind=video")
    assert 'aria-label="Select abcd_2"' in shown
    assert "abcd_1" not in shown
    assert "Select all 1 matching" in shown
    assert 'id="strip"' in shown
    assert 'action="/tasks/selection/?kind=video&amp;view=gallery"' in shown
