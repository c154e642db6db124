from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts
from dashboard.deletions.models import Deletion, State
from dashboard.inventory.models import TrackedTask
from tests.deletions.conftest import work
from tests.factories import DeletionFactory, DeletionItemFactory, TrackedTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)

ACTIONS = ["confirm", "keep", "undo", "pause", "resume", "stop", "retry", "check"]


@pytest.fixture
def tasks(db):
    return TrackedTaskFactory.create_batch(3)


def _ticked(tasks) -> dict[str, object]:
    return {"shown": ",".join(str(task.pk) for task in tasks), "task": [task.pk for task in tasks]}


def _draft(person, tasks) -> Deletion:
    response = person.post(reverse("deletion-draft"), _ticked(tasks))
    assert response.status_code == 303, response.content.decode()
    return Deletion.objects.get(uuid=response.url.split("/")[-2])


def _url(action: str, deletion: Deletion) -> str:
    return reverse(f"deletion-{action}", args=[deletion.uuid])


def test_delete_freezes_a_draft_and_shows_it(operator, tasks) -> None:
    draft = _draft(operator, tasks[:2])
    page = operator.get(draft.get_absolute_url()).content.decode()
    assert draft.actor_name == "olga"
    assert "Delete 2 tasks?" in page
    assert "Keep tasks" in page


def test_with_htmx_the_dialog_comes_in_place(operator, htmx, tasks) -> None:
    response = operator.post(reverse("deletion-draft"), _ticked(tasks), headers=htmx)
    assert response.status_code == 200
    assert '<dialog id="dialog"' in response.content.decode()
    assert "Delete 3 tasks?" in response.content.decode()


def test_an_empty_selection_is_refused_with_a_sentence(operator, htmx, tasks) -> None:
    for headers in ({}, htmx):
        response = operator.post(reverse("deletion-draft"), {"shown": str(tasks[0].pk)}, headers=headers)
        assert response.status_code == 422
        assert "Nothing is selected. Tick at least one task." in response.content.decode()
    assert not Deletion.objects.exists()


def test_a_foreign_selection_is_refused(operator, administrator, tasks) -> None:
    administrator.post(reverse("task-selection"), {"action": "all", "shown": ""})
    theirs = administrator.user.selection_set.get()
    response = operator.post(reverse("deletion-draft"), {"selection": str(theirs.uuid), "shown": ""})
    assert response.status_code == 422
    assert "not yours or no longer exists" in response.content.decode()


def test_a_mistyped_filter_never_selects_everything(operator, tasks) -> None:
    response = operator.post(reverse("deletion-draft") + "?kind=imag", _ticked(tasks))
    assert response.status_code == 400
    assert not Deletion.objects.exists()


def test_only_skipped_tasks_leave_nothing_to_confirm(operator) -> None:
    held = TrackedTaskFactory(held=True)
    operator.post(reverse("task-selection"), {"action": "all", "shown": str(held.pk)})
    selection = operator.user.selection_set.get()
    response = operator.post(reverse("deletion-draft"), {"selection": str(selection.uuid), "shown": ""})
    page = operator.get(response.url).content.decode()
    assert "Delete 0 tasks</button>" not in page
    assert "Held: Legal case 12" in page


def test_confirming_without_htmx_goes_to_the_deletion(operator, tasks) -> None:
    draft = _draft(operator, tasks)
    response = operator.post(_url("confirm", draft), {"reason": "Spring"})
    assert (response.status_code, response.url) == (303, draft.get_absolute_url())
    draft.refresh_from_db()
    assert (draft.state, draft.reason) == (State.SCHEDULED, "Spring")
    event = AuditEvent.objects.get(action="deletion.confirmed")
    assert (event.actor, event.subject, event.address) == ("olga", str(draft.uuid), "127.0.0.1")


def test_confirming_with_htmx_answers_the_strip_and_the_rows_cells(operator, htmx, tasks) -> None:
    draft = _draft(operator, tasks)
    shown = ",".join(str(task.pk) for task in tasks)
    response = operator.post(_url("confirm", draft), {"reason": "Spring", "shown": shown}, headers=htmx)
    content = response.content.decode()
    assert response.status_code == 200
    assert response["HX-Retarget"] == "#strip"
    assert "deletion-confirmed" in response["HX-Trigger"]
    assert f"Deletion {draft.code}" in content
    for task in tasks:
        assert f'id="presence-{task.pk}"' in content
    assert content.count("Deleting") >= 3


