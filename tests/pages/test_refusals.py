from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from dashboard.access.permissions import DELETE_TASKS, REFUSALS, permission_required
from dashboard.pages import refusals
from tests.conftest import Person

pytestmark = pytest.mark.once


@pytest.fixture
def request_(rf: RequestFactory) -> HttpRequest:
    return rf.get("/tasks/")


def test_an_address_that_leads_nowhere_says_so(viewer: Person, stranger: Person) -> None:
    for person in (viewer, stranger):
        response = person.get("/nowhere/")
        assert response.status_code == 404
        assert refusals.NOT_FOUND in response.content.decode()


def test_an_htmx_request_gets_the_sentence_alone_and_in_its_place(viewer: Person, htmx: dict[str, str]) -> None:
    response = viewer.get("/nowhere/", headers=htmx)

    assert response.status_code == 404
    assert refusals.NOT_FOUND in response.content.decode()
    assert "<html" not in response.content.decode()
    assert response.headers["HX-Retarget"] == "#notice"
    assert response.headers["HX-Reswap"] == "innerHTML"


def test_visiting_the_address_of_a_button_is_not_a_blank_page(viewer: Person) -> None:
    response = viewer.get("/logout/")

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert "Go back to the page and use the button there." in response.content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_page_that_is_too_old_to_act_on_says_so(operator: Person, headers: dict[str, str]) -> None:
    strict = Person(enforce_csrf_checks=True)
    strict.cookies = operator.cookies

    response = strict.post("/tasks/selection/", headers=headers)

    assert response.status_code == 403
    assert "This page is too old to act on, so nothing was done." in response.content.decode()


def test_an_unknown_host_is_told_which_setting_to_change(stranger: Person, htmx: dict[str, str]) -> None:
    for headers in ({}, htmx):
        response = stranger.get("/login/", headers={"Host": "elsewhere.example", **headers})
        assert response.status_code == 400
        assert "Add the host to ALLOWED_HOSTS." in response.content.decode()


def test_a_request_that_is_too_large_is_told_apart(request_: HttpRequest) -> None:
    assert refusals.TOO_LARGE in refusals.bad_request(request_, RequestDataTooBig()).content.decode()
    assert (
        "Go back to the page and try again." in refusals.bad_request(request_, SuspiciousOperation()).content.decode()
    )


def test_what_the_exception_says_to_developers_is_not_shown(request_: HttpRequest) -> None:
    assert "secret" not in refusals.bad_request(request_, SuspiciousOperation("secret")).content.decode()


def test_a_failure_of_ours_is_a_sentence_that_needs_no_database(
    request_: HttpRequest, htmx: dict[str, str], rf: RequestFactory
) -> None:
    for request in (request_, rf.get("/tasks/", headers=htmx)):
        response = refusals.server_error(request)
        assert response.status_code == 500
        assert "The dashboard failed on this request." in response.content.decode()


@permission_required(DELETE_TASKS)
def guarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


def test_a_permission_lets_its_holder_in(rf: RequestFactory, operator: Person) -> None:
    request = rf.post("/")
    request.user = operator.user

    assert guarded(request).content == b"done"


def test_whoever_lacks_a_permission_is_told_who_can_give_it(rf: RequestFactory, viewer: Person) -> None:
    request = rf.post("/")
    request.user = viewer.user

    with pytest.raises(PermissionDenied, match="may look, but not delete tasks. An administrator can make it"):
        guarded(request)


@pytest.mark.parametrize("permission", REFUSALS)
def test_every_permission_has_its_sentence(rf: RequestFactory, outsider: Person, permission: str) -> None:
    request = rf.post("/")
    request.user = outsider.user

    who = r"An administrator can make it an?|for an administrator to (decide|change)"
    with pytest.raises(PermissionDenied, match=who):
        permission_required(permission)(guarded)(request)


def test_who_may_not_look_is_shown_no_way_that_leads_to_a_refusal(outsider: Person, viewer: Person) -> None:
    places = ('href="/deletions/"', 'href="/audit/"', "Back to the tasks")
    page = outsider.get("/tasks/").content.decode()
    assert [place for place in places if place in page] == []
    assert all(place in viewer.get("/tasks/").content.decode() for place in places[:2])
