"""The two tables of `judge_delete` and `judge_look_up`."""

from __future__ import annotations

import json

import pytest

from tensorslab_api import (
    DeleteReply,
    LookUpReply,
    Ruling,
    TensorsLabError,
    errors,
    judge_delete,
    judge_look_up,
)
from tests.tensorslab_api.judging import CREDITS, FAILED, FAILURE, HTML, SUCCESS, THERE, delete, look_up

ALIKE = [
    # What is about the caller is judged alike in both.
    (401, FAILURE, None, Ruling.UNAUTHORIZED),
    (401, HTML, None, Ruling.UNAUTHORIZED),
    (401, b"", None, Ruling.UNAUTHORIZED),
    (401, SUCCESS, None, Ruling.UNAUTHORIZED),
    (401, CREDITS, None, Ruling.UNAUTHORIZED),
    (403, HTML, None, Ruling.UNAUTHORIZED),
    (200, CREDITS, None, Ruling.OUT_OF_CREDITS),
    (200, {**CREDITS, "data": None}, None, Ruling.OUT_OF_CREDITS),
    (400, CREDITS, None, Ruling.OUT_OF_CREDITS),
    (402, CREDITS, None, Ruling.OUT_OF_CREDITS),
    (404, CREDITS, None, Ruling.OUT_OF_CREDITS),
    (429, CREDITS, None, Ruling.OUT_OF_CREDITS),
    (500, CREDITS, None, Ruling.OUT_OF_CREDITS),
    (200, {"code": 9000}, None, Ruling.LOST),
    (429, FAILURE, "3", Ruling.BUSY),
    (429, HTML, None, Ruling.BUSY),
    (429, b"", "soon", Ruling.BUSY),
    (503, HTML, "5", Ruling.BUSY),
    (503, FAILURE, "Wed, 21 Oct 2015 07:28:00 GMT", Ruling.BUSY),
    (503, HTML, None, Ruling.LOST),
    (503, HTML, "soon", Ruling.LOST),
    (500, FAILURE, None, Ruling.LOST),
    (500, SUCCESS, None, Ruling.LOST),
    (500, THERE, "5", Ruling.LOST),
    (502, HTML, None, Ruling.LOST),
    (504, FAILURE, None, Ruling.LOST),
    (301, SUCCESS, None, Ruling.LOST),
    (302, FAILURE, None, Ruling.LOST),
    (302, CREDITS, None, Ruling.LOST),
    (307, THERE, None, Ruling.LOST),
    (204, b"", None, Ruling.LOST),
    (200, b"", None, Ruling.LOST),
    (200, b"OK", None, Ruling.LOST),
    (200, b"null", None, Ruling.LOST),
    (200, b"[1000]", None, Ruling.LOST),
    (200, b"\xff\xfe", None, Ruling.LOST),
    (200, b"[" * 200_000, None, Ruling.LOST),
    (200, b'{"code": ' + b"9" * 5000 + b', "msg": ""}', None, Ruling.LOST),
    (200, {"code": 2**40, "msg": ""}, None, Ruling.LOST),
    (200, b'{"code": 9999, "msg": "Nope", "code": 1000, "data": {"status": "Success"}}', None, Ruling.LOST),
    (200, {"code": "9999", "msg": "Nope"}, None, Ruling.LOST),
    (200, {"code": 9999.0, "msg": "Nope"}, None, Ruling.LOST),
    (200, {"code": True, "msg": "Nope"}, None, Ruling.LOST),
    (200, {"code": 9999}, None, Ruling.LOST),
    (200, {"code": 9999, "msg": None}, None, Ruling.LOST),
    (200, {"msg": "Nope"}, None, Ruling.LOST),
    (400, HTML, None, Ruling.LOST),
    (404, HTML, None, Ruling.LOST),
    (404, b"", None, Ruling.LOST),
    (405, HTML, None, Ruling.LOST),
    (413, HTML, None, Ruling.LOST),
]

