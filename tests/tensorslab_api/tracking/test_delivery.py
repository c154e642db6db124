from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tensorslab_api.tracking.dashboard import Dashboard as Door
from tensorslab_api.tracking.delivery import TORN, Delivery
from tensorslab_api.tracking.spool import NAMES, REFUSED, Spool
from tests.tensorslab_api.tracking.servers import Dashboard, Said, serving

TOKEN = "a-token"


class Delivering:
    def __init__(self, folder: Path, url: str) -> None:
        self.spool = Spool(folder, limit=100_000_000)
        self.counts: Counter[str] = Counter()
        self.told: list[tuple[str, str]] = []
        door = Door(url, token=TOKEN, timeout=5, verify=True)
        self.delivery = Delivery(
            self.spool, door, count=self.count, tell=lambda about, said: self.told.append((about, said))
        )

    def count(self, name: str, number: int) -> None:
        self.counts[name] += number

    def add(self, *ids: str, **values: object) -> None:
        for task_id in ids:
            self.spool.append({"kind": "image", "task_id": task_id, **values})

    def refused(self) -> list[dict[str, object]]:
        file = self.spool.folder / REFUSED
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def left(self) -> int:
        return len(list(self.spool.folder.glob(NAMES)))

    @property
    def said(self) -> str:
        return " ".join(said for _, said in self.told)


@pytest.fixture
def delivering(folder: Path, dashboard_url: str) -> Delivering:
    return Delivering(folder, dashboard_url)


def test_it_sends_what_the_contract_says(delivering: Delivering, dashboard: Dashboard) -> None:
    delivering.add("a", "b", prompt="Café")
    delivering.delivery.step(now=0)
    [asked] = dashboard.asked
    assert asked.path == "/api/tasks/"
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert json.loads(asked.body) == {
        "tasks": [
            {"kind": "image", "task_id": "a", "prompt": "Café"},
            {"kind": "image", "task_id": "b", "prompt": "Café"},
        ]
    }
    assert delivering.counts == {"delivered": 2}
    assert delivering.left() == 0
    delivering.delivery.step(now=1)
    assert len(dashboard.asked) == 1


def test_what_comes_soon_after_goes_together(delivering: Delivering, dashboard: Dashboard) -> None:
    for now, task_id in enumerate("abcde"):
        delivering.add(task_id)
        delivering.delivery.step(now=now)
    assert len(dashboard.asked) == 1
    delivering.delivery.step(now=5)
    assert [len(json.loads(asked.body)["tasks"]) for asked in dashboard.asked] == [1, 4]


def test_a_netrc_does_not_take_the_token_s_place(
    delivering: Delivering, dashboard: Dashboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(file))
    delivering.add("a")
    delivering.delivery.step(now=0)
    assert dashboard.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_request_has_a_thousand_tasks_and_each_once(delivering: Delivering, dashboard: Dashboard) -> None:
    delivering.add(*(f"i_{number}" for number in range(1001)), status="queued")
    delivering.add("i_3", status="completed")
    delivering.delivery.step(now=0)
    assert [len(json.loads(asked.body)["tasks"]) for asked in dashboard.asked] == [1000, 2]
    assert dashboard.tasks["image", "i_3"]["status"] == "completed"


def test_what_is_known_later_is_added_to_what_was_known(delivering: Delivering, dashboard: Dashboard) -> None:
    delivering.add("a", status="queued", prompt="Waves")
    delivering.add("a", status="completed")
    delivering.delivery.step(now=0)
    assert dashboard.tasks["image", "a"]["prompt"] == "Waves"
    assert dashboard.tasks["image", "a"]["status"] == "completed"


