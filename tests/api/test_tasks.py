"""`/api/tasks/`: stored as an import stores them, listed as the page lists them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone

from dashboard.access.models import Profile
from dashboard.audit.models import AuditEvent
from dashboard.pages import bodies
from dashboard.register import importing, starring
from dashboard.register.filters.filter import Filter
from dashboard.register.holding import rules
from dashboard.register.holding.asking import By
from dashboard.register.models import ImportBatch, TrackedTask
from tests.api.program import Program, problem, told
from tests.audit.test_verify_audit import wrong
from tests.factories import TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db


def image(task_id: str, **values: Any) -> dict[str, Any]:
    return {"kind": "image", "task_id": task_id, **values}


def send(program: Program, *tasks: Any, status: int = 200) -> Any:
    return told(program.post("/tasks/", {"tasks": tasks}), status)


def listed(program: Program, **query: Any) -> list[str]:
    return [task["task_id"] for task in told(program.get("/tasks/", **query), 200)["tasks"]]


def test_they_are_added_updated_or_left_as_they_are(program: Program) -> None:
    first = send(program, image("a", status="failed"), image("b", model="m"), {"kind": "video", "task_id": "a"})
    assert first == {"added": 3, "updated": 0, "unchanged": 0, "problems": []}
    again = send(program, image("a", status="failed"), image("b", model="n"), {"kind": "video", "task_id": "a"})
    assert again == {"added": 0, "updated": 1, "unchanged": 2, "problems": []}
    assert set(TrackedTask.objects.values_list("kind", "task_id", "model", "added_by")) == {
        ("image", "a", "", "olga"),
        ("image", "b", "n", "olga"),
        ("video", "a", "", "olga"),
    }


ROWS: list[dict[str, Any]] = [
    image("a", status="已完成", model=" m ", prompt="A fox", url="https://x.test/1.png https://x.test/2.png"),
    {"类型": "视频", "taskid": "v-1", "时长": "5,5", "task_status": 4, "message": "no credit"},
    image("b", created_at="2026-01-30 12:00", width="1024", height=768.0),
    image("long", prompt="x" * 30_000),
    {"kind": "video", "task_id": "1.5e+10"},
    {"kind": "sound", "task_id": "c"},
    image("a", model="another"),
    image("", status="failed"),
    image("d", url="ftp://x.test"),
    {"format": "tensorslab.task@1", "kind": "image", "task_id": "r", "request": {"resolution": "512x256"}},
    image("half", prompt="\ud800"),
    image("nul\0"),
]


def test_each_is_read_and_stored_as_a_row_of_a_file(program: Program) -> None:
    Profile.objects.create(user=program.user, time_zone="Asia/Shanghai")
    sent = send(program, *ROWS)
    columns = [field.name for field in TrackedTask._meta.fields if field.name not in {"id", "tracked_at"}]
    by_program = list(TrackedTask.objects.order_by("kind", "task_id").values(*columns))
    TrackedTask.objects.all().delete()
    lines = "\n".join(map(json.dumps, ROWS)).encode()
    batch = importing.check(source="rows.jsonl", stream=BytesIO(lines), user=program.user)
    importing.apply(batch=batch, actor=program.user, address="")
    assert list(TrackedTask.objects.order_by("kind", "task_id").values(*columns)) == by_program
    assert sent["added"] == len(by_program) == 5
    by_file = [(row["line"] - 1, row["sentence"]) for row in ImportBatch.objects.get().problems]
    assert [(row["index"], row["problem"].replace("index 0", "line 1")) for row in sent["problems"]] == by_file
    assert [row["index"] for row in sent["problems"] if row["stored"]] == [3]


def test_what_is_sent_again_leaves_no_entry_in_the_log(program: Program, capsys: Any) -> None:
    send(program, image("a"), {"kind": "x"})
    send(program, image("a"))
    send(program, image("a", status="failed"))
    events = AuditEvent.objects.filter(action="tasks.imported").order_by("sequence")
    assert [(event.actor, event.subject, event.detail["token"]) for event in events] == [("olga", "API", "CI")] * 2
    counts = [[event.detail[name] for name in ("added", "updated", "rejected")] for event in events]
    assert counts == [[1, 0, 1], [0, 1, 0]]
    assert not ImportBatch.objects.exists()
    assert wrong(capsys) == ""


def test_it_never_brings_back_what_was_deleted(program: Program) -> None:
    TrackedTaskFactory(task_id="a", presence="deleted")
    assert send(program, image("a", status="failed"))["updated"] == 1
    assert TrackedTask.objects.get().presence == "deleted"


def test_a_rule_holds_what_comes_in(program: Program) -> None:
    rules.make(filter=Filter(q="fox"), by=By(user=program.user), reason="Keep foxes", until=None, now=timezone.now())
    send(program, image("a", prompt="A fox"), image("b", prompt="An owl"))
    assert {task["task_id"]: task["held_by"] for task in told(program.get("/tasks/"), 200)["tasks"]} == {
        "a": "olga",
        "b": "",
    }


@pytest.mark.once
def test_a_thousand_are_taken_and_not_one_more(program: Program) -> None:
    rows = [image(f"task-{number}") for number in range(1001)]
    found = problem(program.post("/tasks/", {"tasks": rows}), 422, "invalid")
    assert found["errors"] == [
        {"detail": "List should have at most 1000 items after validation, not 1001.", "pointer": "/tasks"}
    ]
    assert send(program, *rows[:1000])["added"] == 1000
    assert send(program)["added"] == 0


@pytest.mark.once
def test_a_clock_of_a_program_that_is_ahead_changes_nothing(program: Program) -> None:
    send(program, image("a", created_at="2999-01-01T00:00:00Z"), image("b", created_at="0001-01-01T00:00:00Z"))
    assert listed(program) == ["a", "b"]
    assert listed(program, created_before="-1d") == ["b"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/tasks"),
        ({"tasks": "a"}, "/tasks"),
        ({"tasks": ["a"]}, "/tasks/0"),
        ({"tasks": [], "kind": "image"}, "/kind"),
        ([], ""),
        (None, ""),
    ],
)
def test_what_is_no_list_of_tasks_names_the_place(program: Program, body: Any, pointer: str) -> None:
    found = problem(
        program.post("/tasks/", body)
        if body is not None
        else program.client.post("/api/tasks/", "null", content_type="application/json"),
        422,
        "invalid",
    )
    assert [error["pointer"] for error in found["errors"]] == [pointer]


def test_the_pages_filters_narrow_the_list(program: Program) -> None:
    fox = TrackedTaskFactory(kind="image", status="failed", prompt="A fox", model="m")
    TrackedTaskFactory(kind="image", status="completed", prompt="A fox", model="m")
    owl = TrackedTaskFactory(kind="image", status="failed", prompt="An owl", model="n", presence="deleted")
    assert listed(program, kind="image", status="failed") == [fox.task_id]
    assert listed(program, q="owl", presence="deleted") == [owl.task_id]
    assert len(listed(program, model=["m", "n"])) == 2
    starring.star([fox.pk], actor="olga", address="")
    assert listed(program, starred="yes") == [fox.task_id]
    assert [task["starred"] for task in told(program.get("/tasks/", starred="yes"), 200)["tasks"]] == [True]


@pytest.mark.once
@pytest.mark.parametrize(
    ("query", "named", "said"),
    [
        ({"colour": "red"}, "colour", "There is no filter called “colour”."),
        ({"selection": "x"}, "selection", "There is no filter called “selection”."),
        ({"saved": "x"}, "saved", "There is no filter called “saved”."),
        ({"view": "gallery"}, "view", "There is no filter called “view”."),
        ({"kind": "sound"}, "kind", "Kind: “sound” is not one of image or video."),
        ({"created_after": "soon"}, "created_after", "“soon” is not a day"),
        ({"sort": "model"}, "sort", "is not one of -created or created"),
        ({"kind": ["image", "video"]}, "", "“kind” stands 2 times in the address"),
        ({"cursor": "b1.1"}, "cursor", "damaged"),
        ({"cursor": "x"}, "", "damaged"),
        ({"held": ""}, "held", "“held” is empty. Leave it out"),
        ({"model": ["m", ""]}, "model", "“model” is empty. Leave it out"),
    ],
)
def test_no_filter_is_ignored(program: Program, query: dict[str, Any], named: str, said: str) -> None:
    TrackedTaskFactory()
    found = problem(program.get("/tasks/", **query), 400, "bad-filter")
    assert said in found["detail"]
    assert [error["parameter"] for error in found.get("errors", [])] == ([named] if named else [])


@pytest.mark.once
@pytest.mark.parametrize("limit", ["0", "501", "x", ""])
def test_a_page_has_its_limits(program: Program, limit: str) -> None:
    found = problem(program.get("/tasks/", limit=limit), 422, "invalid")
    assert found["errors"][0]["parameter"] == "limit"


@pytest.mark.parametrize("sort", ["-created", "created"])
def test_the_cursor_walks_all_of_it_though_tasks_come_and_go(program: Program, sort: str) -> None:
    for day in range(1, 8):
        TrackedTaskFactory(task_id=f"d{day}", created_at=datetime(2026, 1, day, tzinfo=UTC))
    TrackedTaskFactory(task_id="untimed", created_at=None)
    days = [f"d{day}" for day in range(1, 8)]
    expected = [*(days if sort == "created" else reversed(days)), "untimed"]
    seen: list[str] = []
    cursor = ""
    while True:
        page = told(program.get("/tasks/", sort=sort, limit=3, **({"cursor": cursor} if cursor else {})), 200)
        seen += [task["task_id"] for task in page["tasks"]]
        if page["next"] is None:
            break
        cursor = page["next"]
        TrackedTask.objects.filter(task_id=seen[0]).update(presence="deleted")
    assert seen == expected


def test_days_are_those_of_the_person(program: Program) -> None:
    Profile.objects.create(user=program.user, time_zone="Asia/Shanghai")
    TrackedTaskFactory(task_id="late", created_at=datetime(2026, 1, 30, 17, tzinfo=UTC))
    assert listed(program, created_after="2026-01-31") == ["late"]
    Profile.objects.update(time_zone="UTC")
    assert listed(program, created_after="2026-01-31") == []


@pytest.mark.parametrize("task_id", ["abcd_1", "a/b", "a b", "图", "..", "a%2Fb", "?"])
def test_one_task_is_found_by_its_percent_encoded_id(program: Program, task_id: str) -> None:
    row = TrackedTaskFactory(kind="video", task_id=task_id, prompt="A long prompt " * 100, presence="missing")
    found = told(program.client.get(f"/api/tasks/video/{quote(task_id, safe='')}/"), 200)
    assert (found["task_id"], found["prompt"], found["presence"]) == (task_id, row.prompt, "missing")


@pytest.mark.parametrize("path", ["/tasks/image/none/", "/tasks/sound/a/", "/tasks/image/%00/", "/tasks/image/"])
def test_an_unknown_task_is_told(program: Program, path: str) -> None:
    problem(program.client.get(f"/api{path}"), 404, "not-found")


@pytest.mark.once
def test_a_body_beyond_its_place_is_refused_before_it_is_read(program: Program) -> None:
    longest = {"CONTENT_LENGTH": str(10 * bodies.MEGABYTE), "content_type": "application/json"}
    for path in ("/api/tasks/", "/api/deletions/", "/api/nowhere/"):
        answer = program.client.post(path, b"", **longest)
        assert "2 MB" in problem(answer, 413, "too-large")["detail"]


@pytest.mark.once
def test_only_what_was_made_here_may_send_long_bodies(program: Program) -> None:
    token = f"Bearer {program.token}"
    assert bodies.most("/api/tasks/", "", token) == bodies.LARGEST_CALL
    assert bodies.most("/api/deletions/", "", token) == bodies.LARGEST_CALL
    assert bodies.most("/api/tasks/", "", token[:-1] + ("A" if token[-1] != "A" else "B")) == bodies.USUAL
    assert bodies.most("/api/tasks/", "", "") == bodies.USUAL
    assert bodies.most("/api/openapi.json", "", token) == bodies.USUAL
    assert bodies.most("/tasks/import/", "", token) == bodies.USUAL
    assert bodies.most("/api/tasks/", "", f"Bearer tlt_{'a' * 51}") == bodies.USUAL


def test_who_only_looks_sends_none() -> None:
    viewer = Program(UserFactory(role="viewer"))
    problem(viewer.post("/tasks/", {"tasks": [image("a")]}), 403, "not-allowed")
    assert not TrackedTask.objects.exists()
