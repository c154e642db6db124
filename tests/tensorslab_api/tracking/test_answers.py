from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tensorslab_api.tracking import answers
from tests.tensorslab_api.tracking.servers import Said, accepted, serving

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "very-secret-key"
HEADERS = {"Authorization": f"Bearer {KEY}"}


def told(path: str, said: Said, **sent: Any) -> answers.Task | None:
    with serving(lambda _asked: said) as url:
        response = requests.post(url + path, headers=HEADERS, timeout=5, **sent)
        return answers.read(response, api_url=url, now=NOW)


def parts(**fields: str) -> list[tuple[str, tuple[None, str]]]:
    """As the vendor's client sends fields: as parts of a form without file names."""
    return [(name, (None, value)) for name, value in fields.items()]


def test_an_accepted_image_has_what_the_request_said() -> None:
    files = [
        *parts(prompt="A café at dusk", resolution="2048x1024", category="seedreamv45"),
        ("sourceImage", ("cat.png", b"\x89PNG" + bytes(200_000))),
    ]
    assert told("/v1/images/seedreamv45", accepted("abcd_1"), files=files) == {
        "kind": "image",
        "task_id": "abcd_1",
        "model": "seedreamv45",
        "prompt": "A café at dusk",
        "created_at": "2026-03-01T12:00:00+00:00",
        "width": 2048,
        "height": 1024,
    }


def test_an_accepted_video_is_named_by_its_path() -> None:
    files = parts(prompt="Waves", resolution="720p", duration="5", ratio="9:16")
    task = told("/v1/video/seedancev2", accepted("v_1"), files=files)
    assert task is not None
    assert (task["kind"], task["model"], task["duration"]) == ("video", "seedancev2", 5.0)
    assert "width" not in task


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"prompt": "Waves", "resolution": "1024*1024"}},
        {"data": {"prompt": "Waves", "resolution": "1024*1024"}},
        {"files": parts(prompt="Waves", resolution="1024 × 1024")},
    ],
    ids=["json", "form", "multipart"],
)
def test_fields_are_read_from_every_form_of_body(sent: dict[str, Any]) -> None:
    task = told("/v1/images/zimage", accepted("i_1"), **sent)
    assert task is not None
    assert (task["prompt"], task["width"], task["height"], task["model"]) == ("Waves", 1024, 1024, "zimage")


def test_a_body_that_tells_nothing_leaves_what_is_certain() -> None:
    task = told("/v1/images/zimage", accepted("i_1"), data=iter([b"any", b"thing"]))
    assert task is not None
    assert task.keys() == {"kind", "task_id", "model", "created_at"}


def test_a_picture_before_the_prompt_costs_the_prompt_and_no_time() -> None:
    files = [("sourceImage", ("cat.png", bytes(answers.MOST_READ))), *parts(prompt="Waves")]
    task = told("/v1/images/zimage", accepted("i_1"), files=files)
    assert task is not None
    assert "prompt" not in task


def test_a_look_up_tells_what_became_of_it() -> None:
    data = {
        "taskid": "abcd_1",
        "category": "seedreamv4",
        "starttime": "2026-01-30 12:00:00",
        "url": ["https://example.com/image.jpg", "ftp://example.com/image.jpg"],
        "image_status": 3,
        "width": 2048,
        "height": 1024,
        "prompt": "A café",
    }
    said = Said(body={"code": 1000, "msg": "OK", "data": data})
    assert told("/v1/images/infobytaskid", said, json={"taskid": "abcd_1"}) == {
        "kind": "image",
        "task_id": "abcd_1",
        "status": "completed",
        "model": "seedreamv4",
        "prompt": "A café",
        "url": ["https://example.com/image.jpg"],
        "starttime": "2026-01-30 12:00:00",
        "width": 2048,
        "height": 1024,
    }


def test_a_failed_generation_has_its_reason() -> None:
    data = {"taskid": "v_1", "url": [], "task_status": 4, "message": "Generation failed"}
    task = told("/v1/video/infobytaskid", Said(body={"code": 1000, "msg": "OK", "data": data}), json={"taskid": "v_1"})
    assert task == {"kind": "video", "task_id": "v_1", "status": "failed", "error": "Generation failed"}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v1/images/zimage", Said(body={"code": 9000, "msg": "Insufficient credits"})),
        ("/v1/images/zimage", Said(body={"code": 1000, "msg": "OK", "data": {"taskid": None}})),
        ("/v1/images/zimage", Said(body={"code": 1000, "msg": "OK", "data": {"taskid": " "}})),
        ("/v1/images/zimage", Said(body={"code": 1000, "msg": "OK", "data": []})),
        ("/v1/images/zimage", Said(body=b"<html>busy</html>")),
        ("/v1/images/zimage", Said(status=500, body={"code": 1000, "msg": "OK", "data": {"taskid": "i_1"}})),
        ("/v1/images/deleteimagestask", Said(body={"code": 1000, "msg": "OK", "data": {"taskid": "i_1"}})),
        ("/v1/images/infobytaskid", Said(status=404, body={"code": 9999, "msg": "no such task"})),
        ("/v1/images/infobytaskid", Said(body={"code": 1000, "msg": "OK", "data": {"taskid": "another"}})),
        ("/v1/images/infobytaskid", Said(body={"code": 1000, "msg": "OK", "data": {"taskid": "i_1"}})),
        ("/v1/audio/zimage", accepted("i_1")),
        ("/v1/images/a/b", accepted("i_1")),
        ("/v1/images/zimage", Said(body=json.dumps({"code": 1000, "msg": " " * 1_100_000}).encode())),
    ],
)
def test_what_tells_of_no_task_is_passed_over(path: str, said: Said) -> None:
    assert told(path, said, json={"taskid": "i_1"}) is None


def test_another_host_and_a_get_are_passed_over() -> None:
    with serving(lambda _asked: accepted("i_1")) as url:
        posted = requests.post(f"{url}/v1/images/zimage", timeout=5)
        assert answers.read(posted, api_url="https://api.tensorslab.com", now=NOW) is None
        got = requests.get(f"{url}/v1/images/zimage", timeout=5)
        assert answers.read(got, api_url=url, now=NOW) is None


def test_the_address_of_tensorslab_may_have_a_path() -> None:
    with serving(lambda _asked: accepted("i_1")) as url:
        response = requests.post(f"{url}/proxy/v1/images/zimage", timeout=5)
        assert answers.read(response, api_url=f"{url}/proxy/", now=NOW) is not None
        assert answers.read(response, api_url=url, now=NOW) is None


def test_the_key_is_in_no_text() -> None:
    data = {"taskid": "v_1", "task_status": 4, "message": f"{KEY} has no credits", "prompt": KEY}
    said = Said(body={"code": 1000, "msg": KEY, "data": data})
    assert KEY not in json.dumps(told("/v1/video/infobytaskid", said, json={"taskid": "v_1"}))
    assert KEY not in json.dumps(told("/v1/images/zimage", accepted("i_1"), json={"prompt": f"a {KEY}"}))
