"""`READ_ONLY` at every address: what writes is refused, what shows has no control that writes, and no row changes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.addresses.test_addresses import ENOUGH, HTMX, PLAIN, ROUTES, TAKES_ITS_BANNER_AWAY, told, undone, world
from tests.addresses.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.once]
_ = world
ASKING = ("viewer", "operator", "administrator")
SIGNING_IN = {
    *("/login/", "/login/second-factor/", "/login/passkey/", "/login/passkey/options/"),
    *("/logout/", "/admin/logout/"),
}
REASON = "The dashboard is read-only now, for maintenance or an audit. Nothing was changed."
EVERY_WAY = [(method, headers) for method in ("POST", "PUT", "PATCH", "DELETE") for headers in (PLAIN, HTMX)]
WAYS = {"viewer": EVERY_WAY[:1], "operator": EVERY_WAY[:2], "administrator": EVERY_WAY}
"""Whoever has every right tries all of them."""
BANNER = re.compile(r"Read-only\.(</strong>)? Nothing can be changed and nothing is sent now")


class Controls(HTMLParser):
    """Buttons in forms that post, apart from the sign-out's, and what htmx posts by itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.form, self.found, self.polls = "", list[str](), list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        posts = tag == "form" and values.get("method", "").lower() == "post"
        if tag == "form":
            self.form = values.get("action", "?") if posts and "logout" not in values.get("action", "") else ""
        submits = values.get("type", "submit" if tag == "button" else "text") in {"submit", "image"}
        if submits and tag in {"button", "input"} and (self.form or "formaction" in values):
            self.found.append(f"{self.form}: {values}")
        if "hx-post" in values and (tag != "form" or values.get("id") != "selection-form"):
            self.polls.append(values["hx-post"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = ""


@pytest.fixture(autouse=True)
def _read_only(settings: Any) -> None:
    settings.READ_ONLY = True


@pytest.mark.parametrize("route", ROUTES)
def test_what_writes_is_refused_with_the_reason(world: World, route: str) -> None:
    wrong = []
    for person, ways in WAYS.items():
        for method, headers in ways if route not in SIGNING_IN else []:
            with undone() as wrote:
                browser = world.browser(person)
                response = browser.generic(method, world.path(route), "action=all&typed=1", headers=headers)
            is_told = REASON in response.content.decode()
            if (response.status_code, is_told, wrote) != (403, True, []):
                wrong.append((person, method, headers, response.status_code, is_told, wrote))
    assert wrong == []


@pytest.mark.parametrize("route", ROUTES)
def test_a_visit_writes_nothing_and_finds_nothing_to_press(world: World, route: str) -> None:
    wrong = []
    for person in ASKING:
        with undone() as wrote:
            response = world.browser(person).get(world.path(route), {"view": "gallery"} if route == "/tasks/" else {})
            page = b"".join(response).decode(errors="replace")
        is_page = response.status_code == 200 and "<!DOCTYPE html>" in page[:200]
        controls = Controls(page) if is_page else Controls("")
        found = [one for one in controls.found if "logout" not in one]
        if (found, controls.polls, wrote, bool(BANNER.search(page)) or not is_page) != ([], [], [], True):
            wrong.append((person, found, controls.polls, wrote, is_page))
    assert wrong == []


def test_the_one_visit_that_is_noted_is_not(world: World) -> None:
    person, method, route = TAKES_ITS_BANNER_AWAY
    with undone() as wrote:
        assert world.browser(person).generic(method, world.path(route)).status_code == 200
    assert wrote == []


def test_who_is_signed_out_is_led_to_the_sign_in(world: World) -> None:
    for headers in (PLAIN, HTMX):
        assert told(world.browser("stranger").post("/deletions/new/", headers=headers), htmx=bool(headers)) == "in"
    assert BANNER.search(world.browser("stranger").get("/login/").content.decode())


def test_what_is_not_the_persons_own_press_is_refused_as_ever(world: World) -> None:
    with undone() as wrote:
        response = world.browser("operator", csrf=True).post("/deletions/new/", ENOUGH)
    assert (response.status_code, wrote) == (403, [])


def test_signing_in_and_out_goes_on(world: World) -> None:
    person = Client()
    world.operator.set_password("a lamp post at noon")
    world.operator.save()
    with undone():
        fields = {"username": "operator", "password": "a lamp post at noon"}
        assert person.post(reverse("login"), fields).headers["Location"] == "/tasks/"
        assert person.get("/tasks/").status_code == 200
        assert person.post(reverse("logout")).headers["Location"] == "/login/"


def test_reports_and_the_log_are_exported(world: World) -> None:
    for name in ("/audit/export.csv", "/audit/export.json"):
        response = world.browser("viewer").get(name)
        assert (response.status_code, bool(b"".join(response))) == (200, True)
