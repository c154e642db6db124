"""What the page of imports refuses, and whom."""

from __future__ import annotations

from django.urls import reverse

from dashboard.register.models import ImportBatch, TrackedTask
from dashboard.register.views import importing as page
from tests.conftest import Person
from tests.factories import ImportBatchFactory
from tests.register.importing_page import URL, check, press_import, text


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


def test_ten_megabytes_of_pasted_rows_get_a_sentence(operator):
    operator.get(URL)
    response = check(operator, "image,abcd\n" * 1_000_000)
    assert response.status_code == 413
    assert "The pasted rows are larger than 2.5 MB. Save them as a file and choose it instead." in text(response)


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
