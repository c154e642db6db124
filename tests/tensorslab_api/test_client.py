from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tensorslab_api import (
    Client,
    Ruling,
    TaskKind,
    judge_delete,
    judge_look_up,
)
from tensorslab_api.sandbox import Options, Sandbox, Trouble
from tests.tensorslab_api.asking import KEY, answer_of
from tests.tensorslab_api.contract import CheckedSandbox
from tests.tensorslab_api.servers import listening, read_request

IMAGE, VIDEO = TaskKind.IMAGE, TaskKind.VIDEO

RULINGS = {
    Trouble.BUSY: Ruling.BUSY,
    Trouble.SYSTEM_BUSY: Ruling.REFUSED,
    Trouble.UNAUTHORIZED: Ruling.UNAUTHORIZED,
    Trouble.FORBIDDEN: Ruling.UNAUTHORIZED,
    Trouble.NO_CREDITS: Ruling.OUT_OF_CREDITS,
    Trouble.FAILED: Ruling.REFUSED,
    Trouble.BROKEN: Ruling.LOST,
    Trouble.BAD_GATEWAY: Ruling.LOST,
    Trouble.UNAVAILABLE: Ruling.BUSY,
    Trouble.GATEWAY_TIMEOUT: Ruling.LOST,
    Trouble.RESET: Ruling.LOST,
    Trouble.HANG: Ruling.LOST,
    Trouble.DRIP: Ruling.LOST,
    Trouble.DRIP_BODY: Ruling.LOST,
    Trouble.TRUNCATED: Ruling.LOST,
    Trouble.EMPTY: Ruling.LOST,
    Trouble.NOT_JSON: Ruling.LOST,
    Trouble.NULL_DATA: Ruling.LOST,
    Trouble.CODE_AS_TEXT: Ruling.LOST,
    Trouble.HTML_404: Ruling.LOST,
    Trouble.REDIRECT: Ruling.LOST,
    Trouble.HUGE: Ruling.LOST,
    Trouble.REPEATED_KEY: Ruling.LOST,
    Trouble.PROCESSING: Ruling.SUCCESS,
    Trouble.EARLY_HINTS: Ruling.SUCCESS,
    Trouble.TWICE: Ruling.SUCCESS,
}
LOOK_UP_RULINGS = RULINGS | {
    Trouble.SYSTEM_BUSY: Ruling.ABSENT,
    Trouble.FAILED: Ruling.ABSENT,
    Trouble.NULL_DATA: Ruling.ABSENT,
    Trouble.PROCESSING: Ruling.THERE,
    Trouble.EARLY_HINTS: Ruling.THERE,
    Trouble.TWICE: Ruling.THERE,
}
ENDLESS = {Trouble.HANG, Trouble.DRIP, Trouble.DRIP_BODY}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("trouble", list(Trouble))
def test_it_survives_every_fault_of_a_delete(sandbox: CheckedSandbox, trouble: Trouble, when: str) -> None:
    client = Client(base_url=sandbox.url, api_key=KEY, timeout=0.4 if trouble in ENDLESS else 10)
    sandbox.control(queue=[f"{trouble}:{when}"])
    assert judge_delete(answer_of(lambda: client.delete(IMAGE, ["a", "b"]))).ruling is RULINGS[trouble]
    assert sandbox.deleted(IMAGE) == ({"a", "b"} if when == "after" else set())
    assert len(sandbox.ledger()["calls"]) == 1, "nothing is sent twice"
    client.timeout = 10
    assert judge_delete(client.delete(IMAGE, ["c"])).ruling is Ruling.SUCCESS, "the next call is as good as new"
    assert sandbox.summary()["strays"] == 0, "no redirect is followed"


@pytest.mark.parametrize("trouble", list(Trouble))
def test_it_survives_every_fault_of_a_look_up(sandbox: CheckedSandbox, trouble: Trouble) -> None:
    client = Client(base_url=sandbox.url, api_key=KEY, timeout=0.4 if trouble in ENDLESS else 10)
    sandbox.control(queue=[f"{trouble}:after"])
    assert judge_look_up(answer_of(lambda: client.look_up(VIDEO, "a"))).ruling is LOOK_UP_RULINGS[trouble]
    client.timeout = 10
    assert judge_look_up(client.look_up(VIDEO, "a")).ruling is Ruling.THERE


@pytest.mark.parametrize(
    ("task_ids", "sentence"),
    [
        ([], "No task id. An empty list is never sent."),
        ("abc", "No task id. An empty list is never sent."),
        (["a", ""], "A task id is blank. Nothing was sent."),
        (["a", " \t"], "A task id is blank. Nothing was sent."),
        (["a", None], "A task id is blank. Nothing was sent."),
        (["a", "b", "a"], "A task id is there twice. Nothing was sent."),
    ],
)
def test_it_refuses_bad_lists_before_any_request(
    sandbox: CheckedSandbox, client: Client, task_ids: list[str], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        client.delete(IMAGE, task_ids)
    assert sandbox.ledger()["calls"] == []


def test_it_refuses_a_blank_look_up_and_an_unknown_kind(sandbox: CheckedSandbox, client: Client) -> None:
    with pytest.raises(ValueError, match="blank"):
        client.look_up(IMAGE, " ")
    with pytest.raises(ValueError, match="audio"):
        client.delete("audio", ["a"])  # type: ignore[arg-type]
    assert sandbox.ledger()["calls"] == []


def test_ids_are_sent_exactly_as_stored_and_in_order(sandbox: CheckedSandbox, client: Client) -> None:
    ids = [" a ", "b/ä?#%", "<script>", "=1+1", "日本", "B", "b"]
    client.delete(VIDEO, ids)
    assert sandbox.ledger()["calls"][0]["ids"] == ids


def test_any_number_of_threads_may_share_it() -> None:
    with Sandbox(Options(latency=0.02)) as sandbox:
        client = Client(base_url=sandbox.url, api_key=KEY)
        together = threading.Barrier(20)

        def work(number: int) -> list[Ruling]:
            together.wait()
            return [judge_delete(client.delete(IMAGE, [f"{number}-{turn}"])).ruling for turn in range(10)]

        with ThreadPoolExecutor(20) as pool:
            rulings = [ruling for several in pool.map(work, range(20)) for ruling in several]
        assert rulings == [Ruling.SUCCESS] * 200
        assert len(sandbox.deleted(IMAGE)) == 200
        assert 2 <= sandbox.summary()["max_in_flight"] <= 20


def test_a_hundred_ids_are_a_small_body(sandbox: CheckedSandbox, client: Client) -> None:
    client.delete(IMAGE, [f"abcd_{number:016x}" for number in range(100)])
    assert sandbox.ledger()["calls"][0]["body_bytes"] < 3_000


def test_a_base_url_may_have_a_path() -> None:
    received: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        received.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with listening(serve) as url:
        Client(base_url=f"{url}/gateway/", api_key=KEY).look_up(VIDEO, "a")
    head, _, body = received[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /gateway/v1/video/infobytaskid HTTP/1.1\r\n")
    assert json.loads(body) == {"taskid": "a"}
