"""The overview: what waits for whom, and the numbers in its charts and tables."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from dashboard.deletions.models import Deletion, State
from dashboard.overview import charts
from dashboard.overview.past import past
from dashboard.overview.waiting import waits_for
from dashboard.register import totals
from tests.conftest import ON_POSTGRESQL, Person
from tests.factories import DeletionFactory, TrackedTaskFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
QUERIES = 9 if ON_POSTGRESQL else 8


def words(page: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.decode()).split())


def said(person: Person) -> list[str]:
    return [one.sentence for one in waits_for(person.user)]


def test_nothing_waits(viewer: Person) -> None:
    page = words(viewer.get("/").content)
    assert "Nothing waits for you." in page
    assert "Not counted yet. A worker does that within a minute." in page
    assert "Nothing was deleted." in page


def test_approvals_wait_for_who_may_give_them(operator, approver, viewer) -> None:
    DeletionFactory(actor=operator.user, state=State.AWAITING_APPROVAL, finished_at=None, approval_asked_at=NOW)
    assert said(approver) == ["1 deletion waits for your approval."]
    assert said(operator) == ["1 deletion of yours waits for somebody's approval."]
    assert said(viewer) == []
    [one] = waits_for(approver.user)
    assert (one.url, one.since) == ("/deletions/?state=awaiting_approval", NOW)


def test_what_is_unknown_waits_for_all_who_may_delete(operator, approver, viewer) -> None:
    DeletionFactory(actor=approver.user, unknown=1200, total=1200)
    DeletionFactory(actor=approver.user, unknown=1, total=1)
    assert said(operator) == ["1,201 tasks may or may not be deleted. Check, or leave them."]
    assert said(viewer) == []


def test_what_was_refused_waits_until_its_requester_opened_it(operator, approver) -> None:
    row = DeletionFactory(actor=operator.user, refused=1, total=1)
    assert said(operator) == ["1 task of yours was refused."]
    assert said(approver) == []
    Deletion.objects.filter(pk=row.pk).update(opened_at=NOW)
    assert said(operator) == []


def test_trouble_comes_first(operator, viewer) -> None:
    DeletionFactory(actor=operator.user, unknown=1, total=1)
    paused = DeletionFactory(state=State.PAUSED, paused_reason="API key rejected (401).", finished_at=None)
    alarmed = DeletionFactory(alarms=2, total=2, confirmed_at=timezone.now())
    assert said(viewer) == [
        f"TensorsLab said Success, but 2 tasks of deletion {alarmed.code} were found there.",
        f"Deletion {paused.code} is paused. API key rejected (401).",
    ]
    assert len(said(operator)) == 3
    Deletion.objects.filter(pk=alarmed.pk).update(opened_at=NOW)
    assert len(said(viewer)) == 1


def test_the_register_has_a_chart_and_a_table(viewer: Person) -> None:
    TrackedTaskFactory.create_batch(3, kind="image", checked_at=None)
    TrackedTaskFactory(kind="video", presence="deleted")
    totals.keep_up(now=timezone.now())
    page = viewer.get("/").content.decode()
    assert 'href="/tasks/?kind=image&amp;presence=present">3</a>' in page
    assert 'href="/tasks/?kind=video&amp;presence=deleted">1</a>' in page
    assert '<rect class="piece-present" x="0.00%" width="100.00%"' in page
    assert "Never Never: 3 3" in words(page.encode())


def test_days_are_those_of_the_zone(operator) -> None:
    late = datetime(2026, 5, 14, 23, 30, tzinfo=UTC)
    DeletionFactory(actor=operator.user, confirmed_at=late, deleted=5, already_gone=1, total=6)
    DeletionFactory(actor=operator.user, confirmed_at=NOW - timedelta(days=40), deleted=7, total=7)
    DeletionFactory(actor=operator.user, confirmed_at=NOW, state=State.CANCELLED, kept=3, total=3)
    found = past(now=NOW, zone=ZoneInfo("Asia/Shanghai"))
    assert {day.label: (day.deletions, day.tasks) for day in found.days if day.deletions} == {"2026-05-15": (1, 6)}
    assert [(one.label, one.deletions, one.tasks) for one in found.people] == [(operator.user.username, 1, 6)]
    assert len(found.days) == 30
    assert {day.label for day in past(now=NOW, zone=UTC).days if day.deletions} == {"2026-05-14"}


def test_people_beyond_the_first_are_added_up() -> None:
    for number in range(10):
        DeletionFactory(actor=None, actor_name=f"p{number}", confirmed_at=NOW, deleted=number, total=number)
    people = past(now=NOW, zone=UTC).people
    assert [one.label for one in people] == ["p9", "p8", "p7", "p6", "p5", "p4", "p3", "p2", "2 others"]
    assert (people[-1].deletions, people[-1].tasks) == (2, 1)


def test_its_queries_do_not_grow(viewer: Person, django_assert_num_queries) -> None:
    DeletionFactory.create_batch(30, deleted=1, unknown=1, total=2)
    totals.keep_up(now=timezone.now())
    viewer.get("/")
    with django_assert_num_queries(QUERIES):
        viewer.get("/")


def test_bars_and_columns() -> None:
    first, second = charts.bars(
        [("Images", [("a", "A", 3), ("b", "B", 1)]), ("Videos", [("a", "A", 0), ("b", "B", 2)])]
    )
    assert [(piece.name, piece.begin, piece.length) for piece in first.pieces] == [
        ("a", "0.00", "75.00"),
        ("b", "75.00", "25.00"),
    ]
    assert [(piece.name, piece.begin, piece.length) for piece in second.pieces] == [("b", "0.00", "50.00")]
    none, few, most = charts.columns([("Mon", 0), ("Tue", 1), ("Wed", 1000)])
    assert (none.height, few.height, most.height, most.y) == ("0.00", "2.00", "100.00", "0.00")
    assert charts.bars([]) == []
