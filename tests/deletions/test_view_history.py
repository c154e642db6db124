from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.deletions.history import items, report
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.register import importing
from tests.deletions.conftest import drafted, url_of, work
from tests.factories import DeletionFactory, DeletionItemFactory, TrackedTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_report_has_the_contracts_shape_and_adds_up(sandbox, operator, tasks) -> None:
    draft = drafted(operator, tasks)
    operator.post(url_of("confirm", draft), {"reason": "Spring"})
    work(draft)
    told = json.loads(b"".join(operator.get(url_of("report-json", draft)).streaming_content))
    head = {"id", "state", "host", "requested_by", "requested_at", "reason", "fingerprint", "total", "counts"}
    assert set(told) == head | {"items", "calls", "sampling", "inspections", "approval", "certificate"}
    assert sum(told["counts"].values()) == told["total"] == 3
    assert set(told["items"][0]) == {
        "kind", "task_id", "outcome", "code", "message", "attempts", "sent_at", "settled_at", "verified",
        "evidence", "seen_at",
    }  # fmt: skip
    assert told["items"][0]["code"] == 1000
    assert told["calls"][0].items() >= {"operation": "delete", "ids": 3, "http_status": 200, "code": 1000}.items()
    assert told["calls"][0]["error"] is None


def test_a_report_of_what_goes_on_meanwhile_does_not_contradict_itself(monkeypatch, tasks) -> None:
    monkeypatch.setattr(items, "WINDOW", 1)
    deletion = DeletionFactory(state="running", total=3, waiting=3)
    for task in tasks:
        DeletionItemFactory(deletion=deletion, tracked=task, outcome="waiting")
    first, last = deletion.items.earliest("pk").pk, deletion.items.latest("pk").pk
    Deletion.objects.update(first_item=first, last_item=last)
    deletion.refresh_from_db()
    lines = report.json_lines(deletion)
    begun = [next(lines), next(lines)]
    DeletionItem.objects.update(outcome="deleted")
    Deletion.objects.update(waiting=0, deleted=3, state="finished")
    told = json.loads("".join([*begun, *lines]))
    outcomes = [item["outcome"] for item in told["items"]]
    assert outcomes == ["waiting", "deleted", "deleted"]
    assert told["total"] == 3
    assert {name: number for name, number in told["counts"].items() if number} == {"waiting": 1, "deleted": 2}


def test_a_set_that_is_still_being_written_down_has_no_report(operator) -> None:
    draft = DeletionFactory(state="draft", freezing_at=timezone.now())
    for kind in ("report-json", "report-csv"):
        assert operator.get(url_of(kind, draft)).status_code == 404


def test_formula_cells_in_the_csv_are_text(operator) -> None:
    deletion = DeletionFactory(total=1, refused=1)
    task = TrackedTaskFactory(task_id="=1+1")
    DeletionItemFactory(deletion=deletion, tracked=task, outcome="refused", message="@cmd|calc", code=9999)
    lines = b"".join(operator.get(url_of("report-csv", deletion)).streaming_content).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(lines))
    assert (row["task_id"], row["message"], row["code"]) == ("'=1+1", "'@cmd|calc", "9999")


@pytest.mark.parametrize(("zone", "offset"), [("", "+00:00"), ("Asia/Kathmandu", "+05:45")])
def test_the_csv_has_the_mark_that_excel_needs_and_offsets(operator, zone: str, offset: str) -> None:
    operator.post("/account/", {"time_zone": zone})
    settled_at = datetime(2026, 11, 28, 12, 0, 5, 120, tzinfo=UTC)
    deletion = DeletionFactory(total=1, deleted=1, reason="清理")
    DeletionItemFactory(deletion=deletion, outcome="deleted", message="清理", settled_at=settled_at, sent_at=None)
    content = b"".join(operator.get(url_of("report-csv", deletion)).streaming_content)
    assert content.startswith(b"\xef\xbb\xbfkind,task_id,")
    assert content.count(b"\xef\xbb\xbf") == 1
    [row] = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert (row["message"], row["sent_at"]) == ("清理", "")
    assert row["settled_at"].endswith(offset)
    assert datetime.fromisoformat(row["settled_at"]) == settled_at
    found = importing.check(source="report.csv", stream=io.BytesIO(content), kind="", user=operator.user)
    assert (found.to_add, found.to_update, found.rejected) == (0, 1, 0)
    told = b"".join(operator.get(url_of("report-json", deletion)).streaming_content)
    assert told.startswith(b"{")
    assert json.loads(told)["items"][0]["settled_at"] == "2026-11-28T12:00:05.000120Z"


def test_the_history_tells_what_happened_to_a_task(operator) -> None:
    task = TrackedTaskFactory(task_id="abc_1")
    deletion = DeletionFactory(total=1, deleted=1, reason="Spring <b>cleaning</b>", actor_name="olga")
    DeletionItemFactory(deletion=deletion, tracked=task, settled_at=timezone.now())
    DeletionFactory(reason="Something else")
    page = operator.get(reverse("deletion-list"), {"task": "abc_1"}).content.decode()
    assert "Spring &lt;b&gt;cleaning&lt;/b&gt;" in page
    assert "Something else" not in page
    assert "olga" in page
    assert "Deleted" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"by": "olga"}, "one"),
        ({"outcome": "refused"}, "two"),
        ({"kind": "video"}, "two"),
        ({"q": "ONE"}, "one"),
        ({"after": "2026-05-01"}, "two"),
        ({"before": "2026-04-30"}, "one"),
    ],
)
def test_each_filter_of_the_history(operator, query, found) -> None:
    april = datetime(2026, 4, 30, 23, 59, tzinfo=UTC)
    may = april + timedelta(minutes=2)
    DeletionItemFactory(
        deletion=DeletionFactory(
            reason="reason one", actor_name="olga", confirmed_at=april, total=1, deleted=1, images=1
        )
    )
    DeletionItemFactory(
        deletion=DeletionFactory(reason="reason two", actor_name="otto", confirmed_at=may, total=1, refused=1),
        tracked=TrackedTaskFactory(video=True),
    )
    page = operator.get(reverse("deletion-list"), query).content.decode()
    assert f"reason {found}" in page
    assert f"reason {'two' if found == 'one' else 'one'}" not in page


