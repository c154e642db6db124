from __future__ import annotations

import gzip
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from dashboard.audit.models import AuditEvent
from dashboard.register.importing import jobs
from dashboard.register.models import ImportBatch, TrackedTask
from dashboard.register.views import importing as page
from tests.conftest import Person
from tests.factories import ImportBatchFactory, TrackedTaskFactory

URL = "/tasks/import/"


def check(person: Client, rows: str = "", *, kind: str = "", file: bytes | None = None, **kwargs) -> HttpResponse:
    data = {"rows": rows, "kind": kind}
    if file is not None:
        data["file"] = SimpleUploadedFile("tasks.csv", file)
    return person.post(URL, data, **kwargs)


def press_import(person: Client, batch: ImportBatch) -> HttpResponse:
    return person.post(reverse("task-import-apply", args=[batch.uuid]))


def text(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())


def test_the_form_names_its_fields(operator):
    content = text(operator.get(URL))
    for name in ['for="id_file">File<', 'for="id_rows">Or paste rows<', 'for="id_kind">Kind<', ">Check</button>"]:
        assert name in content
    assert "Import 0" not in content


def test_checking_shows_counts_and_problems(operator):
    TrackedTaskFactory(kind="image", task_id="known")
    content = text(check(operator, file=b"kind,task_id,seed\nimage,known,1\nimage,new,1\naudio,<script>,1\n"))
    assert "1 to add, 1 to update, 1 rejected" in content
    assert "<caption>Problems</caption>" in content
    assert '<td class="number">4</td> <td>The kind is “audio”. Use image or video.</td>' in content
    assert "Ignored: column seed." in content
    assert "Import 2 tasks</button>" in content


def test_checking_shows_the_first_rows_as_they_will_be_stored(operator):
    """The first ten good ones, in the words of the register."""
    rows = "".join(f"image,t{number:02},,,\n" for number in range(12))
    content = text(
        check(
            operator,
            file=b"taskid,kind,image_status,prompt,created_at,width,height,owner\n"
            b"'=a/b,Image,3,<b>fox</b>,2026-10-05 01:15:00,2048,1024,me\naudio,x,,,,,,\n"
            + rows.replace("image,", "").replace(",,,", ",image,,,,,,").encode(),
        )
    )
    sample = content.partition("<caption>Sample</caption>")[2].partition("</table>")[0]
    assert sample.count("<tr>") == 11
    first = sample.partition("<tbody>")[2].partition("</tr>")[0]
    for cell in ["image<", "=a/b<", "completed<", "&lt;b&gt;fox&lt;/b&gt;", "5 Oct 2026, 01:15:00 UTC", "2048 × 1024"]:
        assert cell in first
    assert "audio" not in sample
    assert "t08" in sample
    assert "t09" not in sample
    assert "Used: columns task_id, kind, image_status as status, prompt, created_at, width, height." in content
    assert "Ignored: column owner." in content


def test_what_is_ignored_is_said_although_it_is_nothing(operator):
    content = text(check(operator, "abcd_1", kind="video"))
    assert "Used: column task_id. <br> Ignored: nothing." in content


def test_a_check_without_good_rows_has_no_sample(operator):
    assert "Sample" not in text(check(operator, "kind,task_id\naudio,x\n"))


def test_one_task_is_called_one_task(operator):
    assert "Import 1 task</button>" in text(check(operator, "abcd_1", kind="video"))


def test_there_is_no_button_when_nothing_is_left_to_import(operator):
    content = text(check(operator, "kind,task_id\naudio,x\n"))
    assert "0 to add, 0 to update, 1 rejected" in content
    assert "</button> </form> <table>" not in content
    assert ">Import " not in content.partition('<section class="checked"')[2].partition("</section>")[0]


