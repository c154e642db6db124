from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboard.calls import clock, slots
from dashboard.database import dialect, sql
from dashboard.deletions.dispatch import jobs as deleting
from dashboard.media import asking, hosts, jobs, making, storing, wanting
from dashboard.media.fetching import Rules
from dashboard.media.models import Picture, Reason, Round, State
from dashboard.register.importing.jobs import forget
from dashboard.register.models import TrackedTask
from tests.factories import TrackedTaskFactory, UserFactory
from tests.media.files import BOMB, HTML, SVG, film, picture
from tests.media.host import Host, head, ok, redirect

pytestmark = pytest.mark.django_db


def task_of(host: Host, answer: Any = None, *, path: str = "/a.png", **values: Any) -> TrackedTask:
    host.answers[path] = ok(picture("PNG")) if answer is None else answer
    return TrackedTaskFactory(urls=[host.url + path], **values)


def work(may_go_on: Callable[[], bool] = lambda: True, **rules: Any) -> None:
    jobs.portion(may_go_on=may_go_on, rules=Rules(clicked=frozenset(hosts.clicked()), **rules))


def test_what_is_looked_at_is_fetched_and_stored(host: Host) -> None:
    task = task_of(host)
    assert asking.want([task.pk]) == 1
    work()
    row = Picture.objects.get()
    assert (row.state, row.reason, row.due_at, row.urgent) == (State.STORED, "", None, 0)
    assert (row.width, row.height, row.film) == (400, 300, "")
    assert storing.store().size(row.token, "320.webp")
    assert storing.store().size(row.token, "film.mp4") is None
    assert asking.want([task.pk]) == 0
    assert not list((storing.settings.MEDIA_DIR / "fetching").iterdir())


def test_a_film_is_kept_as_it_is_unless_it_is_too_large(host: Host, settings) -> None:
    task = task_of(host, ok(film()), path="/a.mp4", video=True)
    asking.want([task.pk])
    work()
    row = Picture.objects.get()
    assert (row.film, row.original, row.frames) == ("mp4", len(film()), 12)
    assert b"".join(storing.store().read(row.token, "film.mp4", begin=0, length=len(film()))) == film()
    settings.MEDIA_KEEP_ORIGINALS_MB = 0
    other = task_of(host, ok(film()), path="/a.mp4", video=True)
    asking.want([other.pk])
    work()
    row = Picture.objects.get(task=other)
    assert (row.state, row.original, storing.store().size(row.token, "film.mp4")) == (State.STORED, None, None)
    assert storing.store().size(row.token, "strip.webp")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ok(BOMB), Reason.TOO_LARGE),
        (ok(picture("JPEG")[:900]), Reason.UNDECODABLE),
        (ok(SVG, content_type="image/svg+xml"), Reason.NOT_A_PICTURE),
        (ok(HTML), Reason.NOT_A_PICTURE),
        (ok(b""), Reason.NOT_A_PICTURE),
        (redirect("http://127.0.0.1:9/"), Reason.NOT_ALLOWED),
        (redirect("http://169.254.169.254/"), Reason.NOT_ALLOWED),
        (head("410 Gone", "Content-Length: 0"), Reason.GONE),
        (head("503 Busy", "Content-Length: 0"), Reason.REFUSED),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_comes_to_nothing_says_why_and_is_not_asked_for_again_and_again(
    host: Host, answer: bytes, reason: Reason
) -> None:
    task = task_of(host, answer)
    asking.want([task.pk])
    work()
    row = Picture.objects.get()
    assert (row.state, row.reason, row.token) == (State.FAILED, reason, "")
    assert (row.due_at is not None) is (reason == Reason.REFUSED)
    asking.want([task.pk])
    work()
    assert len(host.asked) == 1


def test_what_passes_is_tried_again_less_and_less_often(host: Host) -> None:
    row = Picture.objects.create(task=task_of(host), due_at=timezone.now(), urgent=1)
    waits = []
    for attempt in range(1, wanting.ATTEMPTS + 1):
        now = timezone.now()
        Picture.objects.filter(pk=row.pk).update(due_at=now)
        taken = wanting.claim(now=now)
        assert taken is not None
        assert taken.attempts == attempt
        making.fail(taken, Reason.NO_ANSWER, now=now)
        row.refresh_from_db()
        waits.append(row.due_at and row.due_at - now)
        Picture.objects.filter(pk=row.pk).update(urgent=1)
    assert waits == [*wanting.AGAIN, None]


def test_nothing_is_fetched_from_hosts_that_are_not_allowed_nor_of_tasks_that_are_gone(host: Host) -> None:
    tasks = [
        TrackedTaskFactory(urls=["https://cdn.example.com/a.png"]),
        TrackedTaskFactory(urls=[]),
        task_of(host, deleted=True),
        task_of(host, presence="missing"),
    ]
    assert asking.want([task.pk for task in tasks]) == 0
    work()
    assert (Picture.objects.count(), host.asked, DBTaskResult.objects.count()) == (0, [], 0)