@pytest.mark.once
@pytest.mark.parametrize("words", ["äußerst", "ÄUSSERST", "a\u0308ußerst", "очистка", "ALT", "alt – ОЧИСТКА"])
def test_a_reason_is_found_however_it_is_written(sandbox, operator, tasks, words: str) -> None:
    draft = drafted(operator, tasks)
    operator.post(url_of("confirm", draft), {"reason": "Äußerst alt – Очистка"})
    DeletionFactory(reason="Ausser Altem")
    page = operator.get(reverse("deletion-list"), {"q": words}).content.decode()
    assert "Äußerst alt – Очистка" in page
    assert ("Ausser Altem" in page) == (words == "ALT")


def test_a_person_is_found_in_any_case(operator) -> None:
    DeletionFactory(reason="reason one", actor_name="Zoë")
    page = operator.get(reverse("deletion-list"), {"by": "ZOE\u0308"}).content.decode()
    assert "reason one" in page


@pytest.mark.parametrize(
    "query",
    ["outcome=gone", "kind=audio", "after=yesterday", "before=2026-13-01", "cursor=x", "colour=red", "by=a&by=b"],
)
def test_a_mistyped_filter_of_the_history_answers_400_without_a_table(operator, query) -> None:
    DeletionFactory()
    response = operator.get(f"{reverse('deletion-list')}?{query}")
    assert response.status_code == 400
    assert "<table" not in response.content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("kind=audio", "Kind: “audio” is not one of image or video."),
        ("after=2026-02-30", "After: “2026-02-30” is not a day. Write it as YYYY-MM-DD."),
    ],
)
def test_it_says_what_a_filter_of_the_history_takes(operator, query, sentence) -> None:
    assert sentence in operator.get(f"{reverse('deletion-list')}?{query}").content.decode()


def test_drafts_are_not_history(operator, tasks) -> None:
    drafted(operator, tasks)
    assert "Delete 3 tasks" not in operator.get(reverse("deletion-list")).content.decode()


def test_history_pages_by_key(operator) -> None:
    now = timezone.now()
    for number in range(120):
        DeletionFactory(reason=f"reason {number:03}", confirmed_at=now - timedelta(minutes=number))
    first = operator.get(reverse("deletion-list"))
    second = operator.get(f"{reverse('deletion-list')}?{first.context['older']}")
    assert "reason 050" in second.content.decode()
    back = operator.get(f"{reverse('deletion-list')}?{second.context['newer']}")
    assert "reason 000" in back.content.decode()
    assert back.context["newer"] == ""


def test_items_show_refused_and_unknown_first_and_page(operator) -> None:
    deletion = DeletionFactory(total=103, deleted=101, refused=1, unknown=1)
    for outcome, number in [("deleted", 101), ("unknown", 1), ("refused", 1)]:
        DeletionItemFactory.create_batch(number, deletion=deletion, outcome=outcome)
    pages = [operator.get(deletion.get_absolute_url())]
    assert [item.outcome for item in pages[0].context["items"][:3]] == ["refused", "unknown", "deleted"]
    while following := re.search(r'rel="next"\s+href="([^"]*)"', pages[-1].content.decode()):
        pages.append(operator.get(deletion.get_absolute_url() + html.unescape(following[1])))
    assert len({item.pk for page in pages for item in page.context["items"]}) == 103
    assert "Page 3 of 3" in pages[2].content.decode()
    before = re.search(r'rel="prev"\s+href="([^"]*)"', pages[2].content.decode())
    back = operator.get(deletion.get_absolute_url() + html.unescape(before[1]))
    assert back.context["items"] == pages[1].context["items"]
    assert "Page 2 of 3" in back.content.decode()
    only = operator.get(deletion.get_absolute_url(), {"outcome": "unknown"}).context["items"]
    assert [item.outcome for item in only] == ["unknown"]
    for mistyped in ({"outcome": "nonsense"}, {"from": "deleted-x"}, {"outcome": "unknown", "from": "deleted-1"}):
        answer = operator.get(deletion.get_absolute_url(), mistyped)
        assert answer.status_code == 400
        assert f"Go to deletion {deletion.code}" in answer.content.decode()


def test_a_cursor_of_no_history_answers_400(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    assert operator.get(reverse("deletion-list"), {"cursor": f"older-{draft.pk}"}).status_code == 400


def test_the_history_of_an_image_is_not_that_of_a_video_with_its_id(operator) -> None:
    image = TrackedTaskFactory(task_id="same")
    video = TrackedTaskFactory(task_id="same", video=True)
    deletion = DeletionFactory(total=2, deleted=2, reason="the video")
    DeletionItemFactory(deletion=deletion, tracked=video)
    DeletionItemFactory(deletion=deletion)
    DeletionItemFactory(deletion=DeletionFactory(total=1, deleted=1, reason="the image"), tracked=image)
    page = operator.get(reverse("deletion-list"), {"task": "same", "kind": "image"}).content.decode()
    assert "the image" in page
    assert "the video" not in page
