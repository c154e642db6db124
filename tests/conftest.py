from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from django.conf import settings as product
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.test import Client, TransactionTestCase

from dashboard.access.lifetimes import SEEN_AT, SIGNED_IN_AT
from dashboard.access.tokens import pace
from dashboard.calls import clock
from dashboard.pages import downloads
from tests.beginning import Beginning
from tests.factories import UserFactory
from tests.registered import committed, uncommitted
from tests.tensorslab_api.contract import CheckedSandbox

BROWSER = Path(__file__).parent / "browser"
GIVEN_A_DATABASE = ("django_db", "postgres")
ON_POSTGRESQL = product.DATABASES["default"]["ENGINE"].endswith("postgresql")


class Person(Client):
    """A browser of someone with a role: Django's test client plus `.user`."""

    user: User | AnonymousUser
    token = ""
    """Of a program that asks in their name."""

    @classmethod
    def signed_in(cls, user: User) -> Person:
        person = cls()
        person.user = user
        person.force_login(user)
        return person

    def force_login(self, user: Any, backend: str | None = None) -> None:
        super().force_login(user, backend)
        session = self.session
        session.update({SIGNED_IN_AT: time.time(), SEEN_AT: time.time()})
        session.save()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks what is given a database, by itself or by its fixtures: it runs on each. Nothing else can reach one, and
    could say the same twice: on PostgreSQL it is left out, as `postgres` is on SQLite. So is `once`, whose
    subject knows no database."""
    for item in items:
        if item.path.is_relative_to(BROWSER):
            item.add_marker("browser")
        if {"db", "transactional_db"} & {*item.fixturenames} or any(map(item.get_closest_marker, GIVEN_A_DATABASE)):
            item.add_marker("database")
    left_out = [
        item for item in items if (_says_it_on_sqlite(item) if ON_POSTGRESQL else item.get_closest_marker("postgres"))
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish() -> None:
    # What was collected stays to the end: the collector need not look through it, nor as often as it does by itself.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def _says_it_on_sqlite(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("once")) or not item.get_closest_marker("database")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """Also lets tests that commit leave the database as the migrations did."""
    with django_db_blocker.unblock():
        beginning = Beginning()
        if ON_POSTGRESQL:
            _do_not_wait_for_the_disk()

    def teardown(case: TransactionTestCase) -> None:
        beginning.restore()
        # The next test has a log of its own, and this is as it should be.
        rmtree(product.VAR_DIR / "heads", ignore_errors=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


def _do_not_wait_for_the_disk() -> None:
    # Whatever connects from now on. No test crashes this server: those that do have one of their own.
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])} SET synchronous_commit = off"
        )
    connection.close()


@pytest.fixture(autouse=True)
def _look_at_the_clock_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # Or how many queries a page makes would depend on what was asked within the last second.
    monkeypatch.setattr(clock, "LOOKED_AT_EVERY", 0.0)
    # A test may have put our own clock ahead.
    monkeypatch.setattr(clock._last, "at", float("-inf"))


@pytest.fixture
def operator(db: None) -> Person:
    return Person.signed_in(UserFactory(username="olga", role="operator"))


@pytest.fixture
def approver(db: None) -> Person:
    return Person.signed_in(UserFactory(username="anna", role="approver"))


@pytest.fixture
def viewer(db: None) -> Person:
    return Person.signed_in(UserFactory(username="victor", role="viewer"))


@pytest.fixture
def outsider(db: None) -> Person:
    """Signed in, but without any role."""
    return Person.signed_in(UserFactory(username="oscar"))


@pytest.fixture
def administrator(db: None) -> Person:
    return Person.signed_in(UserFactory(username="alice", is_staff=True, is_superuser=True))


@pytest.fixture
def stranger(db: None) -> Person:
    """Signed out."""
    person = Person()
    person.user = AnonymousUser()
    return person


@pytest.fixture(autouse=True)
def _no_downloads() -> None:
    """Those that an earlier test began and did not read."""
    downloads._under_way.clear()


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    """Those that tokens of earlier tests had left, whose rows had the same numbers."""
    pace.forget()


@pytest.fixture
def htmx() -> dict[str, str]:
    return {"HX-Request": "true"}


@pytest.fixture
def sandbox(settings, request: pytest.FixtureRequest) -> Iterator[CheckedSandbox]:
    """A provider on loopback that the product talks to for the length of one test.

    Every request and answer on the wire is held against the OpenAPI documents. What the register holds exists there
    until it is deleted. Calls that are made in other threads or processes need rows that are committed.
    """
    mark = request.node.get_closest_marker("django_db")
    commits = "transactional_db" in request.fixturenames or not mark or mark.kwargs.get("transaction")
    with committed() if commits else uncommitted() as known, CheckedSandbox(known=known) as provider:
        settings.TENSORSLAB_API_URL = provider.url
        yield provider


@pytest.fixture
def start(transactional_db: None, settings, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """`start("worker")` runs that command of manage.py as a process of its own,
    on the test's database and provider, its output in `tmp_path/<command>.log`."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*command: str, **variables: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{command[0]}.log").open("ab") as log:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "manage.py", *command],
                    cwd=product.BASE_DIR,
                    env=os.environ | _test_database() | _as_variables() | variables,
                    stdout=log,
                    stderr=log,
                )
            )
        return processes[-1]

    yield start
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=60)
        finally:
            # One that hangs must not keep the database from the tests that follow.
            process.kill()
            process.wait()


def _as_variables() -> dict[str, str]:
    """What a test set through the `settings` fixture, for a process that reads the environment."""
    names = [name for name in dir(product) if name.startswith(("TENSORSLAB_", "DELETION_"))]
    values = {name: getattr(product, name) for name in names}
    return {name: _as_variable(value) for name, value in values.items()} | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    }


def _as_variable(value: object) -> str:
    if isinstance(value, tuple) and not all(isinstance(one, float) for one in value):
        return ",".join(value)
    if isinstance(value, tuple):
        return ",".join(f"{seconds:.0f}s" for seconds in value) or "off"
    return "" if value is None else str(value)


def _test_database() -> dict[str, str]:
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return {"DATABASE_URL": f"sqlite:///{values['NAME']}"}
    who = f"{values['USER']}:{values['PASSWORD']}".rstrip(":")
    return {"DATABASE_URL": f"postgres://{who}@{values['HOST']}:{values['PORT']}/{values['NAME']}"}