def test_what_was_pasted_is_shown_again_unless_it_is_very_long(operator):
    left_out = "What was pasted is too long to be shown again."
    rows = "kind,task_id\naudio,x\n"
    content = text(check(operator, rows))
    assert ("kind,task_id audio,x </textarea>" in content, left_out in content) == (True, False)
    operator.get(URL)
    content = text(check(operator, rows + "'" * page.SHOWN_AGAIN))
    assert ("</textarea>" in content, "audio,x </textarea>" in content, left_out in content) == (True, False, True)


def test_what_was_typed_is_shown_as_text(operator):
    content = text(check(operator, "kind,task_id\n<b>audio</b>,x\n"))
    assert "<b>audio" not in content
    assert "“&lt;b&gt;audio&lt;/b&gt;”" in content


def test_only_the_first_problems_are_listed(operator):
    content = text(check(operator, "kind,task_id\n" + "audio,x\n" * 1_300))
    assert content.count("The kind is “audio”.") == 200
    assert "And 1,100 more." in content


def test_importing_applies_and_goes_to_the_tasks(operator):
    check(operator, "kind,task_id\nimage,a\nimage,b\n")
    response = press_import(operator, ImportBatch.objects.get())
    assert (response.status_code, response.url) == (302, "/tasks/")
    assert [str(message) for message in response.wsgi_request._messages] == ["Imported 2 tasks: 2 added, 0 updated."]
    assert TrackedTask.objects.count() == 2
    event = AuditEvent.objects.get(action="tasks.imported")
    assert (event.actor, event.address, event.subject) == ("olga", "127.0.0.1", "pasted rows")


def test_a_second_press_is_refused(operator):
    check(operator, "kind,task_id\nimage,a\n")
    batch = ImportBatch.objects.get()
    press_import(operator, batch)
    response = press_import(operator, batch)
    assert response.status_code == 409
    assert page.APPLIED in text(response)
    assert "Imported 1 task: 1 added, 0 updated." in text(response)
    assert "Import 1 task</button>" not in text(response)


def test_the_check_of_another_is_refused(operator):
    batch = ImportBatchFactory(ids=["a"])
    response = press_import(operator, batch)
    assert response.status_code == 422
    assert page.FOREIGN in text(response)
    assert not TrackedTask.objects.exists()


def test_a_check_without_good_rows_is_refused(operator):
    response = press_import(operator, ImportBatchFactory(user=operator.user))
    assert response.status_code == 422
    assert page.NOTHING in text(response)


def test_empty_input_is_refused(operator):
    for response in (check(operator), check(operator, " \r\n "), check(operator, file=b"")):
        assert response.status_code == 422
        assert page.EMPTY in text(response)
    assert not ImportBatch.objects.exists()


def test_a_file_and_pasted_rows_together_are_refused(operator):
    response = check(operator, "kind,task_id\nimage,a\n", file=b"kind,task_id\nimage,b\n")
    assert response.status_code == 422
    assert page.BOTH in text(response)


def test_a_mistyped_kind_is_refused(operator):
    response = check(operator, "abcd_1", kind="audio")
    assert response.status_code == 422
    assert page.WRONG_KIND in text(response)


def test_nul_bytes_in_pasted_rows_cost_only_their_line(operator):
    content = text(check(operator, "kind,task_id\nimage,a\0\nimage,b\n"))
    assert "1 to add, 0 to update, 1 rejected" in content
    assert "The task id holds a NUL byte." in content


def test_ten_megabytes_of_pasted_rows_get_a_sentence(operator):
    operator.get(URL)
    response = check(operator, "image,abcd\n" * 1_000_000)
    assert response.status_code == 413
    assert "The pasted rows are larger than 2.5 MB. Save them as a file and choose it instead." in text(response)


def test_ten_megabytes_of_file_are_read(operator):
    operator.get(URL)
    rows = b"".join(b"image,t%d,%s\n" % (number, b"x" * 4_000) for number in range(2_600))
    assert "2,600 to add, 0 to update, 0 rejected" in text(check(operator, file=b"kind,task_id,prompt\n" + rows))


