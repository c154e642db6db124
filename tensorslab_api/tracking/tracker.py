"""What a generator uses: it watches sessions, and a thread in the background reports what they saw."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import requests

from tensorslab_api.tracking.answers import Task, call_of, read
from tensorslab_api.tracking.dashboard import Dashboard
from tensorslab_api.tracking.delivery import Delivery
from tensorslab_api.tracking.spool import Full, Spool

API_URL = "https://api.tensorslab.com"
INTERVAL = 1.0
"""Seconds between two passes of the background thread."""
MOST_REMEMBERED = 10_000
"""Tasks of which it is known what was reported last: polling reports changes only."""
COUNTERS = ("recorded", "delivered", "refused", "lost", "streamed", "faults")

log = logging.getLogger("tensorslab_api.tracking")
Session = TypeVar("Session", bound=requests.Session)


class Tracker:
    """Reports the tasks of a generator's sessions to a dashboard, from a thread in the background.

    Nothing that happens here reaches the generator: a fault of ours is counted, and logged once for each kind, with the
    logger `tensorslab_api.tracking`. Answers are only read, after `requests` has received them completely. One that the
    generator streams (`stream=True`) is left alone and counted as `streamed`: report its task with `record`.

    May be used from any number of threads. After a fork the child begins with a file and a thread of its own.
    """

    def __init__(
        self,
        *,
        dashboard: str,
        token: str,
        spool: str | Path,
        api_url: str = API_URL,
        limit: int = 256 * 1024 * 1024,
        timeout: float = 10.0,
        verify: bool | str = True,
    ) -> None:
        """Raises ValueError for an address or a token that can't be one, and for nothing else.

        `dashboard` is its address without a path (a path under which it lives is kept), `token` one of its tokens with
        the scope *ingest*. `spool` is a folder on a local disk that several processes may share; it is made when it is
        needed, and only its owner can read it. It holds at most `limit` bytes, some 500,000 tasks: beyond that tasks
        are not reported, counted as `lost` and told in the log, until the dashboard took others. `api_url` is where
        the generator calls TensorsLab. `timeout` is in seconds, of a request to the dashboard; `verify` is as in
        `requests`, for a certificate authority of your own.
        """
        self.api_url = api_url
        self._dashboard = Dashboard(dashboard, token=token, timeout=timeout, verify=verify)
        self._spool = Spool(Path(spool), limit=limit)
        self._delivery = Delivery(self._spool, self._dashboard, count=self._count, tell=self._tell)
        self._start_anew()
        _trackers.add(self)

    def __repr__(self) -> str:
        return f"<Tracker {self._dashboard.url}>"

    def _start_anew(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._waiting: list[Future[bool]] = []
        self._is_whole = True
        """Whether the last flush left nothing, and nothing was recorded since."""
        self._closed = False
        self._counts = dict.fromkeys(COUNTERS, 0)
        self._told: set[str] = set()
        self._last: dict[tuple[object, object], int] = {}

    @property
    def counts(self) -> dict[str, int]:
        """Since this process began: tasks `recorded`, `delivered`, `refused` by the dashboard, and `lost` because the
        spool was full or could not be written; answers that were `streamed`; and `faults` of ours."""
        return dict(self._counts)

    def watch(self, session: Session) -> Session:
        """Reports what this session gets to hear from now on. Returns the session.

        It is `send` that is watched. A hook would be called before the answer is received, and is dropped by requests
        that bring hooks of their own; an adapter is replaced by whoever mounts another.
        """
        send = session.send

        @wraps(send)
        def sending(request: requests.PreparedRequest, **options: Any) -> requests.Response:
            response = send(request, **options)
            self._saw(response, streamed=bool(options.get("stream", session.stream)))
            return response

        session.send = sending  # type: ignore[method-assign]
        self._guarded(self._start)
        return session

    def record(self, task: Mapping[str, Any]) -> None:
        """Reports a task by hand: `kind` (`image` or `video`), `task_id`, and any other of `Task`. Never raises."""
        self._guarded(lambda: self._record(dict(task)))

    def flush(self, timeout: float = 10.0) -> bool:
        """Tries at once to deliver all, and waits for that as many seconds. True if it was: of this process, and of
        those that have ended."""
        if self._closed:
            return self._is_whole
        delivered: Future[bool] = Future()
        with self._lock:
            self._waiting.append(delivered)
        self._guarded(self._start)
        self._wake.set()
        try:
            return delivered.result(timeout)
        except TimeoutError:
            return False

    def close(self, timeout: float = 5.0) -> bool:
        """Flushes and ends the thread; called when the interpreter ends. True if all was delivered.

        What is left is delivered by the next tracker that has this folder. Tasks that are seen later are still kept.
        """
        delivered = self.flush(timeout)
        self._closed = True
        self._wake.set()
        return delivered

    def _saw(self, response: requests.Response, *, streamed: bool) -> None:
        # After a redirect it is seen twice, and recorded once.
        self._guarded(lambda: self._look_at(response, streamed=streamed))

    def _look_at(self, response: requests.Response, *, streamed: bool) -> None:
        if streamed:
            if call_of(response.request, api_url=self.api_url) is not None:
                self._count("streamed", 1)
                self._tell("streamed", "An answer of TensorsLab was streamed, and so is not read. Use Tracker.record.")
            return
        task = read(response, api_url=self.api_url, now=datetime.now(UTC))
        if task is not None:
            self._record(task)

    def _record(self, task: Task) -> None:
        key = (task.get("kind"), task.get("task_id"))
        # The moment at which it was seen is no news.
        content = hash(repr([value for name, value in task.items() if name != "created_at"]))
        if self._last.get(key) == content:
            return
        try:
            self._spool.append(task)
        except (Full, OSError) as error:
            self._count("lost", 1)
            why = "It is full." if isinstance(error, Full) else f"It can't be written: {error.strerror}."
            self._tell("lost", f"Tasks are not reported, because the spool in {self._spool.folder} takes none. {why}")
        else:
            self._is_whole = False
            self._count("recorded", 1)
            self._tell("lost", "")
            self._remember(key, content)
        self._start()

    def _remember(self, key: tuple[object, object], content: int) -> None:
        with self._lock:
            self._last.pop(key, None)
            self._last[key] = content
            if len(self._last) > MOST_REMEMBERED:
                del self._last[next(iter(self._last))]

    def _start(self) -> None:
        if self._thread is not None or self._closed:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tensorslab-tracking", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._closed:
            with self._lock:
                waiting, self._waiting = self._waiting, []
            if waiting:
                self._is_whole = False
            self._guarded(self._deliver_now if waiting else self._deliver)
            for delivered in waiting:
                delivered.set_result(self._is_whole)
            if not self._waiting:
                self._wake.wait(INTERVAL)
            self._wake.clear()

    def _deliver(self) -> None:
        self._delivery.step(now=time.monotonic())

    def _deliver_now(self) -> None:
        self._is_whole = self._delivery.step(now=time.monotonic(), anyway=True)

    def _guarded(self, act: Callable[[], object]) -> None:
        """Whatever is wrong here is ours, and must not become the generator's."""
        try:
            act()
        except Exception as error:
            self._count("faults", 1)
            # Without the traceback: its exceptions may hold requests, and these the key.
            self._tell(type(error).__name__, f"A fault of the tracking itself: {type(error).__name__}.")

    def _count(self, name: str, number: int) -> None:
        with self._lock:
            self._counts[name] += number

    def _tell(self, subject: str, sentence: str) -> None:
        """Logs it once. An empty sentence says that it is over, so that it is told when it happens again."""
        with self._lock:
            new = bool(sentence) and subject not in self._told
            self._told.add(subject) if sentence else self._told.discard(subject)
        if new:
            log.warning("%s", sentence)

    def _begin_in_child(self) -> None:
        self._spool.start_anew()
        self._dashboard.start_anew()
        self._delivery.start_anew()
        self._start_anew()


_trackers: weakref.WeakSet[Tracker] = weakref.WeakSet()


def _after_fork() -> None:
    for tracker in list(_trackers):
        tracker._begin_in_child()


def _at_exit() -> None:
    for tracker in list(_trackers):
        tracker.close()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
