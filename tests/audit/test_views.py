"""The pages of the log."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.html import strip_tags

from dashboard.audit.models import AuditEvent
from dashboard.database import append_only
from tests.audit.shown import append, link, sequences, text_of
from tests.conftest import Person


def test_the_newest_event_comes_first(viewer: Person) -> None:
    for number in range(3):
        append(f"{number}")

    response = viewer.get("/audit/")

    assert response.status_code == 200
    assert sequences(response) == [3, 2, 1]
    page = response.content.decode()
    assert re.search(r"<caption[^>]*>Audit log</caption>", page)
    headings = re.findall(r'<th scope="col"[^>]*>(.+?)</th>', page)
    assert headings == ["When", "Who", "Address", "Action", "Subject", "Detail"]


def test_it_says_how_long_the_chain_is_and_where_it_ends(viewer: Person) -> None:
    assert "No event yet." in viewer.get("/audit/").content.decode()

    event = append()

    page = viewer.get("/audit/").content.decode()
    assert "1 event, chain ends in" in page
    assert f"{event.hash[:8]}…" in page


def test_pages_lead_through_the_whole_log_and_back(viewer: Person) -> None:
    for number in range(120):
        append(f"{number}")

    pages = [viewer.get("/audit/?actor=olga")]
    while older := link(pages[-1], "Older"):
        pages.append(viewer.get(f"/audit/{older}"))

    assert [sequences(page) for page in pages] == [
        list(range(120, 70, -1)),
        list(range(70, 20, -1)),
        list(range(20, 0, -1)),
    ]
    assert not link(pages[0], "Newer")
    back = viewer.get(f"/audit/{link(pages[2], 'Newer')}")
    assert sequences(back) == sequences(pages[1])
    first = viewer.get(f"/audit/{link(back, 'Newer')}")
    assert sequences(first) == sequences(pages[0])
    assert not link(first, "Newer")
    assert link(first, "Older")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("actor=olga", [4, 1]),
        ("actor=OLGA", [4, 1]),
        ("action=tasks.imported", [3]),
        ("subject=first", [2, 1]),
        ("actor=olga&subject=first", [1]),
        ("actor=&action=&subject=&after=&before=", [4, 3, 2, 1]),
        ("actor=nobody", []),
    ],
)
def test_it_filters(viewer: Person, query: str, expected: list[int]) -> None:
    append("first")
    append("first", actor="omar")
    append("second", actor="omar", action="tasks.imported")
    append("second")

    response = viewer.get(f"/audit/?{query}")

    assert sequences(response) == expected
    assert ("No event matches" in response.content.decode()) == (not expected)


def test_after_and_before_include_their_days(viewer: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    for moment in (
        datetime(2026, 1, 30, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 1, 31, tzinfo=UTC),
        datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 2, 1, tzinfo=UTC),
    ):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        append()
    monkeypatch.undo()

    assert sequences(viewer.get("/audit/?after=2026-01-31&before=2026-01-31")) == [3, 2]
    assert sequences(viewer.get("/audit/?after=2026-01-31")) == [4, 3, 2]
    assert sequences(viewer.get("/audit/?before=2026-01-31")) == [3, 2, 1]
    assert sequences(viewer.get("/audit/?before=9999-12-31&after=0001-01-01")) == [4, 3, 2, 1]


def test_a_new_filter_begins_at_its_first_page(viewer: Person) -> None:
    append()

    page = viewer.get("/audit/?cursor=older-1").content.decode()

    assert "Filter</button>" in page
    assert 'name="cursor"' not in page


@pytest.mark.once
@pytest.mark.parametrize("path", ["/audit/", "/audit/export.csv", "/audit/export.json"])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("after=yesterday", "“yesterday” can&#x27;t be used as after: it is not a day such as 2026-01-31."),
        ("before=2026-1-5", "“2026-1-5” can&#x27;t be used as before: it is not a day such as 2026-01-31."),
        ("before=2026-02-30", "“2026-02-30” can&#x27;t be used as before: it is not a day such as 2026-01-31."),
        ("action=nonsense", "“nonsense” can&#x27;t be used as action: no entry of the audit log has this action."),
        ("cursor=older-x", "“older-x” can&#x27;t be used as cursor: it is not a page of this log."),
        (f"cursor=older-{10**30}", "it is not a page of this log."),
        ("actr=olga", "The audit log has no filter named “actr”."),
        ("actor=olga&actor=omar", "The filter “actor” is given more than once."),
        ("actor=o%00", "can&#x27;t be used as actor"),
        (f"subject={'s' * 301}", "can&#x27;t be used as subject"),
        ("subject=%3Cscript%3E&x%3Cscript%3E=1", "The audit log has no filter named “x&lt;script&gt;”."),
    ],
)
def test_a_filter_it_does_not_understand_answers_400_and_no_table(
    viewer: Person, path: str, query: str, sentence: str
) -> None:
    append()

    response = viewer.get(f"{path}?{query}")

    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert "<table" not in response.content.decode()


def test_a_deletion_is_linked_and_nothing_else_is(viewer: Person) -> None:
    deletion, batch = uuid4(), uuid4()
    append(str(deletion))
    append(str(batch), action="tasks.imported")
    append("image/x", action="call.delete")

    page = viewer.get("/audit/").content.decode()

    assert f'href="/deletions/{deletion}/"' in page
    assert f"/deletions/{batch}/" not in page
    assert "image/x" in page


def test_what_people_and_the_provider_wrote_is_shown_as_text(viewer: Person) -> None:
    append("<script>alert(1)</script>", actor="<b>", message="<img src=x>")

    page = viewer.get("/audit/").content.decode()

    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_long_detail_is_cut_and_can_be_opened(viewer: Person) -> None:
    append(ids=[f"task-{number}" for number in range(50)])

    page = viewer.get("/audit/").content.decode()

    assert "<summary><bdi>ids</bdi>: <bdi>[&quot;task-0&quot;" in page
    assert "task-49" in page


@pytest.mark.once
@pytest.mark.parametrize("path", ["/audit/", "/audit/export.csv", "/audit/export.json"])
def test_only_those_who_may_look_see_it(stranger: Person, outsider: Person, operator: Person, path: str) -> None:
    append()

    assert stranger.get(path).headers["Location"] == f"/login/?next={path}"
    assert outsider.get(path).status_code == 403
    assert operator.get(path).status_code == 200
    assert operator.post(path).status_code == 405


def test_the_number_of_queries_does_not_grow_with_the_log(
    viewer: Person, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(60):
        append(str(uuid4()), action=f"deletion.{number % 3}")

    with django_assert_max_num_queries(10):
        assert len(sequences(viewer.get("/audit/?actor=olga"))) == 50


def test_what_is_empty_in_a_detail_shows_as_a_dash(viewer: Person) -> None:
    append(action="call.delete", purpose="")

    assert "purpose: —" in strip_tags(viewer.get("/audit/").content.decode())


def test_a_forged_entry_is_still_listed(viewer: Person) -> None:
    append()
    append_only.drop(connection)
    AuditEvent.objects.update(detail=["not", "a", "mapping"])

    assert sequences(viewer.get("/audit/")) == [1]


def test_a_call_names_who_confirmed_its_deletion(viewer: Person) -> None:
    ours, other = str(uuid4()), str(uuid4())
    append(ours, actor="olga")
    append(other, actor="otto")
    append(ours, actor="", action="call.delete", ids=["a"])
    append("", actor="", action="call.look_up", ids=["b"])

    page = strip_tags(viewer.get("/audit/").content.decode()).split()
    rows = list(csv.DictReader(text_of(viewer.get("/audit/export.csv")).lstrip("\ufeff").splitlines()))

    assert " ".join(page).count("confirmed by olga") == 1
    assert "confirmed by otto" not in " ".join(page)
    assert [(row["action"], row["actor"], row["confirmed_by"]) for row in rows] == [
        ("deletion.confirmed", "olga", ""),
        ("deletion.confirmed", "otto", ""),
        ("call.delete", "", "olga"),
        ("call.look_up", "", ""),
    ]