@pytest.mark.parametrize("with_htmx", [True, False])
def test_wrong_input_is_told_at_its_field_and_keeps_what_was_typed(settings, operator, htmx, tasks, with_htmx) -> None:
    settings.DELETION_TYPED_ABOVE = 2
    draft = _draft(operator, tasks)
    headers = htmx if with_htmx else {}
    response = operator.post(_url("confirm", draft), {"reason": "Mine <b>", "typed": "4"}, headers=headers)
    content = response.content.decode()
    assert response.status_code == 422
    assert "Type 3 to confirm. You typed 4." in content
    assert "Mine &lt;b&gt;" in content
    assert "Type 3 to confirm" in content


@pytest.mark.parametrize("with_htmx", [True, False])
def test_a_changed_set_answers_409_and_the_new_number(operator, htmx, tasks, with_htmx) -> None:
    draft = _draft(operator, tasks)
    TrackedTask.objects.filter(pk=tasks[0].pk).update(held_by="alice")
    response = operator.post(_url("confirm", draft), {"reason": "Spring"}, headers=htmx if with_htmx else {})
    assert response.status_code == 409
    assert "Delete 2 tasks?" in response.content.decode()


def test_a_second_confirmation_answers_409(operator, tasks) -> None:
    draft = _draft(operator, tasks)
    assert operator.post(_url("confirm", draft), {"reason": "a"}).status_code == 303
    response = operator.post(_url("confirm", draft), {"reason": "a"})
    assert response.status_code == 409
    assert "already confirmed" in response.content.decode()


def test_keeping_returns_with_the_same_selection(operator, tasks) -> None:
    draft = _draft(operator, tasks[:2])
    response = operator.post(_url("keep", draft))
    assert response.status_code == 303
    page = operator.get(response.url).content.decode()
    assert page.count(" checked") == 2


def test_a_late_undo_answers_409(operator, tasks) -> None:
    draft = _draft(operator, tasks)
    operator.post(_url("confirm", draft), {"reason": "a"})
    response = operator.post(_url("undo", draft))
    assert response.status_code == 409
    assert "Too late to undo" in response.content.decode()


def test_an_undo_in_time_keeps_all(settings, operator, tasks) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    draft = _draft(operator, tasks)
    operator.post(_url("confirm", draft), {"reason": "a"})
    assert "Undo" in operator.get(draft.get_absolute_url()).content.decode()
    assert operator.post(_url("undo", draft)).status_code == 303
    draft.refresh_from_db()
    assert (draft.state, draft.kept) == (State.CANCELLED, 3)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_a_post_of_an_operator(viewer, stranger, operator, htmx, action) -> None:
    deletion = DeletionFactory()
    url = _url(action, deletion)
    assert operator.get(url).status_code == 405
    assert viewer.post(url).status_code == 403
    assert viewer.post(url, headers=htmx).status_code == 403
    assert stranger.post(url).url.startswith("/login/?next=")
    assert "HX-Redirect" in stranger.post(url, headers=htmx)
    assert operator.post(url, {"reason": "a"}).status_code in {409, 422}
    assert operator.post(_url(action, DeletionFactory.build())).status_code == 404


def test_a_viewer_may_look_but_finds_no_controls(viewer) -> None:
    deletion = DeletionFactory(running=True, total=5, waiting=5)
    page = viewer.get(deletion.get_absolute_url()).content.decode()
    assert "Pause" not in page
    assert "Stop the rest" not in page


@pytest.mark.parametrize(
    ("state", "there", "absent"),
    [
        (State.SCHEDULED, ["Undo"], ["Pause", "Resume"]),
        (State.RUNNING, ["Pause", "Stop the rest"], ["Undo", "Resume"]),
        (State.PAUSED, ["Resume", "Stop the rest", "Paused by olga."], ["Undo"]),
        (State.FINISHED, ["Retry 2 refused", "Check 1 unknown"], ["Undo", "Stop the rest"]),
        (State.CANCELLED, [], ["Undo", "Pause", "Resume", "Stop the rest", "Retry", "Check"]),
    ],
)
def test_the_controls_are_those_of_the_state(operator, state, there, absent) -> None:
    numbers = {"total": 3, "refused": 2, "unknown": 1} if state == State.FINISHED else {"total": 3, "waiting": 3}
    if state == State.CANCELLED:
        numbers = {"total": 3, "kept": 3}
    later = timezone.now() + timedelta(seconds=60)
    reason = "Paused by olga." if state == State.PAUSED else ""
    deletion = DeletionFactory(state=state, actor=operator.user, starts_at=later, paused_reason=reason, **numbers)
    page = operator.get(deletion.get_absolute_url()).content.decode()
    for words in there:
        assert words in page
    for words in absent:
        assert f">{words}</button>" not in page


