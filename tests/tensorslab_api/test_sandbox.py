from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tensorslab_api import Client, Ruling, TaskKind, errors, judge_delete, judge_look_up
from tensorslab_api.sandbox import AlreadyGone, Fault, Mode, Options, Sandbox, Trouble, When

IMAGE, VIDEO = TaskKind.IMAGE, TaskKind.VIDEO
DELETE, LOOK_UP = "/v1/images/deleteimagestask", "/v1/video/infobytaskid"


@pytest.fixture
def loose() -> Iterator[Sandbox]:
    """Not held against the documents, for requests that break them."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = "Bearer key"
        yield session


def ruling_of(client: Client, *ids: str) -> Ruling:
    return judge_delete(client.delete(IMAGE, ids)).ruling


def test_every_id_it_has_not_deleted_is_alive(sandbox: Sandbox, client: Client) -> None:
    client.delete(IMAGE, ["a"])
    assert judge_look_up(client.look_up(IMAGE, "a")).ruling is Ruling.ABSENT
    assert judge_look_up(client.look_up(VIDEO, "a")).ruling is Ruling.THERE
    assert judge_look_up(client.look_up(IMAGE, "never seen")).ruling is Ruling.THERE
    sandbox.control(unknown=["never seen"])
    assert judge_look_up(client.look_up(IMAGE, "never seen")).ruling is Ruling.ABSENT
    sandbox.control(alive=["a"])
    assert judge_look_up(client.look_up(IMAGE, "a")).ruling is Ruling.THERE


@pytest.mark.parametrize(
    ("mode", "ruling", "gone"),
    [
        (Mode.ALL_OR_NOTHING, Ruling.REFUSED, set()),
        (Mode.PARTIAL, Ruling.REFUSED, {"a", "c"}),
        (Mode.LENIENT, Ruling.SUCCESS, {"a", "c"}),
    ],
)
def test_a_list_with_an_id_it_refuses(sandbox: Sandbox, client: Client, mode: Mode, ruling: Ruling, gone: set) -> None:
    sandbox.control(mode=mode, refuse={"b": "Task is locked"})
    assert ruling_of(client, "a", "b", "c") is ruling
    assert sandbox.deleted(IMAGE) == gone
    assert sandbox.ledger()["calls"][0]["did"] == sorted(gone)


@pytest.mark.parametrize(
    ("already_gone", "ruling"), [(AlreadyGone.SUCCESS, Ruling.SUCCESS), (AlreadyGone.FAILURE, Ruling.REFUSED)]
)
def test_a_list_with_an_id_that_is_gone(
    sandbox: Sandbox, client: Client, already_gone: AlreadyGone, ruling: Ruling
) -> None:
    sandbox.control(already_gone=already_gone, gone={"image": ["a"]})
    assert ruling_of(client, "a", "b") is ruling


def test_it_can_say_success_and_not_delete(sandbox: Sandbox, client: Client) -> None:
    sandbox.control(spared=["a"])
    assert ruling_of(client, "a", "b") is Ruling.SUCCESS
    assert sandbox.deleted(IMAGE) == {"b"}


@pytest.mark.parametrize(
    ("method", "path", "changes", "status"),
    [
        ("GET", DELETE, {}, 405),
        ("PUT", DELETE, {}, 405),
        ("DELETE", LOOK_UP, {}, 405),
        ("POST", "/v1/images/delete", {}, 404),
        ("POST", DELETE, {"headers": {"Authorization": ""}}, 401),
        ("POST", DELETE, {"headers": {"Authorization": "Bearer "}}, 401),
        ("POST", DELETE, {"headers": {"Content-Type": "text/plain"}}, 400),
        ("POST", DELETE, {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", DELETE, {"json": ["a"]}, 400),
        ("POST", DELETE, {"json": {}}, 400),
        ("POST", DELETE, {"json": {"task_ids": ["a"]}}, 400),
        ("POST", DELETE, {"json": {"taskids": "a"}}, 400),
        ("POST", DELETE, {"json": {"taskids": []}}, 400),
        ("POST", DELETE, {"json": {"taskids": ["a", ""]}}, 400),
        ("POST", DELETE, {"json": {"taskids": ["a", 5]}}, 400),
        ("POST", DELETE, {"json": {"taskids": ["a", "a"]}}, 400),
        ("POST", DELETE, {"json": {"taskids": ["a"], "uid": 5}}, 400),
        ("POST", DELETE, {"json": {"taskids": ["a"], "userid": "5"}}, 400),
        ("POST", LOOK_UP, {"json": {"taskid": ["a"]}}, 400),
        ("POST", LOOK_UP, {"json": {"taskids": ["a"]}}, 400),
    ],
)
def test_it_is_strict(
    loose: Sandbox, http: requests.Session, method: str, path: str, changes: dict, status: int
) -> None:
    request = {"json": {"taskids": ["a"]}} if "data" not in changes else {}
    response = http.request(method, loose.url + path, **{**request, **changes})
    assert response.status_code == status
    if status in (400, 401):
        assert response.json()["code"] == 9999
    assert loose.deleted(IMAGE) == set()


def test_the_ledger_tells_what_it_did(sandbox: Sandbox, client: Client, http: requests.Session) -> None:
    sandbox.control(refuse={"b": "No"}, mode=Mode.PARTIAL, latency=0.02)
    client.delete(IMAGE, ["a", "b"])
    client.look_up(VIDEO, "c")
    ledger = http.get(sandbox.url + "/__ledger").json()
    assert ledger["deleted"] == {"image": ["a"], "video": []}
    delete, look_up = ledger["calls"]
    assert (delete["operation"], delete["kind"], delete["ids"], delete["did"]) == ("delete", "image", ["a", "b"], ["a"])
    assert (delete["http_status"], delete["code"], delete["status"]) == (200, 9999, "Failed")
    assert (look_up["operation"], look_up["ids"], look_up["http_status"], look_up["code"]) == (
        "look_up",
        ["c"],
        200,
        1000,
    )
    assert delete["answered_at"] - delete["at"] >= 0.02
    assert http.get(sandbox.url + "/__ledger?summary=1").json() == {
        "deleted": {"image": 1, "video": 0},
        "calls": {"delete": 1, "look_up": 1},
        "max_in_flight": 1,
        "strays": 0,
    }


def test_it_counts_what_is_in_flight() -> None:
    with Sandbox(Options(latency=0.3)) as sandbox, ThreadPoolExecutor(20) as pool:
        client = Client(base_url=sandbox.url, api_key="key")
        list(pool.map(lambda number: client.look_up(IMAGE, str(number)), range(20)))
        assert sandbox.summary()["max_in_flight"] == 20


def test_it_is_controlled_over_http(sandbox: Sandbox, client: Client, http: requests.Session) -> None:
    changes = {"queue": ["500", "429:after:look_up"], "refuse": {"b": "Locked"}, "mode": "lenient", "latency": 0.01}
    assert http.post(sandbox.url + "/__control", json=changes).status_code == 200
    assert ruling_of(client, "a") is Ruling.LOST
    assert ruling_of(client, "a", "b") is Ruling.SUCCESS
    assert judge_look_up(client.look_up(IMAGE, "c")).ruling is Ruling.BUSY
    assert [call["fault"] for call in sandbox.ledger()["calls"]] == ["500:before", None, "429:after"]
    assert http.post(sandbox.url + "/__control", json={"forget_calls": True}).json()["calls"] == {
        "delete": 0,
        "look_up": 0,
    }


MISTYPED = [{"latancy": 1}, {"mode": "some"}, {"latency": -1}, {"latency": "slow"}, {"queue": ["fire"]}, {"queue": 5}]


@pytest.mark.parametrize("changes", MISTYPED)
def test_a_mistyped_control_changes_nothing(sandbox: Sandbox, http: requests.Session, changes: dict) -> None:
    before = sandbox.world.options
    response = http.post(sandbox.url + "/__control", json={"seed": 9, "alive": ["a"], **changes})
    assert response.status_code == 400
    assert response.json()["msg"]
    assert sandbox.world.options is before
    assert not sandbox.world.queue


def test_a_control_that_is_no_object_is_refused(sandbox: Sandbox, http: requests.Session) -> None:
    assert http.post(sandbox.url + "/__control", json=5).status_code == 400
    assert http.post(sandbox.url + "/__control", data=b"{}").status_code == 400


def test_faults_strike_at_random_and_reproducibly() -> None:
    faults = ("500", "reset:after", "429")

    def strike() -> list[str | None]:
        options = Options().changed({"faults": faults, "fault_rate": 0.5, "seed": 4})
        with Sandbox(options) as sandbox:
            client = Client(base_url=sandbox.url, api_key="key")
            for number in range(30):
                with contextlib.suppress(errors.ConnectionLost):
                    client.look_up(IMAGE, str(number))
            return [call["fault"] for call in sandbox.ledger()["calls"]]

    first = strike()
    assert first == strike()
    assert set(first) == {None, "500:before", "reset:after", "429:before"}


def test_a_fault_is_written_as_a_word() -> None:
    assert Fault.parse("reset") == Fault(Trouble.RESET)
    assert Fault.parse("500:after:delete") == Fault(Trouble.BROKEN, When.AFTER, operation="delete")
    for word in ("", "501", "reset:later", "reset:after:after"):
        with pytest.raises(ValueError, match=r"no fault|not a valid"):
            Fault.parse(word)


def test_what_it_deleted_stays_deleted_over_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    for turn in ("a", "b", "c"):
        with Sandbox(ledger_file=file) as sandbox:
            Client(base_url=sandbox.url, api_key="key").delete(VIDEO, [turn, "日本\u2028"])
        # It was killed while it wrote the next line.
        with file.open("a") as half:
            half.write('{"kind": "vid')
    with Sandbox(ledger_file=file) as sandbox:
        assert sandbox.deleted(VIDEO) == {"a", "b", "c", "日本\u2028"}
        sandbox.control(alive=["b"])
    with Sandbox(ledger_file=file) as sandbox:
        assert sandbox.deleted(VIDEO) == {"a", "c", "日本\u2028"}


def test_stopping_ends_hanging_answers() -> None:
    started = time.monotonic()
    with Sandbox() as sandbox, ThreadPoolExecutor(1) as pool:
        sandbox.control(queue=["hang"])
        client = Client(base_url=sandbox.url, api_key="key", timeout=20)
        waiting = pool.submit(client.look_up, IMAGE, "a")
        while not sandbox.summary()["max_in_flight"]:
            time.sleep(0.01)
        sandbox.stop()
        assert waiting.exception(timeout=10) is not None
    assert time.monotonic() - started < 10


def test_a_hang_ends_when_the_client_hangs_up() -> None:
    with Sandbox() as sandbox:
        sandbox.control(queue=["hang"], hang_seconds=3600)
        with pytest.raises(errors.TensorsLabError):
            Client(base_url=sandbox.url, api_key="key", timeout=0.2).look_up(IMAGE, "a")
        end = time.monotonic() + 10
        while sandbox.ledger()["calls"][0]["answered_at"] is None:
            assert time.monotonic() < end
            time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_runs_until_a_signal_however_often_it_comes(number: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "tensorslab_api.sandbox", "--port", str(port), "--mode", "partial"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Sandbox provider at http://127.0.0.1:{port}\n"
        again = subprocess.run(command, capture_output=True, text=True, check=False)
        assert again.returncode == 1
        assert again.stderr == f"The sandbox can't start on port {port}: Address already in use.\n"
        for _ in range(100):
            process.send_signal(number)
        assert process.wait(timeout=10) == 0
