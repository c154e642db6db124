from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tensorslab_api.tracking import Tracker
from tests.tensorslab_api.tracking.servers import Asked, Dashboard, Said, accepted, serving

KEY = "very-secret-key"


class Provider:
    def __init__(self) -> None:
        self.said: Said | None = None
        self.first: list[Said] = []
        self.number = 0
        self.lock = threading.Lock()

    def __call__(self, asked: Asked) -> Said:
        with self.lock:
            if self.first:
                return self.first.pop(0)
            self.number += 1
            return self.said or accepted(f"i_{self.number}")


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def api_url(provider: Provider) -> Iterator[str]:
    with serving(provider) as url:
        yield url


@pytest.fixture
def tracker(dashboard_url: str, api_url: str, folder: Path) -> Iterator[Tracker]:
    tracker = Tracker(dashboard=dashboard_url, token="a-token", spool=folder, api_url=api_url)
    yield tracker
    tracker.close()


@pytest.fixture
def session(tracker: Tracker) -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield tracker.watch(session)


def generate(session: requests.Session, api_url: str, **options: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {KEY}"}
    return session.post(f"{api_url}/v1/images/zimage", data={"prompt": "Waves"}, headers=headers, timeout=5, **options)


def test_an_accepted_task_reaches_the_dashboard(
    tracker: Tracker, session: requests.Session, api_url: str, dashboard: Dashboard
) -> None:
    response = generate(session, api_url)
    assert response.json()["data"]["taskid"] == "i_1"
    assert tracker.flush()
    assert dashboard.tasks["image", "i_1"]["prompt"] == "Waves"
    assert tracker.counts == {"recorded": 1, "delivered": 1, "refused": 0, "lost": 0, "streamed": 0, "faults": 0}


def test_the_key_stays_with_the_generator(
    tracker: Tracker, session: requests.Session, api_url: str, dashboard: Dashboard
) -> None:
    generate(session, api_url)
    tracker.flush()
    [asked] = dashboard.asked
    assert KEY not in str(asked.headers) + asked.body.decode()
    assert asked.headers["Authorization"] == "Bearer a-token"


def test_hooks_and_adapters_of_the_generator_change_nothing(
    tracker: Tracker, session: requests.Session, api_url: str
) -> None:
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=1))
    heard = []
    generate(session, api_url, hooks={"response": lambda response, **_: heard.append(response.status_code)})
    assert heard == [200]
    assert tracker.counts["recorded"] == 1


def test_a_redirected_call_counts_once(
    tracker: Tracker, session: requests.Session, api_url: str, provider: Provider
) -> None:
    provider.first = [Said(307, headers={"Location": f"{api_url}/v1/images/zimage"})]
    generate(session, api_url)
    assert tracker.counts["recorded"] == 1