def test_the_report_has_the_contracts_shape_and_adds_up(sandbox, operator, tasks) -> None:
    draft = _draft(operator, tasks)
    operator.post(_url("confirm", draft), {"reason": "Spring"})
    work(draft)
    report = json.loads(b"".join(operator.get(_url("report-json", draft)).streaming_content))
    head = {"id", "state", "host", "requested_by", "requested_at", "reason", "fingerprint", "total", "counts"}
    assert set(report) == head | {"items", "calls"}
    assert sum(report["counts"].values()) == report["total"] == 3
    assert set(report["items"][0]) == {
        "kind", "task_id", "outcome", "code", "message", "attempts", "sent_at", "settled_at", "verified",
    }  # fmt: skip
    assert report["items"][0]["code"] == 1000
    assert report["calls"][0].items() >= {"operation": "delete", "ids": 3, "http_status": 200, "code": 1000}.items()
    assert report["calls"][0]["error"] is None


def test_formula_cells_in_the_csv_are_text(operator) -> None:
    deletion = DeletionFactory(total=1, refused=1)
    task = TrackedTaskFactory(task_id="=1+1")
    DeletionItemFactory(deletion=deletion, tracked=task, outcome="refused", message="@cmd|calc", code=9999)
    lines = b"".join(operator.get(_url("report-csv", deletion)).streaming_content).decode()
    [row] = csv.DictReader(io.StringIO(lines))
    assert (row["task_id"], row["message"], row["code"]) == ("'=1+1", "'@cmd|calc", "9999")


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
        deletion=DeletionFactory(reason="reason one", actor_name="olga", confirmed_at=april, total=1, deleted=1)
    )
    DeletionItemFactory(
        deletion=DeletionFactory(reason="reason two", actor_name="otto", confirmed_at=may, total=1, refused=1),
        tracked=TrackedTaskFactory(video=True),
    )
    page = operator.get(reverse("deletion-list"), query).content.decode()
    assert f"reason {found}" in page
    assert f"reason {'two' if found == 'one' else 'one'}" not in page


@pytest.mark.parametrize(
    "query",
    ["outcome=gone", "kind=audio", "after=yesterday", "before=2026-13-01", "cursor=x", "colour=red", "by=a&by=b"],
)
def test_a_mistyped_filter_of_the_history_answers_400_without_a_table(operator, query) -> None:
    DeletionFactory()
    response = operator.get(f"{reverse('deletion-list')}?{query}")
    assert response.status_code == 400
    assert "<table" not in response.content.decode()


def test_drafts_are_not_history(operator, tasks) -> None:
    _draft(operator, tasks)
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
    first = operator.get(deletion.get_absolute_url()).context["items"]
    assert [item.outcome for item in first[:3]] == ["refused", "unknown", "deleted"]
    pages = [operator.get(deletion.get_absolute_url(), {"page": n}).context["items"] for n in (1, 2, 3)]
    assert len({item.pk for page in pages for item in page}) == 103
    only = operator.get(deletion.get_absolute_url(), {"outcome": "unknown"}).context["items"]
    assert [item.outcome for item in only] == ["unknown"]
    assert operator.get(deletion.get_absolute_url(), {"outcome": "nonsense"}).status_code == 400


def test_an_unchanged_strip_answers_204(operator, tasks, htmx) -> None:
    draft = _draft(operator, tasks)
    operator.post(_url("confirm", draft), {"reason": "a"})
    Deletion.objects.update(state=State.PAUSED, paused_reason="Paused by olga.")
    shown = {"shown": str(tasks[0].pk)}
    first = operator.get(reverse("deletion-strip"), shown, headers=htmx)
    seen = first.content.decode().split('"seen": "')[1][:16]
    assert operator.get(reverse("deletion-strip"), {**shown, "seen": seen}, headers=htmx).status_code == 204
    TrackedTask.objects.filter(pk=tasks[0].pk).update(presence="deleted")
    assert operator.get(reverse("deletion-strip"), {**shown, "seen": seen}, headers=htmx).status_code == 200


