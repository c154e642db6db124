"""Brings what the spool holds to the dashboard: in batches, in order, each until the dashboard has it.

Nothing notes how far a file was delivered. It goes when all of it was, and a process that dies before sends it again,
which changes nothing: the dashboard knows tasks by kind and id.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing

from tensorslab_api.tracking.dashboard import MOST_TASKS, Dashboard, Never, NotNow, Taken
from tensorslab_api.tracking.spool import REFUSED, Line, Spool

LONGEST_BATCH = 1024 * 1024
"""Bytes of one request."""
PAUSE = 5.0
"""Seconds after a delivery: what comes meanwhile goes together, since each request is an entry of an audit log."""
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds after the first, and after many failures."""
WAIT_FOR_SOMEBODY = 300.0
LONGEST_ASKED_WAIT = 3600.0
TORN = "This line was cut off when the process that wrote it, or its machine, stopped."


class Delivery:
    def __init__(
        self,
        spool: Spool,
        dashboard: Dashboard,
        *,
        count: Callable[[str, int], None],
        tell: Callable[[str, str], None],
    ) -> None:
        """`count` adds to a counter by its name. `tell` takes a subject and a sentence, an empty one if it is over."""
        self.spool, self.dashboard = spool, dashboard
        self._count, self._tell = count, tell
        self.start_anew()

    def start_anew(self) -> None:
        self._failures = 0
        self._not_before = 0.0

    def step(self, *, now: float, anyway: bool = False) -> bool:
        """One pass over all finished files. False if some are left.

        `now` is a moment of a monotonic clock; `anyway` does not wait for the next one at which something is due.
        """
        self.spool.sync()
        if now < self._not_before and not anyway:
            return False
        self.spool.seal()
        self._not_before = 0.0
        with closing(self.spool.finished()) as files:
            for lines in files:
                if isinstance(answer := self._deliver(lines), NotNow):
                    self._wait(answer, now=now)
                    return False
                self._failures, self._not_before = 0, now + PAUSE
        self.spool.measure()
        return True

    def _wait(self, answer: NotNow, *, now: float) -> None:
        self._tell("dashboard", f"Tasks are kept in {self.spool.folder} until the dashboard takes them. {answer.why}")
        seconds = min(SHORTEST_WAIT * 2.0**self._failures, LONGEST_WAIT)
        self._failures = min(self._failures + 1, 10)
        if answer.needs_somebody:
            seconds = WAIT_FOR_SOMEBODY
        if answer.after is not None:
            seconds = min(max(answer.after, SHORTEST_WAIT), LONGEST_ASKED_WAIT)
        self._not_before = now + seconds

    def _deliver(self, lines: list[bytes]) -> NotNow | None:
        """The lines of one file. None if the dashboard has all of them, or never will."""
        batch: dict[tuple[str, str], bytes] = {}
        size = 0
        for line in lines:
            # Else a generator would wait for the interpreter until a thousand lines are read.
            time.sleep(0)
            task = self._read(line)
            if task is None:
                continue
            key = (str(task.get("kind")), str(task.get("task_id")))
            if task.pop("problem", None) is not None:
                # Somebody has put refused ones back.
                line = _packed(task)
            if key in batch:
                # A request names a task once. What is known later counts.
                line = _packed({**json.loads(batch[key]), **task})
            elif len(batch) == MOST_TASKS or size + len(line) > LONGEST_BATCH:
                if not_now := self._send(list(batch.values())):
                    return not_now
                batch, size = {}, 0
            batch[key] = line
            size += len(line)
        return self._send(list(batch.values())) if batch else None

    def _read(self, line: bytes) -> Line | None:
        try:
            task = json.loads(line)
        except ValueError:
            task = None
        if isinstance(task, dict):
            return task
        self._refuse([{"line": line.decode(errors="replace"), "problem": TORN}])
        return None

    def _send(self, tasks: list[bytes]) -> NotNow | None:
        answer = self.dashboard.post(tasks)
        match answer:
            case NotNow():
                return answer
            case Never() if len(tasks) > 1:
                # One of them may be why.
                half = len(tasks) // 2
                return self._send(tasks[:half]) or self._send(tasks[half:])
            case Never():
                self._refuse([{**json.loads(tasks[0]), "problem": answer.why}])
            case Taken():
                self._tell("dashboard", "")
                self._refuse([{**json.loads(tasks[place]), "problem": why} for place, why in answer.problems.items()])
                self._count("delivered", len(tasks) - len(answer.problems))
        return None

    def _refuse(self, lines: list[Line]) -> None:
        if not lines:
            return
        kept = self.spool.set_aside(lines)
        self._count("refused", len(lines))
        where = f"are in {self.spool.folder / REFUSED}" if kept else "were not kept, because there is no room"
        self._tell("refused", f"The dashboard refused tasks, which {where}. The first: {lines[0]['problem']}")


def _packed(task: Line) -> bytes:
    return json.dumps(task, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