def test_a_streamed_answer_is_left_alone(
    tracker: Tracker, session: requests.Session, api_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        response = generate(session, api_url, stream=True)
        assert not response._content_consumed  # type: ignore[attr-defined]
        assert response.json()["code"] == 1000
    assert tracker.counts["streamed"] == 2
    assert tracker.counts["recorded"] == 0
    assert len([record for record in caplog.records if "streamed" in record.message]) == 1


def test_an_answer_that_breaks_off_raises_what_it_always_did(
    session: requests.Session, api_url: str, provider: Provider, tracker: Tracker
) -> None:
    provider.said = Said(body=b'{"code": 1000', missing=10)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        generate(session, api_url)
    assert tracker.counts["faults"] == 0


def test_polling_reports_changes_only(
    tracker: Tracker, session: requests.Session, api_url: str, provider: Provider, dashboard: Dashboard
) -> None:
    for status in [1, 2, 2, 2, 3]:
        data = {"taskid": "i_1", "image_status": status}
        provider.said = Said(body={"code": 1000, "msg": "OK", "data": data})
        session.post(f"{api_url}/v1/images/infobytaskid", json={"taskid": "i_1"}, timeout=5)
    assert tracker.counts["recorded"] == 3
    tracker.flush()
    assert dashboard.tasks["image", "i_1"]["status"] == "completed"


def test_a_fault_of_ours_is_counted_and_told_once(
    tracker: Tracker,
    session: requests.Session,
    api_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*args: object, **options: object) -> None:
        raise ZeroDivisionError(KEY)

    monkeypatch.setattr("tensorslab_api.tracking.tracker.read", broken)
    for _ in range(3):
        assert generate(session, api_url).status_code == 200
    assert tracker.counts["faults"] == 3
    assert [record.message for record in caplog.records] == ["A fault of the tracking itself: ZeroDivisionError."]


def test_a_folder_that_can_t_be_written_is_told_and_fails_nothing(
    dashboard_url: str, api_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    tracker = Tracker(dashboard=dashboard_url, token="a-token", spool=file / "spool", api_url=api_url)
    with requests.Session() as session:
        tracker.watch(session)
        assert generate(session, api_url).ok
        assert generate(session, api_url).ok
    assert tracker.counts["lost"] == 2
    assert len([record for record in caplog.records if "takes none" in record.message]) == 1
    tracker.close()


def test_a_full_spool_is_told_and_fails_nothing(
    dashboard_url: str, api_url: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tracker = Tracker(dashboard=dashboard_url, token="a-token", spool=folder, api_url=api_url, limit=10)
    with requests.Session() as session:
        assert generate(tracker.watch(session), api_url).ok
    assert tracker.counts["lost"] == 1
    assert "It is full." in caplog.text
    tracker.close()


def test_what_was_not_delivered_is_by_the_next_one(
    dashboard: Dashboard, dashboard_url: str, api_url: str, folder: Path
) -> None:
    with serving(Dashboard()) as closed_url:
        pass
    first = Tracker(dashboard=closed_url, token="a-token", spool=folder, api_url=api_url)
    first.record({"kind": "video", "task_id": "v_1"})
    assert not first.close(timeout=5)
    first.record({"kind": "video", "task_id": "v_2"})
    first._spool.seal()
    second = Tracker(dashboard=dashboard_url, token="a-token", spool=folder, api_url=api_url)
    assert second.flush()
    assert list(dashboard.tasks) == [("video", "v_1"), ("video", "v_2")]
    assert second.close()
    assert second.flush()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_reports_by_itself(tracker: Tracker, dashboard: Dashboard) -> None:
    tracker.record({"kind": "image", "task_id": "parent"})
    child = os.fork()
    if not child:
        tracker.record({"kind": "image", "task_id": "child"})
        os._exit(0 if tracker.flush() and tracker.counts["recorded"] == 1 else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert tracker.flush()
    assert sorted(task_id for _, task_id in dashboard.tasks) == ["child", "parent"]


def test_threads_lose_nothing(tracker: Tracker, session: requests.Session, api_url: str, dashboard: Dashboard) -> None:
    threads = [threading.Thread(target=lambda: [generate(session, api_url) for _ in range(25)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tracker.flush()
    assert len(dashboard.tasks) == 100


def test_it_flushes_when_the_interpreter_ends(dashboard: Dashboard, dashboard_url: str, folder: Path) -> None:
    words = {"dashboard": dashboard_url, "token": "a-token", "spool": str(folder)}
    program = f"""
from tensorslab_api.tracking import Tracker
Tracker(**{json.dumps(words)}).record({{"kind": "image", "task_id": "last"}})
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
    assert list(dashboard.tasks) == [("image", "last")]


def test_it_needs_no_django() -> None:
    program = "import sys, tensorslab_api.tracking; sys.exit(any(name.startswith('django') for name in sys.modules))"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


def test_an_outage_is_told_once_and_again_after_it_was_over(
    tracker: Tracker, dashboard: Dashboard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "tensorslab_api.tracking")
    for number, fails in enumerate([True, True, False, True]):
        # The thread may ask besides.
        dashboard.answers = [Said(503)] * 10 if fails else []
        tracker.record({"kind": "image", "task_id": f"i_{number}"})
        tracker.flush()
    assert len([record for record in caplog.records if "503" in record.message]) == 2
