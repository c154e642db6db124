"""What a verdict says and carries: a sentence, a form without the id, and what it rests on."""

from __future__ import annotations

import pytest

from tensorslab_api import MissingKey, Ruling, Verdict, errors, judge_delete, judge_look_up
from tests.tensorslab_api.judging import CREDITS, FAILED, FAILURE, HTML, SUCCESS, THERE, delete, look_up

ID = "Task+1"


@pytest.mark.parametrize(
    ("http_status", "content", "expected"),
    [
        (200, {"code": 1000, "msg": f"Task {ID}", "data": {"image_status": 3}}, "there"),
        (404, {"code": 9999, "msg": "Task does not exist"}, "404 9999 Task does not exist"),
        (404, {"code": 9999, "msg": f"Task {ID} does not exist"}, "404 9999 Task does not exist"),
        (404, {"code": 9999, "msg": "task+1: no TASK+1,\n\t taskk1 \u00a0"}, "404 9999 : no , taskk1"),
        (200, {"code": -1, "msg": f" {ID} "}, "200 -1"),
        (200, {"code": 1000, "msg": "OK", "data": None}, "200 1000 OK"),
        (400, {"code": 9999, "msg": "x" * 500}, "400 9999 " + "x" * 191),
        (400, {"code": 9999, "msg": "x" * 190 + " y"}, "400 9999 " + "x" * 190),
        (401, FAILURE, ""),
        (429, FAILURE, ""),
        (500, FAILURE, ""),
        (302, FAILURE, ""),
        (404, HTML, ""),
        (200, CREDITS, ""),
    ],
)
def test_a_look_up_has_a_form_without_the_id(http_status: int, content: object, expected: str) -> None:
    assert look_up(http_status, content, task_id=ID).form == expected


def test_a_delete_and_an_error_have_no_form() -> None:
    assert {delete(200, SUCCESS).form, delete(400, FAILURE).form, delete(500, FAILURE).form} == {""}
    assert {judge(errors.ConnectionLost()).form for judge in (judge_delete, judge_look_up)} == {""}


def test_a_verdict_carries_what_it_rests_on() -> None:
    verdict = delete(400, {"code": 9999, "msg": "Task is locked"})
    assert (verdict.http_status, verdict.code, verdict.message) == (400, 9999, "Task is locked")
    assert verdict.error is None
    assert delete(200, FAILED).status == "Failed"
    info = look_up(200, THERE).info
    assert info is not None
    assert info.task_id == "a"
    assert look_up(404, FAILURE).info is None


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (delete(401, b""), "API key rejected (401). Put a valid key in TENSORSLAB_API_KEY."),
        (look_up(404, FAILURE), "TensorsLab answered that it has no such task."),
        (look_up(200, {**THERE, "data": None}), "TensorsLab answered that it has no such task."),
        (look_up(200, THERE), "The task is still there."),
        (look_up(403, b""), "API key rejected (403). Put a valid key in TENSORSLAB_API_KEY."),
        (judge_delete(MissingKey()), "The API key is missing. Nothing was sent. Put a key in TENSORSLAB_API_KEY."),
        (delete(200, CREDITS), "The TensorsLab account is out of credits (9000). Add credits there."),
        (delete(429, FAILURE, "3"), "TensorsLab is busy (429). It asks to wait 3 s."),
        (delete(429, FAILURE), "TensorsLab is busy (429)."),
        (delete(400, {"code": 9999, "msg": "Task is locked"}), "TensorsLab refused: Task is locked"),
        (judge_delete(errors.DeadlineExceeded(30.0)), "No answer in 30 s."),
        (judge_delete(errors.ConnectionLost()), "The connection broke before the answer was complete."),
        (delete(502, HTML), "TensorsLab failed (HTTP 502)."),
        (delete(200, HTML), "The answer (HTTP 200) is not one that TensorsLab documents."),
        (delete(200, {"code": 5, "msg": ""}), "The answer (HTTP 200, code 5) is not one that TensorsLab documents."),
        (
            delete(302, b""),
            "TensorsLab's address redirects (HTTP 302). It was not followed. Check TENSORSLAB_API_URL.",
        ),
        (
            judge_delete(errors.ConnectionFailed("127.0.0.1:1", "Connection refused")),
            "Can't connect to 127.0.0.1:1: Connection refused. Nothing was sent.",
        ),
    ],
)
def test_it_says_what_happened(verdict: Verdict, sentence: str) -> None:
    assert verdict.sentence == sentence
    assert not verdict.sent or "othing" not in sentence, "whether nothing was done, nobody knows once it left"
    trustworthy = verdict.ruling not in (Ruling.LOST, Ruling.NOT_SENT) and verdict.sent
    assert verdict.error == (None if trustworthy else sentence)
