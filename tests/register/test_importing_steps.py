"""Large files: steps that may end anywhere, taken by whoever comes."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboard.audit.models import AuditEvent
from dashboard.register import importing
from dashboard.register.importing import batches, jobs, pieces, repeats, steps, storing
from dashboard.register.importing.cells.entries import Row
from dashboard.register.models import ImportBatch, ImportPiece, TrackedTask
from tests.factories import TrackedTaskFactory, UserFactory
from tests.register.workbooks import workbook
from tests.statements import CHANGES, after, raising

pytestmark = pytest.mark.django_db

ROWS = 95
FILE = "kind,task_id,prompt\n" + "".join(f"image,t{number},p\n" for number in range(ROWS)) + "image,t3,q\naudio,x,\n"


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch) -> None:
    monkeypatch.setattr(repeats, "CHUNK", 10)
    monkeypatch.setattr(batches, "AT_ONCE", 20)


@pytest.fixture
def olga() -> User:
    return UserFactory(username="olga")


def check(user: User, content: str = FILE) -> ImportBatch:
    return importing.check(source="tasks.csv", stream=io.BytesIO(content.encode()), user=user)


def run_jobs() -> int:
    """All that are due, as a worker would. How many there were."""
    ran = 0
    while job := DBTaskResult.objects.ready().first():
        DBTaskResult.objects.filter(pk=job.pk).update(status="SUCCESSFUL")
        job.task.call(*job.args_kwargs["args"])
        ran += 1
    return ran


def test_what_is_read_at_once_counts_as_progress(olga):
    batch = check(olga, FILE.replace(",p\n", f",{'p' * 10_000}\n"))
    assert batch.state == "checking"
    assert 0 < batch.percent < 100


def test_a_large_file_is_checked_and_imported_by_jobs(olga):
    TrackedTaskFactory(kind="image", task_id="t7")
    batch = check(olga)
    assert (batch.state, batch.pieces.filter(role="upload").count()) == ("checking", 1)
    run_jobs()
    batch.refresh_from_db()
    assert (batch.state, batch.to_add, batch.to_update, batch.rejected) == ("checked", ROWS - 1, 1, 2)
    assert batch.problems == [
        {"line": 97, "sentence": "Repeats image t3 of line 5 with other values. The first one counts."},
        {"line": 98, "sentence": "The kind is “audio”. Use image or video."},
    ]
    assert set(batch.pieces.values_list("role", flat=True)) == {"rows"}
    assert TrackedTask.objects.count() == 1
    batch = importing.apply(batch=batch, actor=olga, address="192.0.2.7")
    assert batch.state == "importing"
    run_jobs()
    batch.refresh_from_db()
    assert (batch.state, batch.added, batch.updated) == ("imported", ROWS - 1, 1)
    assert TrackedTask.objects.filter(prompt="p").count() == ROWS
    assert not ImportPiece.objects.exists()
    event = AuditEvent.objects.get(action="tasks.imported")
    assert (event.actor, event.address, event.detail["added"]) == ("olga", "192.0.2.7", ROWS - 1)


def test_a_large_workbook_is_checked_and_imported_by_jobs(olga, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE", 1_000)
    monkeypatch.setattr(jobs, "LENGTH", -1.0)
    rows = [["image", f"t{number}", "p"] for number in range(ROWS)]
    content = workbook([["kind", "task_id", "prompt", "owner"], *rows, ["audio", "x"]])
    batch = importing.check(source="tasks.xlsx", stream=io.BytesIO(content), user=olga)
    assert (batch.state, len(batch.sample)) == ("checking", 10)
    run_jobs()
    batch.refresh_from_db()
    assert (batch.state, batch.to_add, batch.rejected) == ("checked", ROWS, 1)
    assert batch.problems == [{"line": ROWS + 2, "sentence": "The kind is “audio”. Use image or video."}]
    assert (batch.used, batch.ignored) == (["kind", "task_id", "prompt"], ["owner"])
    importing.apply(batch=batch, actor=olga, address="")
    run_jobs()
    assert TrackedTask.objects.filter(prompt="p").count() == ROWS


def test_a_long_list_on_one_line_is_checked_by_jobs(olga, monkeypatch):
    monkeypatch.setattr(jobs, "LENGTH", -1.0)
    one_line = json.dumps([{"kind": "image", "task_id": f"t{number}", f"x{number % 7}": 1} for number in range(ROWS)])
    batch = check(olga, one_line)
    run_jobs()
    batch.refresh_from_db()
    assert (batch.state, batch.to_add, batch.problems) == ("checked", ROWS, [])
    assert sorted(batch.ignored) == [f"x{number}" for number in range(7)]


def test_the_zone_of_a_check_stays_that_of_its_beginning(olga, monkeypatch, settings):
    rows = "".join(f"image,t{number},2026-10-05 01:15:00\n" for number in range(ROWS))
    settings.TIME_ZONE = "Asia/Shanghai"
    batch = check(olga, f"kind,task_id,created_at\n{rows}")
    settings.TIME_ZONE = "UTC"
    run_jobs()
    batch.refresh_from_db()
    importing.apply(batch=batch, actor=olga, address="")
    run_jobs()
    moments = set(TrackedTask.objects.values_list("created_at", flat=True))
    assert moments == {datetime(2026, 10, 4, 17, 15, tzinfo=UTC)}


def test_an_import_goes_on_and_is_logged_although_its_person_is_deleted_meanwhile(olga):
    batch = check(olga)
    run_jobs()
    batch.refresh_from_db()
    importing.apply(batch=batch, actor=olga, address="192.0.2.7")
    olga.delete()
    run_jobs()
    assert TrackedTask.objects.count() == ROWS
    event = AuditEvent.objects.get(action="tasks.imported")
    assert (event.actor, event.detail["added"]) == ("olga", ROWS)


def test_a_task_keeps_who_added_it(olga):
    paul = UserFactory(username="paul", role="operator")
    for person, content in ((olga, "kind,task_id\nimage,a\n"), (paul, "kind,task_id,model\nimage,a,new\nimage,b,\n")):
        batch = check(person, content)
        run_jobs()
        batch.refresh_from_db()
        importing.apply(batch=batch, actor=person, address="")
        run_jobs()
    assert list(TrackedTask.objects.order_by("task_id").values_list("task_id", "model", "added_by")) == [
        ("a", "new", olga.username),
        ("b", "", "paul"),
    ]


def test_who_is_erased_during_an_import_is_not_named_by_its_next_step(olga):
    batch = check(olga)
    run_jobs()
    batch.refresh_from_db()
    batch = importing.apply(batch=batch, actor=olga, address="")
    ImportBatch.objects.update(actor="erased-00000000")
    assert steps.Importing(batch).step()
    assert set(TrackedTask.objects.values_list("added_by", flat=True)) == {"erased-00000000"}


def test_a_job_gives_way_and_the_next_one_goes_on(olga, monkeypatch):
    monkeypatch.setattr(jobs, "LENGTH", -1.0)
    batch = check(olga)
    # One step each: three were taken by the request, ten are all.
    assert run_jobs() == 7
    batch.refresh_from_db()
    assert (batch.state, batch.to_add, batch.rejected) == ("checked", ROWS, 2)


@pytest.mark.parametrize("written", range(1, 60, 4))
def test_it_may_die_anywhere(olga, written):
    """The process that takes the step is gone behind something it wrote; a later one finds what is left."""
    batch = check(olga)
    DBTaskResult.objects.all().delete()
    died = 0

    def go_on() -> None:
        nonlocal died
        try:
            jobs.go_on.call(str(batch.uuid))
        except DatabaseError:
            died += 1
            jobs.go_on.call(str(batch.uuid))
        batch.refresh_from_db()

    with after(CHANGES, raising(DatabaseError), number=written):
        go_on()
        assert (batch.state, batch.to_add, batch.to_update, batch.rejected) == ("checked", ROWS, 0, 2)
        importing.apply(batch=batch, actor=olga, address="")
        go_on()
    assert died == 1
    assert (batch.state, batch.added, batch.updated) == ("imported", ROWS, 0)
    assert TrackedTask.objects.count() == ROWS
    assert AuditEvent.objects.filter(action="tasks.imported").count() == 1
    assert not ImportPiece.objects.exists()


def test_of_two_that_take_one_step_one_counts(olga):
    batch = check(olga)
    slow = steps.Checking(ImportBatch.objects.get(pk=batch.pk), pieces.Upload(batch))
    quick = steps.Checking(ImportBatch.objects.get(pk=batch.pk), pieces.Upload(batch))
    quick.step()
    with pytest.raises(steps.Superseded):
        slow.step()
    run_jobs()
    batch.refresh_from_db()
    assert (batch.to_add, batch.rejected) == (ROWS, 2)


def test_a_batch_that_stands_still_is_woken_once(olga):
    batch = check(olga)
    DBTaskResult.objects.all().delete()
    importing.wake(batch)
    assert not DBTaskResult.objects.exists()
    ImportBatch.objects.update(moved_at=timezone.now() - timedelta(minutes=1))
    importing.wake(batch)
    importing.wake(batch)
    assert DBTaskResult.objects.count() == 1


def test_the_watch_comes_again_while_there_is_work(olga):
    batch = check(olga)
    DBTaskResult.objects.all().delete()
    ImportBatch.objects.update(moved_at=timezone.now() - timedelta(minutes=1))
    jobs.watch.call(str(batch.uuid))
    watches, others = [], []
    for job in DBTaskResult.objects.all():
        (watches if job.task_path.endswith(".watch") else others).append(job)
    assert (len(watches), len(others)) == (1, 1)
    assert watches[0].run_after > timezone.now()
    jobs.go_on.call(str(batch.uuid))
    DBTaskResult.objects.all().delete()
    jobs.watch.call(str(batch.uuid))
    assert not DBTaskResult.objects.exists()


def test_an_upload_that_was_kept_in_part_is_not_taken_for_the_file(olga):
    batch = check(olga)
    batch.pieces.filter(role="upload").delete()
    with pytest.raises(ValueError, match="bytes were kept"):
        jobs.go_on.call(str(batch.uuid))
    batch.refresh_from_db()
    assert batch.state == "checking"


def test_what_nobody_came_back_to_is_forgotten_with_its_pieces(olga):
    check(olga)
    ImportBatch.objects.update(moved_at=timezone.now() - timedelta(days=2))
    jobs.forget.call()
    assert not ImportBatch.objects.exists()
    assert not ImportPiece.objects.exists()


def test_an_import_whose_jobs_fail_for_days_is_given_up(olga):
    check(olga)
    ImportBatch.objects.update(state="importing", created_at=timezone.now() - timedelta(days=3))
    jobs.forget.call()
    assert not ImportBatch.objects.exists()


def test_rows_that_say_what_is_known_are_not_written():
    values = {"prompt": "p", "urls": ["https://example.com/1.png"], "created_at": "2026-01-30T12:00:00.500000+00:00"}
    rows = storing.packed([Row(1, "image", "a", {**values, "duration": 5.5, "width": 7}), Row(2, "video", "a")])
    assert storing.store(rows, number=2, now=timezone.now()) == (2, 0, 0)
    version = "xmin::text" if connection.vendor == "postgresql" else "total_changes()"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {version} FROM {storing.TABLE}")
        before = cursor.fetchall()
        assert storing.store(rows, number=2, now=timezone.now()) == (0, 0, 2)
        cursor.execute(f"SELECT {version} FROM {storing.TABLE}")
        assert cursor.fetchall() == before
