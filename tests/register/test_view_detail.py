from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from dashboard.deletions.history import listing
from dashboard.pages import moments
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.factories import DeletionFactory, DeletionItemFactory, SelectionFactory, TrackedTaskFactory

pytestmark = pytest.mark.django_db


def test_it_shows_one_task(viewer: Person) -> None:
    TrackedTaskFactory(task_id="abcd_1", prompt="A lighthouse at dusk", model="seedreamv5")
    page = viewer.get("/tasks/image/abcd_1/").content.decode()
    assert "A lighthouse at dusk" in page
    assert "seedreamv5" in page


def test_the_same_id_of_another_kind_is_another_task(viewer: Person) -> None:
    TrackedTaskFactory(task_id="abcd_1", prompt="the picture")
    TrackedTaskFactory(task_id="abcd_1", kind="video", prompt="the film")
    assert "the film" in viewer.get("/tasks/video/abcd_1/").content.decode()


@pytest.mark.parametrize(
    "task_id", ["a/b", "a/../b", "/a", "a/", "a%2Fb", "a?b=c", "a#b", "ä+红&", "100%", "<script>", "a;b", "import"]
)
def test_any_id_has_a_page(viewer: Person, task_id: str) -> None:
    task = TrackedTaskFactory(task_id=task_id)
    response = viewer.get(task.get_absolute_url())
    assert response.status_code == 200
    assert response.context["task"] == task


@pytest.mark.parametrize("path", ["image/abcd_2", "video/abcd_1", "audio/abcd_1", "image/abcd_1%00", "image/ABCD_1"])
def test_an_unknown_task_answers_404(viewer: Person, path: str) -> None:
    TrackedTaskFactory(task_id="abcd_1")
    assert viewer.get(f"/tasks/{path}/").status_code == 404


def test_a_time_without_a_zone_is_told_as_it_was_brought(viewer: Person) -> None:
    task = TrackedTaskFactory(created_at=None, created_raw="2026-10-05 01:15:00")
    page = strip_tags(viewer.get(task.get_absolute_url()).content.decode())
    assert "2026-10-05 01:15:00, time zone not given" in page
    # A deletion's look-up does not refresh the row, so the page does not call it never looked up.
    assert "Last refreshed" in page
    assert "Last looked up" not in page


def test_it_says_who_holds_the_task_and_offers_no_delete(operator: Person) -> None:
    task = TrackedTaskFactory(held_by="rosa", held_reason="Legal case 12")
    page = operator.get(task.get_absolute_url()).content.decode()
    assert "Held: Legal case 12" in page
    assert "rosa" in page
    assert "Delete 1 task" not in page


def test_its_delete_button_is_a_deletion_of_one(operator: Person) -> None:
    task = TrackedTaskFactory()
    page = operator.get(task.get_absolute_url()).content.decode()
    assert f'name="task" value="{task.pk}"' in page
    assert f'name="shown" value="{task.pk}"' in page
    assert "/deletions/new/" in page
    assert "Delete 1 task…" in page


def test_a_viewer_is_offered_no_delete(viewer: Person) -> None:
    assert "Delete 1 task" not in viewer.get(TrackedTaskFactory().get_absolute_url()).content.decode()


def test_it_shows_its_deletions_newest_first(viewer: Person, monkeypatch) -> None:
    monkeypatch.setattr(listing, "OF_A_TASK", 2)
    task = TrackedTaskFactory(task_id="a b&c", deleted=True)
    twin = TrackedTaskFactory(task_id="a b&c", video=True)
    for hour, (reason, outcome) in enumerate([("First", "kept"), ("Then", "refused"), ("Last", "deleted")]):
        deletion = DeletionFactory(reason=reason, confirmed_at=timezone.now() + timedelta(hours=hour))
        DeletionItemFactory(deletion=deletion, tracked=task, outcome=outcome)
    DeletionItemFactory(deletion=DeletionFactory(reason="Of a namesake"), tracked=twin)
    DeletionItemFactory(deletion=DeletionFactory(reason="Only drafted", state="draft"), tracked=task)
    page = unescape(viewer.get(task.get_absolute_url()).content.decode())
    assert page.index("Last") < page.index("Image: Deleted") < page.index("Then") < page.index("Image: Refused")
    assert not {word for word in ("First", "Of a namesake", "Only drafted") if word in page}
    assert 'href="/deletions/?task=a+b%26c&kind=image"' in page


def test_the_time_of_an_ending_does_not_run_into_its_message(viewer: Person) -> None:
    task = TrackedTaskFactory()
    item = DeletionItemFactory(tracked=task, outcome="refused", message="In use.", settled_at=timezone.now())
    page = strip_tags(viewer.get(task.get_absolute_url()).content.decode())
    assert f"In use. · {moments.in_words(item.settled_at)}" in unescape(page)


