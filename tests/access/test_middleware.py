from __future__ import annotations

import pytest

from dashboard.access.permissions import LOOK, REFUSALS
from tests.conftest import Person

PAGE = "http://testserver/tasks/?kind=image&status=completed"


@pytest.mark.parametrize(
    "path", ["/tasks/", "/audit/", "/audit/export.csv", "/deletions/", "/admin/", "/admin/auth/user/"]
)
def test_every_page_leads_a_stranger_to_the_sign_in_and_back(stranger: Person, path: str) -> None:
    response = stranger.get(path)

    assert response.status_code == 302
    assert response.headers["Location"] == f"/login/?next={path}"


def test_the_filter_survives_the_sign_in(stranger: Person) -> None:
    response = stranger.get("/tasks/?kind=image&status=completed")

    assert response.headers["Location"] == "/login/?next=/tasks/%3Fkind%3Dimage%26status%3Dcompleted"


def test_a_fragment_leads_to_the_sign_in_and_back_to_its_page(stranger: Person, htmx: dict[str, str]) -> None:
    response = stranger.get("/deletions/strip/?seen=1", headers={**htmx, "HX-Current-URL": PAGE})

    assert response.status_code == 401
    assert response.content == b""
    assert response.headers["HX-Redirect"] == "/login/?next=/tasks/%3Fkind%3Dimage%26status%3Dcompleted"


@pytest.mark.parametrize("current", ["http://elsewhere.example/tasks/", "javascript:alert(1)", "", None])
def test_a_fragment_of_no_page_of_ours_leads_to_the_sign_in_alone(
    stranger: Person, htmx: dict[str, str], current: str | None
) -> None:
    headers = htmx if current is None else {**htmx, "HX-Current-URL": current}

    assert stranger.post("/tasks/selection/", headers=headers).headers["HX-Redirect"] == "/login/"


def test_a_posted_form_leads_back_to_the_page_it_stood_on(stranger: Person) -> None:
    response = stranger.post("/tasks/selection/?kind=image", headers={"Referer": PAGE})

    assert response.headers["Location"] == "/login/?next=/tasks/%3Fkind%3Dimage%26status%3Dcompleted"


def test_a_form_posted_from_elsewhere_never_leads_there(stranger: Person) -> None:
    response = stranger.post("/tasks/selection/", headers={"Referer": "http://elsewhere.example/tasks/"})

    assert response.headers["Location"] == "/login/?next=/tasks/selection/"


@pytest.mark.parametrize("path", ["/login/", "/healthz"])
def test_the_sign_in_and_the_probes_are_open(stranger: Person, path: str) -> None:
    assert stranger.get(path).status_code == 200


def test_whoever_has_no_role_reads_why(outsider: Person) -> None:
    response = outsider.get("/audit/")

    assert response.status_code == 403
    page = response.content.decode()
    assert "This account may not look at tasks yet. An administrator can make it a viewer or an operator." in page
    assert "<h1>" in page


def test_whoever_has_no_role_reads_why_in_place(outsider: Person, htmx: dict[str, str]) -> None:
    response = outsider.get("/audit/", headers=htmx)

    assert response.status_code == 403
    assert response.headers["HX-Retarget"] == "#notice"
    assert REFUSALS[LOOK] in response.content.decode()
    assert "<html" not in response.content.decode()


def test_whoever_has_no_role_can_still_sign_out(outsider: Person) -> None:
    assert outsider.post("/logout/").headers["Location"] == "/login/"


def test_keeping_the_accounts_needs_no_right_to_look_at_tasks(outsider: Person) -> None:
    outsider.user.is_staff = True
    outsider.user.save()

    assert outsider.get("/admin/").status_code == 200
    assert outsider.get("/audit/").status_code == 403


def test_a_cached_fragment_is_never_shown_as_a_page(viewer: Person) -> None:
    assert "HX-Request" in viewer.get("/audit/").headers["Vary"]


@pytest.mark.parametrize(
    ("url", "sandbox", "host"),
    [("http://127.0.0.1:8001", True, "127.0.0.1:8001"), ("https://api.tensorslab.com", False, "api.tensorslab.com")],
)
def test_every_page_knows_where_deletes_would_go(viewer: Person, settings, url: str, sandbox: bool, host: str) -> None:
    settings.TENSORSLAB_API_URL, settings.SANDBOX = url, sandbox

    context = viewer.get("/audit/").context

    assert (context["api_host"], context["sandbox"]) == (host, sandbox)