def test_a_dashboard_that_is_down_is_asked_less_and_less(folder: Path) -> None:
    with serving(Dashboard()) as url:
        pass
    delivering = Delivering(folder, url)
    delivering.add("a")
    moments = []
    now = 0.0
    for _ in range(10):
        delivering.delivery.step(now=now)
        now = delivering.delivery._not_before
        moments.append(now)
    waits = [after - before for before, after in zip([0.0, *moments], moments, strict=False)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert delivering.left() == 1
    assert "can't be reached" in delivering.said


def test_it_waits_as_long_as_it_was_told(delivering: Delivering, dashboard: Dashboard) -> None:
    delivering.add("a")
    dashboard.answers = [Said(429, headers={"Retry-After": "30"})]
    delivering.delivery.step(now=100)
    delivering.delivery.step(now=129)
    assert len(dashboard.asked) == 1
    delivering.delivery.step(now=130)
    assert delivering.counts["delivered"] == 1
    assert delivering.told[-1] == ("dashboard", "")


def test_it_does_not_wait_for_a_year(delivering: Delivering, dashboard: Dashboard) -> None:
    delivering.add("a")
    dashboard.answers = [Said(503, headers={"Retry-After": "31536000"})]
    delivering.delivery.step(now=0)
    delivering.delivery.step(now=3600)
    assert delivering.counts["delivered"] == 1


@pytest.mark.parametrize("status", [401, 403, 404, 405, 302])
def test_what_somebody_has_to_mend_loses_nothing(delivering: Delivering, dashboard: Dashboard, status: int) -> None:
    delivering.add("a")
    dashboard.answers = [Said(status, headers={"Location": "/elsewhere/"})]
    delivering.delivery.step(now=0)
    delivering.delivery.step(now=299)
    assert len(dashboard.asked) == 1
    assert str(status) in delivering.said
    delivering.delivery.step(now=300)
    assert delivering.counts == {"delivered": 1}


@pytest.mark.parametrize("status", [400, 413, 422])
def test_of_a_refused_request_the_good_ones_are_taken(
    folder: Path, dashboard: Dashboard, status: int, request: pytest.FixtureRequest
) -> None:
    def strict(asked: object) -> Said:
        # Refuses whole requests, as a schema does.
        if b'"bad"' in asked.body:  # type: ignore[attr-defined]
            return Said(status, body={"title": "Unprocessable", "detail": "The width is no number."})
        return dashboard(asked)  # type: ignore[arg-type]

    with serving(strict) as url:
        delivering = Delivering(folder, url)
        delivering.add("a", "b", "bad", "c", "d")
        delivering.delivery.step(now=0)
    assert [task_id for _, task_id in dashboard.tasks] == ["a", "b", "c", "d"]
    assert delivering.counts == {"delivered": 4, "refused": 1}
    assert delivering.refused() == [
        {"kind": "image", "task_id": "bad", "problem": f"HTTP {status}: The width is no number."}
    ]
    assert delivering.left() == 0


def test_a_refused_task_is_set_aside_and_the_rest_taken(delivering: Delivering, dashboard: Dashboard) -> None:
    delivering.add("a", "unacceptable", "b")
    delivering.delivery.step(now=0)
    assert delivering.counts == {"delivered": 2, "refused": 1}
    assert [line["problem"] for line in delivering.refused()] == ["The task_id is not one."]
    assert "The task_id is not one." in delivering.said


def test_a_task_that_is_stored_with_a_remark_is_not_refused(delivering: Delivering, dashboard: Dashboard) -> None:
    remark = {"index": 0, "problem": "The prompt is cut.", "stored": True}
    dashboard.answers = [Said(body={"added": 1, "updated": 0, "unchanged": 0, "problems": [remark]})]
    delivering.add("a")
    delivering.delivery.step(now=0)
    assert delivering.counts == {"delivered": 1}


def test_refused_ones_can_be_put_back(delivering: Delivering, dashboard: Dashboard) -> None:
    dashboard.answers = [Said(422)]
    delivering.add("a")
    delivering.delivery.step(now=0)
    (delivering.spool.folder / REFUSED).rename(delivering.spool.folder / "tasks-again.jsonl")
    delivering.delivery.step(now=5)
    assert dashboard.tasks == {("image", "a"): {"kind": "image", "task_id": "a"}}


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Welcome</html>",
        b"{}",
        b'{"added": 1, "updated": 0, "unchanged": 0, "problems": [{"index": 7, "problem": "?"}]}',
        b'{"added": "1", "updated": 0, "unchanged": 0, "problems": []}',
    ],
)
def test_an_answer_of_another_shape_took_nothing(delivering: Delivering, dashboard: Dashboard, body: bytes) -> None:
    dashboard.answers = [Said(200, body=body)]
    delivering.add("a")
    delivering.delivery.step(now=0)
    assert delivering.counts == {}
    delivering.delivery.step(now=1)
    assert delivering.counts == {"delivered": 1}


def test_an_answer_that_breaks_off_took_nothing(delivering: Delivering, dashboard: Dashboard) -> None:
    dashboard.answers = [Said(200, body=b'{"added": 1', missing=50)]
    delivering.add("a")
    delivering.delivery.step(now=0)
    delivering.delivery.step(now=1)
    assert delivering.counts == {"delivered": 1}


def test_a_torn_line_is_set_aside(delivering: Delivering, dashboard: Dashboard) -> None:
    delivering.add("a")
    delivering.spool.seal()
    [file] = delivering.spool.folder.iterdir()
    file.write_bytes(file.read_bytes() + b'{"kind": "image", "task_id": "b')
    delivering.delivery.step(now=0)
    assert list(dashboard.tasks) == [("image", "a")]
    assert delivering.refused() == [{"line": '{"kind": "image", "task_id": "b', "problem": TORN}]


def test_long_tasks_go_in_several_requests(delivering: Delivering, dashboard: Dashboard) -> None:
    delivering.add(*(f"i_{number}" for number in range(60)), prompt="x" * 20_000)
    delivering.delivery.step(now=0)
    assert len(dashboard.asked) == 2
    assert max(len(asked.body) for asked in dashboard.asked) < 1_100_000


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("dashboard.example.com", TOKEN),
        ("ftp://dashboard.example.com", TOKEN),
        ("https://user:word@dashboard.example.com", TOKEN),
        ("https://dashboard.example.com", " "),
        ("https://dashboard.example.com", "a\nb"),
        ("https://dashboard.example.com", "tökén"),
    ],
)
def test_a_mistyped_setting_is_told_at_once(url: str, token: str) -> None:
    with pytest.raises(ValueError, match=r"dashboard's (address|token)"):
        Door(url, token=token, timeout=5, verify=True)
