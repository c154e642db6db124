from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from dashboard.calls.models import Worker


@pytest.fixture
def worker(db: None) -> Worker:
    return Worker.objects.create(name="one", started_at=timezone.now(), beat_at=timezone.now())


@pytest.fixture
def broken_database(db: None) -> Iterator[None]:
    def refuse(*args: object) -> None:
        raise OperationalError("could not connect to server db.internal")

    with connection.execute_wrapper(refuse):
        yield


def test_alive_needs_no_sign_in_and_no_database(client: Client, broken_database: None) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"alive": True}
    assert "no-store" in response["Cache-Control"]


def test_ready_needs_no_sign_in(stranger: Client, worker: Worker) -> None:
    response = stranger.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "database": "ok", "queue": "ok", "worker": "ok"}


def test_one_fresh_worker_is_enough(client: Client, worker: Worker) -> None:
    long_ago = timezone.now() - timedelta(days=1)
    Worker.objects.create(name="another", started_at=long_ago, beat_at=long_ago)
    assert client.get("/readyz").status_code == 200


def test_it_is_not_ready_before_a_worker_reported(client: Client, db: None) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {
        "ready": False,
        "database": "ok",
        "queue": "ok",
        "worker": "No worker has reported yet.",
    }


def test_it_is_not_ready_when_the_last_worker_fell_silent(client: Client, worker: Worker) -> None:
    Worker.objects.update(beat_at=timezone.now() - timedelta(seconds=31))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["worker"] == "No worker has reported for 30 s."


def test_it_is_not_ready_without_the_database_and_does_not_name_it(client: Client, broken_database: None) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] == "The database does not answer."
    assert b"db.internal" not in response.content


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_nothing_is_posted_there(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_load_balancer_may_ask_over_plain_http(client: Client, settings, worker: Worker, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path).status_code == 200