def test_what_somebody_looks_at_comes_before_the_rest(host: Host) -> None:
    now = timezone.now()
    tasks = [task_of(host, path=f"/{number}.png") for number in range(3)]
    Picture.objects.bulk_create([Picture(task=task, due_at=now - timedelta(hours=1)) for task in tasks])
    asking.want([tasks[2].pk])
    row = wanting.claim(now=clock.now())
    assert row is not None
    assert row.task == tasks[2]


def test_the_background_keeps_to_its_calls_a_minute(host: Host, settings) -> None:
    settings.MEDIA_CALLS_PER_MINUTE = 60
    now = timezone.now()
    tasks = TrackedTaskFactory.create_batch(30, urls=[f"{host.url}/a.png"])
    Picture.objects.bulk_create([Picture(task=task, due_at=now - timedelta(days=2)) for task in tasks])

    def claimed(at: Any) -> int:
        return next(number for number in count() if wanting.claim(now=at) is None)

    assert [claimed(now), claimed(now), claimed(now + timedelta(seconds=3))] == [10, 0, 3]
    # A clock that was put back does not stop it for a day.
    assert claimed(now - timedelta(days=1)) == 10
    settings.MEDIA_CALLS_PER_MINUTE = 0
    assert claimed(now + timedelta(hours=1)) == 0


def test_a_slow_rate_is_still_one(host: Host, settings) -> None:
    settings.MEDIA_CALLS_PER_MINUTE = 1
    now = timezone.now()
    tasks = TrackedTaskFactory.create_batch(3, urls=[f"{host.url}/a.png"])
    Picture.objects.bulk_create([Picture(task=task, due_at=now) for task in tasks])
    found = [wanting.claim(now=now + timedelta(seconds=seconds)) is not None for seconds in (0, 30, 60)]
    assert found == [True, False, True]


def test_the_walk_finds_every_task_once_and_those_that_come_later(host: Host, monkeypatch) -> None:
    monkeypatch.setattr(wanting, "STEP", 2)
    url = f"{host.url}/a.png"
    first = TrackedTaskFactory.create_batch(5, urls=[url])
    now = timezone.now()
    assert [wanting.walk(now=now) for _ in range(4)] == [True, True, True, False]
    assert not wanting.walk(now=now)
    assert set(Picture.objects.values_list("task", flat=True)) == {task.pk for task in first}
    assert Picture.objects.exclude(urgent=0).count() == 0
    Picture.objects.update(due_at=None)
    assert not wanting.has_work(now=now)
    later = TrackedTaskFactory(urls=[url])
    assert wanting.has_work(now=now)
    assert wanting.walk(now=now)
    assert Picture.objects.filter(task=later).exists()
    # A task that had no file when the walk passed gets its turn the next day.
    TrackedTaskFactory(urls=[])
    while wanting.walk(now=now):
        pass
    TrackedTask.objects.update(urls=[url])
    tomorrow = now + timedelta(days=2)
    assert wanting.has_work(now=tomorrow)
    while wanting.has_work(now=tomorrow) and Picture.objects.count() < 7:
        wanting.walk(now=tomorrow)
    assert Picture.objects.count() == 7


def test_the_background_alone_gets_there(host: Host) -> None:
    task_of(host)
    work()
    assert Picture.objects.get().state == State.STORED


def test_two_workers_never_have_the_same_picture(host: Host) -> None:
    asking.want([task_of(host).pk])
    now = clock.now()
    assert wanting.claim(now=now)
    assert wanting.claim(now=now) is None
    # The first one died.
    assert wanting.claim(now=now + wanting.LEASE)


def test_a_file_at_which_worker_after_worker_dies_is_left_alone(host: Host) -> None:
    task = task_of(host)
    asking.want([task.pk])
    Picture.objects.update(attempts=wanting.ATTEMPTS)
    work()
    assert Picture.objects.get().reason == Reason.UNDECODABLE


def test_it_lets_go_at_once_when_somebody_else_needs_the_worker(host: Host) -> None:
    def waits(connection: Any, stopping: Any) -> None:
        stopping.wait()

    asking.want([task_of(host, waits).pk])
    answers = iter([True] * 8 + [False] * 9)
    work(may_go_on=lambda: next(answers))
    row = Picture.objects.get()
    assert (row.state, row.attempts, row.urgent) == (State.WAITING, 0, 1)
    assert row.due_at is not None
    assert row.due_at <= clock.now()


def test_any_other_job_goes_first() -> None:
    assert jobs.Courtesy()()
    jobs.wake(clock.now())
    assert jobs.Courtesy()()
    forget.enqueue()
    assert not jobs.Courtesy()()
    assert DBTaskResult.objects.get(task_path=jobs.fetch.module_path).priority == jobs.PRIORITY < forget.priority


