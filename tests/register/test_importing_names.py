"""Columns under the names that TensorsLab's API, its Chinese pages and people give them."""

from __future__ import annotations

import json

import pytest

from tests.register.reader import columns, only_problem, rows

SPELLINGS = [
    "task_id",
    "taskid",
    "TaskID",
    "Task ID",
    "task-id",
    "taskId",
    " TASK_ID ",
    "任务ID",
    "任务 id",
    "任务编号",
]


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_name_may_be_spelled_in_any_way(name: str) -> None:
    assert rows(f"kind,{name}\nimage,a\n") == {("image", "a"): {}}
    assert rows(json.dumps({"kind": "image", name: "a"})) == {("image", "a"): {}}


def test_an_image_as_the_api_tells_of_it() -> None:
    told = {
        "taskid": "a",
        "category": "seedreamv4",
        "type": 2,
        "starttime": "2026-01-30 12:00:00",
        "url": ["https://example.com/1.jpg"],
        "image_status": 3,
        "width": 2048,
        "height": 1024,
        "prompt": "a fox",
        "origseed": 7,
    }
    values = {
        "status": "completed",
        "model": "seedreamv4",
        "prompt": "a fox",
        "urls": ["https://example.com/1.jpg"],
        # TensorsLab names no zone.
        "created_raw": "2026-01-30 12:00:00",
        "width": 2048,
        "height": 1024,
    }
    answer = {"code": 1000, "msg": "OK", "data": told}
    for content in (json.dumps(told), json.dumps(answer), json.dumps(answer, indent=2), json.dumps([answer])):
        assert rows(content) == {("image", "a"): values}
    assert columns(json.dumps(told))[1] == ["type", "origseed"]


def test_a_video_as_the_api_tells_of_it() -> None:
    told = {"taskid": "b", "url": [], "task_status": 4, "message": "No", "source": "seedancev2", "duration": 5}
    values = {"status": "failed", "model": "seedancev2", "duration": 5.0, "error": "No"}
    assert rows(json.dumps({"code": 1000, "msg": "OK", "data": told})) == {("video", "b"): values}


STATUSES = {
    "image_status 1": ("image", "image_status", "1", "queued"),
    "image_status 2": ("image", "image_status", "2", "processing"),
    "image_status 3": ("image", "image_status", "3", "completed"),
    "image_status 4": ("image", "image_status", "4", "failed"),
    "task_status 5": ("video", "task_status", "5", "uploading"),
    "task_status 3.0 of a spreadsheet": ("video", "task_status", "3.0", "completed"),
    "task_status pending": ("video", "task_status", "pending", "queued"),
    "generation_status submitted": ("image", "generation_status", "submitted", "queued"),
    "状态 已完成": ("image", "状态", "已完成", "completed"),
    "任务状态 排队中": ("image", "任务状态", "排队中", "queued"),
    "图片状态 处理中": ("image", "图片状态", "处理中", "processing"),
    "Status Failed": ("image", "Status", "Failed", "failed"),
}


@pytest.mark.parametrize(("kind", "name", "word", "status"), STATUSES.values(), ids=STATUSES)
def test_a_status_may_be_told_in_the_apis_way(kind: str, name: str, word: str, status: str) -> None:
    assert rows(f"kind,task_id,{name}\n{kind},a,{word}\n") == {(kind, "a"): {"status": status}}


def test_the_apis_status_tells_the_kind_where_nothing_else_does() -> None:
    assert rows("taskid,image_status\na,3\n") == {("image", "a"): {"status": "completed"}}
    assert rows("taskid,task_status\na,3\n") == {("video", "a"): {"status": "completed"}}
    assert only_problem("taskid,image_status,task_status\na,3,\n")[1] == (
        "The header lacks the column kind. Nothing was read."
    )


def test_a_number_is_no_status_of_our_own_column() -> None:
    assert only_problem("kind,task_id,status\nimage,a,3\n")[1].startswith("The status is “3”.")


def test_a_chinese_header() -> None:
    content = (
        "类型,任务ID,任务状态,模型,提示词,图片URL,创建时间,宽度,高度（像素）,时长(秒),错误信息,备注\n"
        "图片,a,已完成,seedreamv4,雪地里的狐狸,https://e.com/1.png,2026/10/3 01:15,1024,768,,无,x\n"
        "视频,b,失败,,,,,,,5,内容违规,\n"
    )
    assert rows(content) == {
        ("image", "a"): {
            "status": "completed",
            "model": "seedreamv4",
            "prompt": "雪地里的狐狸",
            "urls": ["https://e.com/1.png"],
            "created_at": "2026-10-02T17:15:00+00:00",
            "created_raw": "2026/10/3 01:15",
            "width": 1024,
            "height": 768,
            "error": "无",
        },
        ("video", "b"): {"status": "failed", "duration": 5.0, "error": "内容违规"},
    }
    used, ignored = columns(content)
    assert used[:4] == ["类型 as kind", "任务ID as task_id", "任务状态 as status", "模型 as model"]
    assert used[-2:] == ["时长(秒) as duration", "错误信息 as error"]
    assert (len(used), ignored) == (11, ["备注"])


@pytest.mark.parametrize("name", ["category", "source", "message", "type", "id", "seed", "presence", "held_by"])
def test_a_word_that_may_mean_anything_is_ignored_where_the_api_does_not_speak(name: str) -> None:
    assert rows(f"kind,task_id,{name}\nimage,a,mine\n") == {("image", "a"): {}}
    assert columns(f"kind,task_id,{name}\nimage,a,mine\n") == (["kind", "task_id"], [name])


@pytest.mark.parametrize(
    ("header", "twice"),
    [
        ("kind,task_id,taskid", "task_id"),
        ("kind,Task ID,task_id", "task_id"),
        ("kind,任务ID,任务编号", "task_id"),
        ("类型,种类,task_id", "kind"),
        ("kind,task_id,prompt,Prompt", "prompt"),
        ("kind,task_id,created_at,createdAt", "created_at"),
    ],
)
def test_a_column_that_is_named_twice_leaves_open_which_one_counts(header: str, twice: str) -> None:
    content = f"{header}\n{','.join(['image'] * header.count(',') + ['image'])}\n"
    assert only_problem(content) == (1, f"The header names the column {twice} twice. Nothing was read.")


def test_our_own_name_counts_beside_another() -> None:
    assert rows("类型,kind,task_id\nx,image,a\n") == {("image", "a"): {}}
    assert rows("kind,task_id,状态,status\nimage,a,失败,queued\n") == {("image", "a"): {"status": "queued"}}


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ('{"kind":"image","task_id":"a","task_id":"b"}', "The object names task_id twice."),
        ('{"kind":"image","kind":"video","task_id":"a"}', "The object names kind twice."),
        ('{"kind":"image","task_id":"a","prompt":"x","prompt":"x"}', "The object names prompt twice."),
        ('{"kind":"image","task_id":"a","taskid":"b"}', "The object names the column task_id twice."),
        ('{"kind":"image","Task ID":"a","task_id":"b"}', "The object names the column task_id twice."),
        ('{"kind":"image","task_id":"a","request":{"x":1,"x":2}}', "The object names x twice."),
    ],
)
def test_an_object_that_names_a_thing_twice_is_a_problem(text: str, twice: str) -> None:
    content = f'{{"kind":"image","task_id":"z"}}\n{text}\n'
    assert only_problem(content) == (2, twice)