def test_a_finished_strip_asks_no_more(sandbox, operator, tasks, htmx) -> None:
    draft = _draft(operator, tasks)
    operator.post(_url("confirm", draft), {"reason": "a"})
    assert "every 2s" in operator.get(reverse("deletion-strip"), headers=htmx).content.decode()
    work(draft)
    strip = operator.get(reverse("deletion-strip"), headers=htmx).content.decode()
    assert "every" not in strip
    assert f"Deletion {draft.code}" in strip


def test_a_page_that_is_opened_shows_no_clean_ending(sandbox, operator, tasks) -> None:
    draft = _draft(operator, tasks)
    operator.post(_url("confirm", draft), {"reason": "a"})
    assert f"Deletion {draft.code}" in operator.get(reverse("task-list")).content.decode()
    work(draft)
    assert f"Deletion {draft.code}" not in operator.get(reverse("task-list")).content.decode()


def test_trouble_stays_on_the_list_until_its_requester_opens_it(operator, administrator, htmx) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    deletion = DeletionFactory(actor=operator.user, total=1, refused=1, finished_at=long_ago)
    list_url, strip_url = reverse("task-list"), reverse("deletion-strip")
    assert deletion.code in operator.get(strip_url, headers=htmx).content.decode()
    administrator.get(deletion.get_absolute_url())
    assert deletion.code in operator.get(list_url).content.decode()
    operator.get(deletion.get_absolute_url())
    assert deletion.code not in operator.get(strip_url, headers=htmx).content.decode()


def test_the_strip_makes_a_constant_number_of_queries(operator, htmx, django_assert_max_num_queries) -> None:
    rows = TrackedTaskFactory.create_batch(50)
    DeletionFactory.create_batch(5, actor=operator.user, running=True, total=3, waiting=3)
    shown = ",".join(str(row.pk) for row in rows)
    accounts.current()
    with django_assert_max_num_queries(6):
        response = operator.get(reverse("deletion-strip"), {"shown": shown}, headers=htmx)
    assert response.content.decode().count('id="presence-') == 50


def test_provider_words_are_shown_as_text(operator) -> None:
    deletion = DeletionFactory(total=1, refused=1)
    task = TrackedTaskFactory(task_id="<script>1</script>", last_message="<script>2</script>")
    DeletionItemFactory(deletion=deletion, tracked=task, outcome="refused", message="<script>3</script>")
    assert "<script>3" not in operator.get(deletion.get_absolute_url()).content.decode()
    assert "<script>1" not in operator.get(deletion.get_absolute_url()).content.decode()


def test_the_admin_shows_deletions_read_only(administrator) -> None:
    deletion = DeletionFactory(total=1, deleted=1)
    page = reverse("admin:deletions_deletion_change", args=[deletion.pk])
    assert administrator.get(reverse("admin:deletions_deletion_changelist")).status_code == 200
    assert administrator.get(page).status_code == 200
    assert administrator.post(page, {"reason": "other"}).status_code == 403
    assert administrator.get(reverse("admin:deletions_deletion_add")).status_code == 403


def test_every_page_of_a_draft_can_be_read_before_confirming(operator) -> None:
    tasks = TrackedTaskFactory.create_batch(60)
    draft = _draft(operator, tasks)
    second = operator.get(draft.get_absolute_url(), {"page": 2}).context["items"]
    assert len(second) == 10


def test_rows_that_cannot_be_read_do_not_spoil_what_was_done(operator, tasks, htmx) -> None:
    draft = _draft(operator, tasks)
    response = operator.post(_url("confirm", draft), {"reason": "a", "shown": "abc"}, headers=htmx)
    assert response.status_code == 200
    assert operator.get(reverse("deletion-strip"), {"shown": "abc"}, headers=htmx).status_code == 422


def test_a_cursor_of_no_history_answers_400(operator, tasks) -> None:
    draft = _draft(operator, tasks)
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


def test_a_discarded_draft_says_that_nothing_happened(operator, tasks) -> None:
    draft = _draft(operator, tasks)
    operator.post(_url("keep", draft))
    page = operator.get(draft.get_absolute_url()).content.decode()
    assert "Nothing was confirmed" in page
    assert "progressbar" not in page