def test_a_deletion_goes_on_although_pictures_wait(settings) -> None:
    """A shift ends for other jobs, and not for these."""
    slots.take(settings.TENSORSLAB_CONCURRENCY)
    jobs.wake(clock.now())
    assert deleting.nobody_waits()
    forget.enqueue()
    assert not deleting.nobody_waits()


def test_a_worker_that_is_told_to_stop_begins_nothing(host: Host, monkeypatch) -> None:
    asking.want([task_of(host).pk])
    monkeypatch.setattr(jobs.stopping, "is_set", lambda: True)
    jobs.fetch.call()
    assert host.asked == []


def test_one_job_is_asked_for_however_many_look(host: Host) -> None:
    task = task_of(host)
    for _ in range(3):
        asking.want([task.pk])
        jobs.wake_due(now=clock.now())
    assert DBTaskResult.objects.filter(task_path=jobs.fetch.module_path).count() == 1


def test_a_lost_job_is_asked_for_again(host: Host) -> None:
    asking.want([task_of(host).pk])
    DBTaskResult.objects.all().delete()
    jobs.wake_due(now=clock.now())
    assert not DBTaskResult.objects.exists()
    Round.objects.update(wake_at=clock.now() - 3 * jobs.REST)
    jobs.wake_due(now=clock.now())
    assert DBTaskResult.objects.count() == 1


def test_where_nothing_is_allowed_nothing_is_woken(settings) -> None:
    settings.SANDBOX_MEDIA_URL = ""
    TrackedTaskFactory(urls=["https://cdn.example.com/a.png"])
    jobs.wake_due(now=clock.now())
    assert not DBTaskResult.objects.exists()


def test_a_host_that_is_allowed_later_has_its_pictures_fetched(settings, host: Host) -> None:
    settings.SANDBOX_MEDIA_URL = ""
    task = task_of(host)
    other = TrackedTaskFactory(urls=["https://cdn.example.com/a.png"])
    while wanting.walk(now=clock.now()):
        pass
    assert asking.want([task.pk, other.pk]) == 0
    hosts.allow("cdn.example.com", by=UserFactory(), address="")
    assert wanting.walk(now=clock.now())
    assert [row.task for row in Picture.objects.all()] == [other]


def test_a_store_that_does_not_take_it_leaves_it_due(host: Host, settings, tmp_path: Path) -> None:
    asking.want([task_of(host).pk])
    settings.MEDIA_DIR.mkdir(parents=True)
    (settings.MEDIA_DIR / "kept").write_text("not a folder")
    work()
    row = Picture.objects.get()
    assert (row.state, row.token) == (State.WAITING, "")
    assert row.due_at is not None


def test_a_task_with_another_address_is_fetched_anew(host: Host) -> None:
    task = task_of(host, head("404 Not Found", "Content-Length: 0"))
    asking.want([task.pk])
    work()
    host.answers["/b.png"] = ok(picture("PNG"))
    TrackedTask.objects.update(urls=[f"{host.url}/b.png?signature=new"])
    assert asking.want([task.pk]) == 1
    work()
    assert Picture.objects.get().state == State.STORED
    # Another signature alone is no reason.
    TrackedTask.objects.update(urls=[f"{host.url}/b.png?signature=newer"])
    assert asking.want([task.pk]) == 0


def test_all_files_of_a_task_are_fetched_for_its_page(host: Host) -> None:
    task = TrackedTaskFactory(urls=[f"{host.url}/{name}.png" for name in "abc"])
    host.answers |= {f"/{name}.png": ok(picture("PNG", (40, number + 10))) for number, name in enumerate("abc")}
    assert (asking.want([task.pk]), asking.want([task.pk], every=True)) == (1, 3)
    work()
    assert Picture.objects.filter(state=State.STORED).count() == 3
    assert len(set(Picture.objects.values_list("token", flat=True))) == 3


def test_the_next_picture_is_found_by_an_index() -> None:
    moment = timezone.now()
    many = range(4000)
    tasks = [TrackedTask(kind="image", task_id=f"abcd_{number}", tracked_at=moment) for number in many]
    tasks = TrackedTask.objects.bulk_create(tasks)
    Picture.objects.bulk_create(
        [Picture(task=task, due_at=moment if task.pk % 100 == 0 else None) for task in tasks],
    )
    sql.look_at("media_picture")
    with CaptureQueriesContext(connection) as caught:
        assert wanting.claim(now=moment)
    chosen = [
        query["sql"] for query in caught.captured_queries if "due_at" in query["sql"] and "SELECT" in query["sql"][:7]
    ]
    assert len(chosen) == 2
    for statement in chosen:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {'' if dialect.has_own_clock() else 'QUERY PLAN '}{statement}")
            assert "picture_due" in str(cursor.fetchall())