DELETES = [
    (200, SUCCESS, Ruling.SUCCESS),
    (200, {**SUCCESS, "extra": 1}, Ruling.SUCCESS),
    (200, b"\xef\xbb\xbf" + json.dumps(SUCCESS).encode(), Ruling.SUCCESS),
    (200, FAILED, Ruling.REFUSED),
    (200, FAILURE, Ruling.REFUSED),
    (200, {**FAILURE, "data": {"status": "Failed"}}, Ruling.REFUSED),
    (200, {**FAILURE, "data": {"status": "Success"}}, Ruling.REFUSED),
    (200, {**FAILURE, "data": None}, Ruling.REFUSED),
    (400, FAILURE, Ruling.REFUSED),
    (400, {"code": 1234, "msg": "Bad"}, Ruling.REFUSED),
    (400, SUCCESS, Ruling.REFUSED),
    (404, FAILURE, Ruling.REFUSED),
    (409, FAILURE, Ruling.REFUSED),
    (413, FAILURE, Ruling.REFUSED),
    (201, SUCCESS, Ruling.LOST),
    (202, SUCCESS, Ruling.LOST),
    (404, SUCCESS, Ruling.LOST),
    (404, FAILED, Ruling.LOST),
    (200, {**SUCCESS, "code": "1000"}, Ruling.LOST),
    (200, {**SUCCESS, "code": True}, Ruling.LOST),
    (200, {**SUCCESS, "code": 0}, Ruling.LOST),
    (200, {**FAILED, "code": 1234}, Ruling.LOST),
    (200, {"code": 1234, "msg": "?"}, Ruling.LOST),
    (200, {**SUCCESS, "data": None}, Ruling.LOST),
    (200, {**SUCCESS, "data": {}}, Ruling.LOST),
    (200, {**SUCCESS, "data": "Success"}, Ruling.LOST),
    (200, {**SUCCESS, "data": [{"status": "Success"}]}, Ruling.LOST),
    (200, {**SUCCESS, "data": {"status": "success"}}, Ruling.LOST),
    (200, {**SUCCESS, "data": {"status": "Partial"}}, Ruling.LOST),
    (200, {**SUCCESS, "data": {"status": True}}, Ruling.LOST),
    (200, {"code": 1000, "msg": "Successfully", "status": "Success"}, Ruling.LOST),
]

LOOK_UPS = [
    (404, FAILURE, Ruling.ABSENT),
    (404, {"code": 4040, "msg": "none"}, Ruling.ABSENT),
    (200, FAILURE, Ruling.ABSENT),
    (200, {**FAILURE, "data": {}}, Ruling.ABSENT),
    (200, {**THERE, "code": 9999}, Ruling.ABSENT),
    (200, {"code": 1234, "msg": "?"}, Ruling.ABSENT),
    (200, {**THERE, "data": {}}, Ruling.ABSENT),
    (200, {**THERE, "data": {"taskid": "A", "url": [], "prompt": ""}}, Ruling.ABSENT),
    (200, {**THERE, "data": None}, Ruling.ABSENT),
    (200, {"code": 1000, "msg": "OK"}, Ruling.ABSENT),
    (201, THERE, Ruling.ABSENT),
    (400, FAILURE, Ruling.ABSENT),
    (400, THERE, Ruling.ABSENT),
    (404, THERE, Ruling.ABSENT),
    (404, {"code": 1000, "msg": "OK"}, Ruling.ABSENT),
    (410, FAILURE, Ruling.ABSENT),
    (499, FAILURE, Ruling.ABSENT),
    (200, THERE, Ruling.THERE),
    (200, {**THERE, "data": {"taskid": "A", "image_status": 3}}, Ruling.THERE),
    (200, {**THERE, "data": {"image_status": 4, "error_message": "Generation failed"}}, Ruling.THERE),
    (200, {**THERE, "data": {"taskid": "another", "image_status": 3}}, Ruling.LOST),
    (404, {**FAILURE, "data": {"taskid": "another"}}, Ruling.LOST),
    (404, {"error": "Not Found"}, Ruling.LOST),
    (300, FAILURE, Ruling.LOST),
    (399, THERE, Ruling.LOST),
    (600, FAILURE, Ruling.LOST),
]


