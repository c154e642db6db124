from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.media import showing
from dashboard.media.models import AllowedHost, Picture, Reason, State
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db
TOKEN = "0123456789abcdef" * 2
STORED = {"state": State.STORED, "token": TOKEN, "width": 400, "height": 300}
URL = "https://cdn.example.com/a.png"


def shown(*, url: str = URL, row: dict[str, Any] | None = None, **values: Any) -> showing.Shown:
    task = TrackedTaskFactory(urls=[url] if url else [], **values)
    if row is not None:
        Picture.objects.create(task=task, **row)
    return showing.of_tasks([task])[task.pk]


def test_a_stored_picture_has_addresses_of_our_own() -> None:
    one = shown(row=STORED)
    base = f"/media/{TOKEN}/"
    assert (one.tiny, one.small, one.large) == (f"{base}64.webp", f"{base}320.webp", f"{base}large.webp")
    assert (one.reason, one.words, one.film, one.strip, one.is_film, one.is_coming) == (None, "", "", "", False, False)
    assert (one.width, one.height, one.source) == (400, 300, URL)


def test_a_film_has_a_strip_and_where_it_was_kept_itself() -> None:
    film = STORED | {"film": "mp4", "frames": 12, "duration": 5.0}
    one = shown(row=film | {"original": 14_000})
    assert (one.is_film, one.frames, one.duration) == (True, 12, 5.0)
    assert (one.strip, one.film) == (f"/media/{TOKEN}/strip.webp", f"/media/{TOKEN}/film.mp4")
    assert shown(row=film).film == ""


@pytest.mark.parametrize(
    ("found", "reason", "coming"),
    [
        ({}, Reason.NOT_YET, True),
        ({"row": {"state": State.WAITING}}, Reason.NOT_YET, True),
        ({"url": ""}, Reason.NO_FILE, False),
        ({"url": "http://other.example/a.png"}, Reason.NOT_ALLOWED, False),
        ({"url": "http://me:pw@cdn.example.com/a.png"}, Reason.NOT_PUBLIC, False),
        *(
            ({"row": {"state": State.FAILED, "reason": reason}}, reason, False)
            for reason in (Reason.GONE, Reason.NOT_A_PICTURE, Reason.TOO_LARGE, Reason.UNDECODABLE, Reason.NO_ANSWER)
        ),
        ({"row": {"state": State.FORGOTTEN, "reason": Reason.FORGOTTEN}}, Reason.FORGOTTEN, False),
        ({"row": {"state": State.EXPIRED, "reason": Reason.EXPIRED}, "deleted": True}, Reason.EXPIRED, False),
        ({"deleted": True}, Reason.NONE_KEPT, False),
        ({"row": {"state": State.WAITING}, "presence": "missing"}, Reason.NONE_KEPT, False),
    ],
)
def test_where_there_is_nothing_it_says_why(settings, found: dict[str, Any], reason: Reason, coming: bool) -> None:
    settings.MEDIA_HOSTS = ["cdn.example.com"]
    one = shown(**found)
    assert (one.reason, one.words, one.is_coming) == (reason, reason.label, coming)
    assert (one.tiny, one.large, one.film) == ("", "", "")


def test_a_tombstone_keeps_its_picture() -> None:
    assert shown(row=STORED, deleted=True).tiny


def test_it_names_the_host_that_could_be_allowed() -> None:
    assert shown(url="https://cdn.example.com:8443/a.png").host == "cdn.example.com:8443"
    led = {"state": State.FAILED, "reason": Reason.NOT_ALLOWED, "detail": "other.example"}
    AllowedHost.objects.create(name="cdn.example.com", allowed_at=timezone.now())
    assert (shown(row=led).reason, shown(row=led).host) == (Reason.NOT_ALLOWED, "other.example")
    AllowedHost.objects.create(name="other.example", allowed_at=timezone.now())
    assert (shown(row=led).reason, shown(row=led).is_coming) == (Reason.NOT_YET, True)


def test_a_page_of_them_takes_one_query(django_assert_num_queries) -> None:
    AllowedHost.objects.create(name="cdn.example.com", allowed_at=timezone.now())
    tasks = TrackedTaskFactory.create_batch(20, urls=[URL])
    Picture.objects.bulk_create([Picture(task=task, **STORED) for task in tasks[:10]])
    tasks = list(TrackedTask.objects.in_rows().filter(pk__in=[task.pk for task in tasks]))
    with django_assert_num_queries(1):
        found = showing.of_tasks(tasks)
    assert [found[task.pk].is_coming for task in tasks].count(True) == 10
    with django_assert_num_queries(0):
        assert showing.of_tasks([]) == {}


@pytest.mark.parametrize("number", [3, 40])
def test_the_list_takes_one_query_for_all_its_pictures(viewer: Person, number: int) -> None:
    TrackedTaskFactory.create_batch(number, urls=[URL])
    with CaptureQueriesContext(connection) as caught:
        viewer.get("/tasks/")
    assert len([query for query in caught.captured_queries if "media_" in query["sql"]]) == 1


def test_every_file_of_a_task_is_shown_on_its_page() -> None:
    task = TrackedTaskFactory(urls=[URL, "https://other.example/b.png"])
    Picture.objects.create(task=task, number=1, **STORED)
    assert [(one.number, one.reason) for one in showing.of_task(task)] == [(0, Reason.NOT_ALLOWED), (1, None)]
    assert [one.reason for one in showing.of_task(TrackedTaskFactory(urls=[]))] == [Reason.NO_FILE]
