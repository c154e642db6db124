"""`/api/deletions/`: the same drafts, limits and controls as on the pages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from dashboard.access.models import Limits
from dashboard.audit.models import AuditEvent
from dashboard.deletions import actions
from dashboard.deletions.dispatch import jobs
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion
from dashboard.register import selecting, starring
from dashboard.register.models import Selection, TrackedTask
from tests.api.program import Program, problem, told
from tests.audit.test_verify_audit import wrong
from tests.factories import SelectionFactory, TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db
FAILED = {"filter": "status=failed", "reason": "Failed ones"}


@pytest.fixture
def tasks() -> list[TrackedTask]:
    return TrackedTaskFactory.create_batch(3, status="failed")


def drafted(program: Program, **body: Any) -> Any:
    return told(program.post("/deletions/", FAILED | body), 201)


def confirm(program: Program, draft: Any, **other: Any) -> Any:
    body = {"fingerprint": draft["fingerprint"], "count": draft["count"]} | other
    return program.post(f"/deletions/{draft['id']}/confirm", body)


def named(*tasks: TrackedTask) -> list[dict[str, str]]:
    return [{"kind": task.kind, "task_id": task.task_id} for task in tasks]


@pytest.mark.once
def test_a_filter_is_drafted_and_deletes_nothing(program: Program, tasks: list[TrackedTask]) -> None:
    TrackedTaskFactory(status="completed")
    answer = program.post("/deletions/", FAILED)
    draft = told(answer, 201)
    row = Deletion.objects.get()
    assert answer.headers["Location"] == f"/api/deletions/{row.uuid}/"
    assert draft["page"] == f"/deletions/{row.uuid}/"
    assert (draft["id"], draft["state"], draft["reason"]) == (str(row.uuid), "draft", "Failed ones")
    assert (draft["total"], draft["skipped"], draft["count"]) == (3, 0, 3)
    assert draft["fingerprint"] == row.fingerprint
    assert draft["counts"]["waiting"] == 3
    assert draft["facts"]["statuses"] == [{"name": "failed", "tasks": 3}]
    assert set(TrackedTask.objects.values_list("presence", flat=True)) == {"present"}
    assert not Selection.objects.exists()


@pytest.mark.once
def test_ids_are_drafted_and_those_that_can_not_go_say_why(program: Program, tasks: list[TrackedTask]) -> None:
    held = TrackedTaskFactory(held_by="anna", held_reason="Lawsuit")
    gone = TrackedTaskFactory(presence="deleted")
    nobody = {"kind": "video", "task_id": tasks[0].task_id}
    body = {"ids": [*named(tasks[0], tasks[0], held, gone), nobody], "reason": "These"}
    draft = told(program.post("/deletions/", body), 201)
    assert (draft["total"], draft["skipped"], draft["count"]) == (3, 2, 1)
    assert draft["unknown"] == [nobody]
    assert {row["task_id"]: row["why"] for row in draft["skipped_tasks"]} == {
        held.task_id: "Held: Lawsuit",
        gone.task_id: "Already deleted",
    }
    assert {row["name"]: row["tasks"] for row in draft["facts"]["skipped"]} == {
        "Held: Lawsuit": 1,
        "Already deleted": 1,
    }


def test_starred_tasks_stay_and_are_counted(program: Program, tasks: list[TrackedTask]) -> None:
    starring.star([tasks[0].pk], actor="olga", address="")
    draft = drafted(program)
    assert (draft["count"], draft["starred_left_out"]) == (2, 1)


@pytest.mark.once
@pytest.mark.parametrize("filter", ["", "?", "presence=present", "starred=no&held=no", "sort=created"])
def test_a_filter_that_matches_everything_is_refused_unless_it_is_said(
    program: Program, tasks: list[TrackedTask], filter: str
) -> None:
    found = problem(program.post("/deletions/", {"filter": filter, "reason": "R"}), 422, "invalid")
    assert "send “everything”: true beside the filter" in found["detail"]
    assert found["errors"][0]["pointer"] == "/filter"
    assert not Deletion.objects.exists()
    assert told(program.post("/deletions/", {"filter": filter, "everything": True, "reason": "R"}), 201)["count"] == 3


@pytest.mark.once
@pytest.mark.parametrize(
    ("body", "status", "kind", "pointers"),
    [
        ({"reason": "R"}, 422, "invalid", ["/filter"]),
        ({"filter": "q=a"}, 422, "invalid", ["/reason"]),
        ({"filter": "q=a", "reason": ""}, 422, "invalid", ["/reason"]),
        ({"filter": "q=a", "reason": " \u200b"}, 422, "invalid", ["/reason"]),
        ({"filter": "q=a", "reason": "x" * 501}, 422, "invalid", ["/reason"]),
        ({"filter": "q=a", "reason": "a\0"}, 422, "invalid", ["/reason"]),
        ({"filter": "q=a", "reason": "\ud800"}, 422, "invalid", ["/reason"]),
        ({"filter": "q=none", "reason": "R"}, 422, "invalid", []),
        ({"filter": "q=a", "ids": [], "reason": "R"}, 422, "invalid", ["/ids", "/filter"]),
        ({"ids": [], "reason": "R"}, 422, "invalid", ["/ids"]),
        ({"ids": [{"kind": "image", "task_id": "none"}], "reason": "R"}, 422, "invalid", ["/ids"]),
        ({"ids": [{"kind": "sound", "task_id": 5}], "reason": "R"}, 422, "invalid", ["/ids/0/kind", "/ids/0/task_id"]),
        ({"ids": [{"kind": "image", "task_id": "\0"}], "reason": "R"}, 422, "invalid", ["/ids/0/task_id"]),
        ({"filter": "q=a", "everything": "yes", "reason": "R"}, 422, "invalid", ["/everything"]),
        ({"filter": "colour=red", "reason": "R"}, 400, "bad-filter", []),
        ({"filter": "cursor=a1.1", "reason": "R"}, 400, "bad-filter", []),
        ({"filter": "kind=sound", "reason": "R"}, 400, "bad-filter", []),
    ],
)
def test_what_can_not_be_drafted_says_why(
    program: Program, tasks: list[TrackedTask], body: Any, status: int, kind: str, pointers: list[str]
) -> None:
    found = problem(program.post("/deletions/", body), status, kind)
    if status == 422:
        assert [error["pointer"] for error in found.get("errors", [])] == pointers
    assert not Deletion.objects.exists()
    assert not Selection.objects.exists()


def test_what_a_person_selected_on_the_page_stays(program: Program, tasks: list[TrackedTask]) -> None:
    kept = [SelectionFactory(user=program.user, tasks=tasks[:1]) for _ in range(selecting.MOST_KEPT)]
    for _ in range(3):
        drafted(program)
    assert Selection.objects.filter(pk__in=[one.pk for one in kept]).count() == selecting.MOST_KEPT


@pytest.mark.once
def test_confirmed_with_fingerprint_and_count_it_is_scheduled(
    program: Program, tasks: list[TrackedTask], settings: Any, capsys: Any, tmp_path: Path
) -> None:
    settings.VAR_DIR, settings.DELETION_TYPED_ABOVE = tmp_path, 1
    draft = drafted(program)
    found = told(confirm(program, draft), 200)
    assert found["state"] == "scheduled"
    assert found["starts_at"] > found["confirmed_at"]
    assert set(TrackedTask.objects.values_list("presence", flat=True)) == {"deleting"}
    events = AuditEvent.objects.filter(subject=draft["id"]).order_by("sequence")
    assert [(event.action, event.actor, event.detail["token"]) for event in events] == [
        ("deletion.drafted", "olga", "CI"),
        ("deletion.confirmed", "olga", "CI"),
    ]
    assert events[1].detail["reason"] == "Failed ones"
    problem(confirm(program, draft), 409, "wrong-state")
    assert wrong(capsys, "--reconcile") == ""


@pytest.mark.once
def test_another_fingerprint_or_count_confirms_nothing(program: Program, tasks: list[TrackedTask]) -> None:
    draft = drafted(program)
    problem(confirm(program, draft, fingerprint="0" * 64), 409, "changed")
    other = problem(confirm(program, draft, count=2), 409, "changed")
    assert "count of this deletion is 3, and not 2" in other["detail"]
    assert told(program.get(f"/deletions/{draft['id']}/"), 200)["state"] == "draft"
    told(confirm(program, draft, count=3.0), 200)


@pytest.mark.once
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"count": "3"}, "/count"),
        ({"count": True}, "/count"),
        ({"count": 2.5}, "/count"),
        ({"count": 0}, "/count"),
        ({"count": 10**30}, "/count"),
        ({"count": None}, "/count"),
        ({"fingerprint": ""}, "/fingerprint"),
        ({"fingerprint": "F" * 64}, "/fingerprint"),
        ({"fingerprint": 5}, "/fingerprint"),
        ({"reason": "Another"}, "/reason"),
    ],
)
def test_what_confirms_nothing_names_its_field(
    program: Program, tasks: list[TrackedTask], body: dict[str, Any], pointer: str
) -> None:
    draft = drafted(program)
    found = problem(confirm(program, draft, **body), 422, "invalid")
    assert [error["pointer"] for error in found["errors"]] == [pointer]


@pytest.mark.once
def test_a_set_that_changed_since_is_told_and_its_new_numbers_are_confirmed(
    program: Program, tasks: list[TrackedTask]
) -> None:
    draft = drafted(program)
    TrackedTask.objects.filter(pk=tasks[0].pk).update(held_by="anna", held_reason="Lawsuit")
    assert "became busy or held" in problem(confirm(program, draft), 409, "changed")["detail"]
    anew = told(program.get(f"/deletions/{draft['id']}/"), 200)
    assert (anew["count"], anew["fingerprint"] != draft["fingerprint"]) == (2, True)
    assert told(confirm(program, anew), 200)["state"] == "scheduled"


@pytest.mark.once
def test_an_old_draft_and_anothers_are_refused(program: Program, tasks: list[TrackedTask]) -> None:
    draft = drafted(program)
    other = Program(UserFactory(username="otto", role="operator"))
    assert "belongs to olga" in problem(confirm(other, draft), 409, "wrong-state")["detail"]
    Deletion.objects.update(created_at=timezone.now() - timedelta(hours=1, seconds=1))
    assert "over an hour old" in problem(confirm(program, draft), 409, "wrong-state")["detail"]


@pytest.mark.once
def test_it_waits_for_approval_where_somebody_else_has_to_agree(
    program: Program, tasks: list[TrackedTask], settings: Any
) -> None:
    settings.DELETION_APPROVAL_ABOVE = 2
    found = told(confirm(program, drafted(program)), 200)
    assert found["state"] == "awaiting_approval"
    assert found["approval"]["decision"] is None
    assert found["approval"]["reasons"]


def test_limits_of_kind_and_number_are_those_of_the_person(program: Program, tasks: list[TrackedTask]) -> None:
    film = TrackedTaskFactory(kind="video", status="failed")
    Limits.objects.create(user=program.user, most_tasks=0, only_kinds=["video"])
    draft = drafted(program)
    assert (draft["count"], draft["skipped"]) == (1, 3)
    assert {row["why"] for row in draft["skipped_tasks"]} == {"Not yours to delete: images"}
    assert told(confirm(program, draft), 200)["state"] == "awaiting_approval"
    assert TrackedTask.objects.get(pk=film.pk).presence == "present"


@pytest.mark.once
def test_a_large_one_is_confirmed_in_the_browser(program: Program, tasks: list[TrackedTask], settings: Any) -> None:
    settings.DELETION_REAUTH_ABOVE = 2
    draft = drafted(program)
    found = problem(confirm(program, draft), 403, "browser-needed")
    assert draft["page"] in found["detail"]
    settings.DELETION_REAUTH_ABOVE = 3
    told(confirm(program, draft), 200)


@pytest.mark.once
def test_a_large_set_says_that_it_is_freezing(
    program: Program, tasks: list[TrackedTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing, "AT_ONCE", 2)
    answer = program.post("/deletions/", FAILED)
    draft = told(answer, 201)
    assert (draft["state"], draft["fingerprint"]) == ("freezing", "")
    assert answer.headers["Retry-After"] == "1"
    early = confirm(program, draft, fingerprint="0" * 64, count=3)
    assert "still being written down" in problem(early, 409, "wrong-state")["detail"]
    problem(program.get(f"/deletions/{draft['id']}/report.json"), 404, "not-found")
    jobs.freeze.call(draft["id"])
    done = told(program.get(f"/deletions/{draft['id']}/"), 200)
    assert (done["state"], done["count"], len(done["fingerprint"])) == ("draft", 3, 64)
    assert told(confirm(program, done), 200)["state"] == "scheduled"


@pytest.mark.once
def test_undo_pause_resume_and_stop_are_those_of_the_page(
    program: Program, tasks: list[TrackedTask], capsys: Any
) -> None:
    draft = told(confirm(program, drafted(program)), 200)
    problem(program.post(f"/deletions/{draft['id']}/pause"), 409, "wrong-state")
    Deletion.objects.update(state="running")
    for act, state in (("pause", "paused"), ("resume", "running"), ("stop", "finished")):
        assert told(program.post(f"/deletions/{draft['id']}/{act}"), 200)["state"] == state
    assert "Too late to undo" in problem(program.post(f"/deletions/{draft['id']}/undo"), 409, "wrong-state")["detail"]
    events = AuditEvent.objects.filter(subject=draft["id"]).order_by("sequence")
    assert [event.action for event in events][2:5] == ["deletion.paused", "deletion.resumed", "deletion.stopped"]
    assert {event.detail["token"] for event in events if event.actor} == {"CI"}


@pytest.mark.once
def test_undo_keeps_all_of_it(program: Program, tasks: list[TrackedTask]) -> None:
    draft = told(confirm(program, drafted(program)), 200)
    assert told(program.post(f"/deletions/{draft['id']}/undo"), 200)["state"] == "cancelled"
    report = told(program.get(f"/deletions/{draft['id']}/report.json"), 200)
    assert {item["outcome"] for item in report["items"]} == {"kept"}
    assert report["fingerprint"] == draft["fingerprint"]


@pytest.mark.once
def test_any_operator_controls_as_on_the_page_and_a_viewer_reads(program: Program, tasks: list[TrackedTask]) -> None:
    draft = told(confirm(program, drafted(program)), 200)
    viewer = Program(UserFactory(role="viewer"))
    assert told(viewer.get(f"/deletions/{draft['id']}/"), 200)["requested_by"] == "olga"
    problem(viewer.post(f"/deletions/{draft['id']}/undo"), 403, "not-allowed")
    other = Program(UserFactory(username="otto", role="operator"), name="Otto's")
    assert told(other.post(f"/deletions/{draft['id']}/undo"), 200)["state"] == "cancelled"
    event = AuditEvent.objects.get(action="deletion.undone")
    assert (event.actor, event.detail["token"]) == ("otto", "Otto's")


@pytest.mark.once
def test_what_a_person_pressed_names_no_token(program: Program, tasks: list[TrackedTask]) -> None:
    draft = told(confirm(program, drafted(program)), 200)
    actions.undo(deletion=Deletion.objects.get(uuid=draft["id"]), by=actions.By(user=program.user), now=timezone.now())
    assert "token" not in AuditEvent.objects.get(action="deletion.undone").detail


@pytest.mark.once
@pytest.mark.parametrize("path", ["", "report.json", "confirm", "pause", "resume", "stop", "undo"])
def test_an_unknown_deletion_is_told(program: Program, path: str) -> None:
    address = f"/deletions/{uuid4()}/{path}"
    body = {"fingerprint": "0" * 64, "count": 1} if path == "confirm" else None
    answer = program.get(address) if path in {"", "report.json"} else program.post(address, body)
    problem(answer, 404, "not-found")
    problem(program.get("/deletions/not-a-uuid/"), 404, "not-found")


def test_they_are_listed_with_the_filters_of_the_history(program: Program, tasks: list[TrackedTask]) -> None:
    first = told(confirm(program, drafted(program)), 200)
    told(program.post(f"/deletions/{first['id']}/undo"), 200)
    second = told(confirm(program, drafted(program)), 200)
    page = told(program.get("/deletions/"), 200)
    assert [row["id"] for row in page["deletions"]] == [second["id"], first["id"]]
    assert page["next"] is None
    cancelled = told(program.get("/deletions/", state="cancelled", by="olga"), 200)["deletions"]
    assert [row["id"] for row in cancelled] == [first["id"]]
    found = problem(program.get("/deletions/", colour="red"), 400, "bad-filter")
    assert "There is no filter called “colour”." in found["detail"]
    problem(program.get("/deletions/", cursor="x"), 400, "bad-filter")


@pytest.mark.once
def test_their_cursor_walks_all_of_them(
    program: Program, tasks: list[TrackedTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.deletions.history.listing.PAGE_SIZE", 2)
    ids = []
    for _ in range(5):
        row = told(confirm(program, drafted(program)), 200)
        told(program.post(f"/deletions/{row['id']}/undo"), 200)
        ids.append(row["id"])
    seen: list[str] = []
    query: dict[str, str] = {}
    while True:
        page = told(program.get("/deletions/", **query), 200)
        seen += [row["id"] for row in page["deletions"]]
        if page["next"] is None:
            break
        query = {"cursor": page["next"]}
    assert seen == ids[::-1]