@pytest.mark.parametrize(("http_status", "content", "retry_after", "ruling"), ALIKE)
def test_it_judges_what_is_about_the_caller_alike(
    http_status: int, content: object, retry_after: str | None, ruling: Ruling
) -> None:
    assert delete(http_status, content, retry_after).ruling is ruling
    assert look_up(http_status, content, retry_after).ruling is ruling


@pytest.mark.parametrize(("http_status", "content", "ruling"), DELETES)
def test_it_judges_a_delete(http_status: int, content: object, ruling: Ruling) -> None:
    assert delete(http_status, content).ruling is ruling


@pytest.mark.parametrize(("http_status", "content", "ruling"), LOOK_UPS)
def test_it_judges_a_look_up(http_status: int, content: object, ruling: Ruling) -> None:
    assert look_up(http_status, content).ruling is ruling


@pytest.mark.parametrize("judge", [judge_delete, judge_look_up])
@pytest.mark.parametrize(
    ("error", "ruling", "sent"),
    [
        (errors.NameNotFound("api.example.com"), Ruling.NOT_SENT, False),
        (errors.ConnectionFailed("api.example.com", "Connection refused"), Ruling.NOT_SENT, False),
        (errors.ConnectTimedOut("api.example.com", 10), Ruling.NOT_SENT, False),
        (errors.TlsFailed("api.example.com"), Ruling.NOT_SENT, False),
        (errors.TooLate(), Ruling.NOT_SENT, False),
        (errors.MissingKey(), Ruling.UNAUTHORIZED, False),
        (errors.UnusableKey(), Ruling.UNAUTHORIZED, False),
        (errors.DeadlineExceeded(30), Ruling.LOST, True),
        (errors.DeadlineExceeded(30, http_status=200), Ruling.LOST, True),
        (errors.ConnectionLost(), Ruling.LOST, True),
        (errors.BodyTooLarge(1024, http_status=200), Ruling.LOST, True),
        (errors.BodyTooLarge(1024, http_status=500), Ruling.LOST, True),
        (errors.ConnectionLost(http_status=401), Ruling.UNAUTHORIZED, True),
        (errors.BodyTooLarge(1024, http_status=403), Ruling.UNAUTHORIZED, True),
        (errors.DeadlineExceeded(30, http_status=429), Ruling.BUSY, True),
    ],
)
def test_it_judges_an_error(judge, error: TensorsLabError, ruling: Ruling, sent: bool) -> None:
    verdict = judge(error)
    assert (verdict.ruling, verdict.sent) == (ruling, sent)
    assert verdict.http_status == getattr(error, "http_status", None)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("0", 0, 0), ("7", 7, 7), ("1.5", 1.5, 1.5), (" 12 ", 12, 12), ("3600", 3600, 3600)],
)
def test_it_passes_a_sensible_retry_after_on(header: str, least: float, most: float) -> None:
    verdict = delete(429, FAILURE, header)
    assert verdict.retry_after is not None
    assert least <= verdict.retry_after <= most


@pytest.mark.parametrize(
    "header", ["-1", "3601", "999999999999", "nan", "inf", "1e3", "soon", "", "Wed, 21 Oct 2015 07:28:00 GMT"]
)
def test_it_ignores_an_absurd_retry_after(header: str) -> None:
    verdict = delete(429, FAILURE, header)
    assert verdict.ruling is Ruling.BUSY
    assert verdict.retry_after is None


@pytest.mark.parametrize(
    "reply",
    [DeleteReply(http_status=600, well_formed=False), LookUpReply(http_status=100, well_formed=False, task_id="a")],
)
def test_a_status_that_is_none_is_lost(reply: DeleteReply | LookUpReply) -> None:
    verdict = judge_delete(reply) if isinstance(reply, DeleteReply) else judge_look_up(reply)
    assert verdict.ruling is Ruling.LOST
