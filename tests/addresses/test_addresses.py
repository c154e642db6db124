"""Every address of the product, asked in every way by everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import URLPattern, get_resolver

from tests.addresses.table import read
from tests.addresses.world import World
from tests.pages.strict import lacking

pytestmark = pytest.mark.django_db
PLAIN, HTMX = {}, {"HX-Request": "true"}
WAYS = {
    "GET": [("GET", PLAIN), ("GET", HTMX), ("HEAD", PLAIN)],
    "POST": [("POST", PLAIN), ("POST", HTMX)],
    "PUT": [("PUT", PLAIN), ("DELETE", HTMX)],
}
ENOUGH = {"action": "all", "reason": "Spring", "typed": "1", "rows": "kind,id\nimage,abcd_2\n", "post": "yes"}
"""Fields with which a press would be heeded, wherever that needs no more."""
TAKES_ITS_BANNER_AWAY = ("operator", "GET", "/deletions/<uuid:uuid>/")
"""The one visit that is noted: of who confirmed a deletion, to its ending."""
READS_THEIR_BODY_LAST = {"/tasks/import/", "/tasks/ids/"}
"""Whether a press is the person's own is looked for in the body: here, only of those who may import."""
SHARED = {
    "/admin/auth/(user|group)/": "/admin/<people>/",
    "/admin/(audit/auditevent|deletions/deletion)/": "/admin/<records>/",
    # Their order is not always the same.
    r"/admin/\^\(\?P<app_label>[a-z|]+\)/\$": "/admin/<app>/",
    "/admin/r/<path:content_type_id>/<path:object_id>/": "/admin/r/<path:rest>",
}
"""Pages of Django's admin that are alike."""
NOTED = re.compile(r'UPDATE "access_token" SET .*"used_at"')
"""That a token was used, and how often in this minute."""
CALLS = re.compile(r"/api/(tasks|deletions)/")
READS = re.compile(r"\s*(SELECT|WITH RECURSIVE|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT)\b")


def routes(resolver: Any, before: str = "/") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = f"{before}{pattern.pattern}"
        yield from [route] if isinstance(pattern, URLPattern) else routes(pattern, route)


ROUTES = list(dict.fromkeys(routes(get_resolver())))
ROWS = read()
PEOPLE = list(ROWS["/"]["GET"])
ASKING = PEOPLE if connection.vendor == "sqlite" else ["administrator"]
"""Who may do what is no matter of the database: on the other one, they ask who have the most pages."""


def row_of(route: str) -> str:
    """What stands in the table for it."""
    for pages, row in SHARED.items():
        route = re.sub(f"^{pages}", row, route)
    return route


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@contextmanager
def undone() -> Iterator[list[str]]:
    """Statements that were more than reading; what they did is taken back."""
    wrote: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not READS.match(sql) and not NOTED.match(sql):
            wrote.append(sql)
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(note):
            yield wrote
        transaction.set_rollback(True)


def told(response: HttpResponse, *, htmx: bool) -> str:
    """The answer in the table's words."""
    if response.status_code == 401 and response.headers.get("HX-Redirect", "").startswith("/login/"):
        return "in"
    if response.status_code == 302 and response.url.startswith("/login/?next=") and not htmx:
        return "in"
    if response.status_code == 302 and response.url.startswith("/admin/login/?next="):
        return "staff"
    return str(response.status_code)


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert {row_of(route) for route in ROUTES} == set(ROWS)
    assert [route for route, row in ROWS.items() if set(row) != set(WAYS)] == []


@pytest.mark.parametrize("route", ROUTES)
def test_everybody_gets_what_the_table_says(world: World, route: str) -> None:
    wrong = []
    for row, cells in ROWS[row_of(route)].items():
        for (person, cell), (method, headers) in product(cells.items(), WAYS[row]):
            if person not in ASKING:
                continue
            with undone() as wrote:
                response = world.browser(person).generic(method, world.path(route), headers=headers)
                b"".join(response)
            page, _, fragment = cell.partition("/")
            expected = fragment or page if headers else page
            may_write = row == "POST" or (person, method, route) == TAKES_ITS_BANNER_AWAY
            found = told(response, htmx=bool(headers)), lacking(response.headers), wrote if not may_write else []
            if found != (expected, set(), []):
                wrong.append((person, method, headers, expected, *found))
    assert wrong == []


def test_whoever_confirmed_a_deletion_is_noted_to_have_seen_its_ending(world: World) -> None:
    person, method, route = TAKES_ITS_BANNER_AWAY
    with undone() as wrote:
        world.browser(person).generic(method, world.path(route))
    assert ["opened_at" in statement for statement in wrote] == [True]


@pytest.mark.parametrize("route", ROUTES)
def test_a_press_that_is_not_the_persons_own_does_nothing(world: World, route: str) -> None:
    wrong = []
    for person, headers in product(ASKING, (PLAIN, HTMX)):
        with undone() as wrote:
            response = world.browser(person, csrf=True).post(world.path(route), ENOUGH, headers=headers)
        expected = "in" if route in READS_THEIR_BODY_LAST and person in {"stranger", "disabled"} else "403"
        if CALLS.match(route):
            # Programs press nothing: without a token, a session counts for nothing there.
            expected = "401"
        found = told(response, htmx=bool(headers)), lacking(response.headers), wrote
        if found != (expected, set(), []):
            wrong.append((person, headers, expected, *found))
    assert wrong == []