def test_a_task_that_was_never_in_a_deletion_says_so(viewer: Person) -> None:
    assert "This task was never in a deletion." in viewer.get(TrackedTaskFactory().get_absolute_url()).content.decode()


def test_markup_is_shown_as_text(viewer: Person) -> None:
    task = TrackedTaskFactory(
        prompt="<script>alert(1)</script>",
        error="<script>alert(2)</script>",
        urls=['https://cdn.example.com/"><script>alert(3)</script>'],
    )
    assert "<script>alert" not in viewer.get(task.get_absolute_url()).content.decode()


def test_only_web_addresses_become_previews(viewer: Person) -> None:
    task = TrackedTaskFactory(urls=["javascript:alert(1)", "data:text/html,hi", "https://cdn.example.com/a.png"])
    page = viewer.get(task.get_absolute_url()).content.decode()
    assert "javascript:" not in page
    assert "data:text" not in page
    assert "https://cdn.example.com/a.png" in page


def test_a_remote_picture_is_not_loaded_unasked(viewer: Person) -> None:
    task = TrackedTaskFactory(urls=["https://cdn.example.com/a.png"])
    assert 'src="https://cdn.example.com' not in viewer.get(task.get_absolute_url()).content.decode()
    assert 'src="https://cdn.example.com' not in viewer.get("/tasks/").content.decode()


def test_a_stranger_is_sent_to_the_sign_in(stranger: Person) -> None:
    assert stranger.get("/tasks/image/abcd_1/").headers["Location"].startswith("/login/")


@pytest.mark.parametrize("task_id", [".", ".."])
def test_a_task_of_dots_can_be_opened(viewer: Person, task_id: str) -> None:
    """A browser takes such a path apart, however it is written."""
    task = TrackedTaskFactory(kind="image", task_id=task_id)
    assert task.get_absolute_url() == f"/tasks/image/?id={task_id}"
    assert (
        f'<h1 class="task-title mono"><bdi>{task_id}</bdi></h1>' in viewer.get(task.get_absolute_url()).content.decode()
    )
    assert viewer.get("/tasks/image/").status_code == 404


def test_it_has_the_neighbours_of_the_list_that_led_here(viewer: Person) -> None:
    older, task = TrackedTaskFactory(task_id="."), TrackedTaskFactory(task_id="b")
    TrackedTaskFactory(task_id="c", video=True)
    newer = TrackedTaskFactory(task_id="d")
    page = unescape(viewer.get(f"{task.get_absolute_url()}?kind=image").content.decode())
    assert f'href="{newer.get_absolute_url()}?kind=image" rel="prev"' in page
    assert f'href="{older.get_absolute_url()}&kind=image" rel="next"' in page
    assert f'href="/tasks/viewer/{task.pk}/?kind=image"' in page
    back = viewer.get(
        f"/tasks/?{viewer.get(f'{task.get_absolute_url()}?kind=image').context['list_url'].partition('?')[2]}"
    )
    assert back.context["page"]["rows"] == [task, older]


def test_it_tells_who_added_it(viewer: Person) -> None:
    task = TrackedTaskFactory(task_id="b", added_by="li.wei")
    assert "Added by li.wei, " in " ".join(strip_tags(viewer.get(task.get_absolute_url()).content.decode()).split())
    TrackedTask.objects.update(added_by="")
    shown = " ".join(strip_tags(viewer.get(task.get_absolute_url()).content.decode()).split())
    assert "In the register since" in shown
    assert "Added" not in shown


def test_its_list_is_the_one_that_a_row_was_in(viewer: Person) -> None:
    task = TrackedTaskFactory(task_id="b")
    page = unescape(viewer.get("/tasks/?kind=image&sort=created&view=table").content.decode())
    assert f'href="{task.get_absolute_url()}?kind=image&sort=created" title="b"' in page


def test_an_old_links_list_hides_no_task(viewer: Person) -> None:
    task = TrackedTaskFactory(task_id="b")
    response = viewer.get(f"{task.get_absolute_url()}?kind=audio")
    assert response.status_code == 200
    assert 'href="/tasks/">Tasks</a>' in response.content.decode()


def test_the_way_back_has_the_selection_that_was_made_on_the_list(operator: Person) -> None:
    task = TrackedTaskFactory(task_id="b")
    selection = SelectionFactory(user=operator.user, tasks=[task])
    referer = {"Referer": f"http://testserver/tasks/?selection={selection.uuid}"}
    response = operator.get(task.get_absolute_url(), headers=referer)
    assert response.context["list_url"] == f"/tasks/?selection={selection.uuid}"
