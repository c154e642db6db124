"""Answers that no page gives. Pages: `tests/addresses`. What the web server refuses: `operations/test_serving.py`."""

from __future__ import annotations

import pytest
from django.urls import path

from dashboard.pages import bodies, downloads
from dashboard.urls import handler500  # noqa: F401
from tests.conftest import Person
from tests.pages.strict import lacking

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def fails(request):
    raise RuntimeError


urlpatterns = [path("fails/", fails)]


@pytest.mark.parametrize(
    ("address", "status"),
    [("/nowhere/", 404), ("/tasks", 301), ("/static/nowhere.css", 404), ("/audit/?from=never", 400), ("/admin", 301)],
)
def test_what_leads_nowhere_or_elsewhere(viewer: Person, stranger: Person, address: str, status: int) -> None:
    response = viewer.get(address)
    assert (response.status_code, lacking(response.headers)) == (status, set())
    assert lacking(stranger.get(address).headers) == set()


def test_a_host_that_is_not_ours(stranger: Person) -> None:
    response = stranger.get("/tasks/", headers={"Host": "elsewhere.example"})
    assert (response.status_code, lacking(response.headers)) == (400, set())


def test_the_way_to_https(stranger: Person, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = Person().get("/tasks/")
    assert (response.status_code, response.url, lacking(response.headers)) == (301, "https://testserver/tasks/", set())


def test_a_body_that_is_too_long(stranger: Person) -> None:
    response = stranger.generic("POST", "/login/", b"x" * (bodies.USUAL + 1))
    assert (response.status_code, lacking(response.headers)) == (413, set())


def test_a_download_too_many(viewer: Person, monkeypatch) -> None:
    monkeypatch.setattr(downloads, "AT_ONCE", 0)
    response = viewer.get("/audit/export.csv")
    assert (response.status_code, lacking(response.headers)) == (429, set())


def test_a_failure_of_ours(viewer: Person, settings) -> None:
    settings.ROOT_URLCONF = __name__
    viewer.raise_request_exception = False
    response = viewer.get("/fails/")
    assert (response.status_code, lacking(response.headers)) == (500, set())


def test_static_files_are_strict_too_and_may_be_kept(stranger: Person) -> None:
    response = stranger.get("/static/css/base.css")
    assert b"".join(response.streaming_content)
    assert (response.status_code, lacking(response.headers, kept=True)) == (200, set())
    since = {"If-Modified-Since": response.headers["Last-Modified"]}
    unchanged = stranger.get("/static/css/base.css", headers=since)
    assert (unchanged.status_code, lacking(unchanged.headers, kept=True)) == (304, set())
