"""A file that is too large for a request is checked and imported while its page tells how far it is."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboard.register.importing import jobs
from dashboard.register.models import ImportBatch, TrackedTask
from dashboard.register.views import importing as page
from tests.factories import ImportBatchFactory
from tests.register.importing_page import check, press_import, text


def upload_many(person: Client, monkeypatch) -> ImportBatch:
    """A file that is too large for a request, which checks no more than two rows here."""
    monkeypatch.setattr("dashboard.register.importing.batches.AT_ONCE", 2)
    monkeypatch.setattr("dashboard.register.importing.repeats.CHUNK", 2)
    response = check(person, file=b"kind,task_id\nimage,a\nimage,b\nimage,c\nimage,d\naudio,e\n")
    batch = ImportBatch.objects.get()
    assert (response.status_code, response.url) == (302, progress_url(batch))
    return batch


def progress_url(batch: ImportBatch) -> str:
    return reverse("task-import-progress", args=[batch.uuid])


def test_a_large_file_is_checked_in_the_background(operator, monkeypatch, htmx):
    batch = upload_many(operator, monkeypatch)
    page = text(operator.get(progress_url(batch)))
    assert 'role="progressbar" aria-label="Progress of this import" aria-valuemin="0" aria-valuemax="100"' in page
    assert 'hx-trigger="every 2s"' in page
    assert f'<noscript> <a class="button" href="{progress_url(batch)}">Refresh</a> </noscript>' in page
    assert 'name="file"' not in page
    jobs.go_on.call(str(batch.uuid))
    part = text(operator.get(progress_url(batch), headers=htmx))
    assert "4 to add, 0 to update, 1 rejected" in part
    assert "<caption>Sample</caption>" in part
    assert "Used: columns kind, task_id." in part
    assert "<caption>Problems</caption>" in part
    assert "Import 4 tasks</button>" in part
    assert "hx-trigger" not in part
    assert "<html" not in part


def test_a_large_file_is_imported_in_the_background(operator, monkeypatch, htmx):
    batch = upload_many(operator, monkeypatch)
    jobs.go_on.call(str(batch.uuid))
    response = press_import(operator, batch)
    assert (response.status_code, response.url) == (302, progress_url(batch))
    assert "Importing, 0 %: 0 added, 0 updated of 4." in text(operator.get(progress_url(batch)))
    assert press_import(operator, batch).status_code == 409
    jobs.go_on.call(str(batch.uuid))
    part = text(operator.get(progress_url(batch), headers=htmx))
    assert "Imported 4 tasks: 4 added, 0 updated. 1 rejected." in part
    # Why stays to be read.
    assert "<caption>Problems</caption>" in part
    assert "hx-trigger" not in part
    assert TrackedTask.objects.count() == 4


def test_looking_at_one_that_stands_still_wakes_it(operator, monkeypatch):
    batch = upload_many(operator, monkeypatch)
    DBTaskResult.objects.all().delete()
    operator.get(progress_url(batch))
    assert not DBTaskResult.objects.exists()
    ImportBatch.objects.update(moved_at=timezone.now() - timedelta(minutes=1))
    operator.get(progress_url(batch))
    assert DBTaskResult.objects.count() == 1


def test_progress_is_shown_to_whoever_began_it(operator, viewer, stranger, htmx):
    url = progress_url(ImportBatchFactory())
    polled = operator.get(url, headers=htmx)
    assert (polled.status_code, polled.headers["HX-Retarget"]) == (404, "#notice")
    assert "<html" not in text(polled)
    response = operator.get(url)
    assert (response.status_code, page.FOREIGN in text(response)) == (404, True)
    assert operator.post(url).status_code == 405
    assert viewer.get(url).status_code == 403
    assert stranger.get(url).status_code == 302
