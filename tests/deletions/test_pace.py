"""How fast a deletion goes, and how long the rest takes: only what calls of the last minutes show."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from dashboard.calls.models import ProviderCall
from dashboard.deletions.history.pace import in_words, paces
from dashboard.deletions.models import Deletion, State
from tests.factories import DeletionFactory, ProviderCallFactory

NOW = timezone.now()


def calls(deletion: Deletion, *ages: int, ids: int = 100, **other: object) -> None:
    """One that was answered so many seconds ago, a second after it was sent."""
    for age in ages:
        at = NOW - timedelta(seconds=age)
        given = {"deletion": deletion.uuid, "ids": ids, "sent_at": at - timedelta(seconds=1), "answered_at": at}
        ProviderCallFactory(**given | other)


def pace(deletion: Deletion, now: datetime = NOW) -> str:
    found = Deletion.objects.with_circumstances().get(pk=deletion.pk)
    return paces([found], now=now).get(deletion.pk, "")


@pytest.fixture
def running(db: None) -> Deletion:
    deletion: Deletion = DeletionFactory(running=True, total=50_000, waiting=48_000)
    return deletion


def test_it_is_that_of_the_last_minutes(running) -> None:
    calls(running, 9, 14, 19)
    calls(running, 125, 300, ids=50_000)
    assert pace(running) == "15 tasks a second, about 54 min left"


def test_only_deletes_that_were_done_count(running) -> None:
    calls(running, 9, 14, 19)
    calls(running, 8, operation=ProviderCall.Operation.LOOK_UP)
    calls(running, 7, code=9999)
    calls(DeletionFactory(running=True), 6)
    assert pace(running) == "15 tasks a second, about 54 min left"


@pytest.mark.parametrize("ages", [[], [9, 14], [1, 2, 3]], ids=["none", "two calls", "four seconds"])
def test_of_too_little_nothing_is_said(running, ages: list[int]) -> None:
    calls(running, *ages)
    assert pace(running) == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"state": State.PAUSED},
        {"state": State.FINISHED},
        {"stopped_at": NOW},
        {"waiting": 0},
        {"contradicted": 1},
        {"canary_through": 1},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_nothing_is_said_of_what_does_not_go_on_like_that(running, changed: dict[str, object]) -> None:
    calls(running, 9, 14, 19)
    Deletion.objects.filter(pk=running.pk).update(**changed)
    assert pace(running) == ""


def test_nothing_is_said_while_the_account_rests(running) -> None:
    calls(running, 9, 14, 19)
    found = Deletion.objects.with_circumstances().get(pk=running.pk)
    found.rest_until = NOW + timedelta(seconds=30)
    assert paces([found], now=NOW) == {}


def test_several_are_asked_for_at_once(running, django_assert_num_queries) -> None:
    other = DeletionFactory(running=True, total=300, waiting=200)
    calls(running, 9, 14, 19)
    calls(other, 9, 14, 19, ids=10)
    found = list(Deletion.objects.with_circumstances())
    with django_assert_num_queries(1):
        told = paces(found, now=NOW)
    assert told == {
        running.pk: "15 tasks a second, about 54 min left",
        other.pk: "2 tasks a second, about 3 min left",
    }


@pytest.mark.parametrize(
    ("per_second", "left", "words"),
    [
        (213, 50_000, "210 tasks a second, about 4 min left"),
        (1.2, 60, "1 task a second, less than a minute left"),
        (0.7, 80, "42 tasks a minute, about 2 min left"),
        (0.01, 1, "less than 1 task a minute, about 2 min left"),
        (100, 780_000, "100 tasks a second, about 2 h 10 min left"),
        (1, 200_000, "1 task a second, about 2 days left"),
    ],
)
def test_it_is_said_in_words(per_second: float, left: int, words: str) -> None:
    assert in_words(per_second, left=left) == words


@pytest.mark.once
def test_strip_and_page_say_it(operator, htmx) -> None:
    deletion = DeletionFactory(running=True, actor=operator.user, total=50_000, waiting=48_000)
    at = timezone.now()
    for age in (9, 14, 19):
        sent = at - timedelta(seconds=age)
        ProviderCallFactory(deletion=deletion.uuid, ids=100, sent_at=sent, answered_at=sent)
    for address in ("/deletions/strip/", deletion.get_absolute_url()):
        assert "tasks a second, about" in operator.get(address, headers=htmx).content.decode()