def test_a_file_beyond_the_limit_gets_a_sentence(operator, monkeypatch):
    monkeypatch.setattr(page, "LARGEST_FILE", 1_000)
    response = check(operator, file=b"kind,task_id\n" + b"image,a\n" * 200)
    assert response.status_code == 413
    assert page.FILE_TOO_LARGE in text(response)
    assert not ImportBatch.objects.exists()


def test_a_forged_form_is_refused(operator):
    forger = Person(enforce_csrf_checks=True)
    forger.force_login(operator.user)
    assert check(forger, "kind,task_id\nimage,a\n").status_code == 403
    batch = ImportBatchFactory(user=operator.user, ids=["a"])
    assert press_import(forger, batch).status_code == 403
    assert ImportBatch.objects.count() == 1
    assert not TrackedTask.objects.exists()


def test_the_pages_own_form_is_no_forgery(operator):
    browser = Person(enforce_csrf_checks=True)
    browser.force_login(operator.user)
    browser.get(URL)
    token = browser.cookies["csrftoken"].value
    response = browser.post(URL, {"rows": "abcd_1", "kind": "image", "csrfmiddlewaretoken": token})
    assert response.status_code == 200
    assert ImportBatch.objects.count() == 1


def test_applying_needs_a_post(operator):
    batch = ImportBatchFactory(user=operator.user)
    assert operator.get(reverse("task-import-apply", args=[batch.uuid])).status_code == 405
    assert operator.put(URL).status_code == 405


def test_it_needs_a_sign_in(stranger, htmx):
    apply_url = reverse("task-import-apply", args=[ImportBatchFactory().uuid])
    for response in (stranger.get(URL), stranger.post(URL, {"rows": "x"}), stranger.post(apply_url)):
        assert response.status_code == 302
        assert response.url.startswith("/login/?next=")
    assert "HX-Redirect" in stranger.post(URL, {"rows": "x"}, headers=htmx).headers
    assert not TrackedTask.objects.exists()


def test_it_needs_permission(viewer, htmx):
    batch = ImportBatchFactory(user=viewer.user, ids=["a"])
    for headers in ({}, htmx):
        assert viewer.get(URL, headers=headers).status_code == 403
        assert check(viewer, "kind,task_id\nimage,a\n", headers=headers).status_code == 403
        assert viewer.post(reverse("task-import-apply", args=[batch.uuid]), headers=headers).status_code == 403
    assert ImportBatch.objects.count() == 1
    assert not TrackedTask.objects.exists()


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


def test_a_packed_file_is_read(operator):
    packed = gzip.compress(b"kind,task_id\nimage,a\n")
    assert "1 to add, 0 to update, 0 rejected" in text(check(operator, file=packed))


@pytest.mark.parametrize(
    ("rows", "kind", "counts", "heading"),
    [
        ("abcd_1\nabcd_2\n", "", "0 to add, 0 to update, 2 rejected", "Pasted ids"),
        ("abcd_1\nabcd_2\nab cd\n", "image", "2 to add, 0 to update, 1 rejected", "Pasted ids"),
        ("kind,task_id\nimage,abcd_1\n", "", "1 to add, 0 to update, 0 rejected", "Pasted rows"),
        ('{"kind": "image", "task_id": "abcd_1"}', "", "1 to add, 0 to update, 0 rejected", "Pasted rows"),
        ('["abcd_1", "abcd_2"]', "", "0 to add, 0 to update, 2 rejected", "Pasted text"),
    ],
)
def test_it_counts_and_names_what_was_pasted(operator, rows, kind, counts, heading):
    content = text(check(operator, rows, kind=kind))
    assert counts in content
    assert f'<h2 id="checked"><bdi>{heading}</bdi></h2>' in content
    assert "more.</p>" not in content


def test_a_file_goes_by_its_name(operator):
    content = text(check(operator, file=b"task_id\nabcd_1\n", kind="image"))
    assert '<h2 id="checked"><bdi>tasks.csv</bdi></h2>' in content
