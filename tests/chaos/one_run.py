"""One run of chaos, in a process of its own: `python -m tests.chaos.one_run '{"seed": 1, …}'` prints a JSON result.

The environment says which database; it is empty but for its tables.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

from tensorslab_api.sandbox import Options, Sandbox

TIMEOUT = 2
CALM_WITHIN = 1500.0
FAULTS = ["429", "500", "502", "reset", "hang", "truncated", "empty", "not_json", "null_data", "code_as_text"]
ODD = ["102", "103", "twice", "repeated_key", "repeated_key:after", "failed:after:delete", "system_busy:look_up"]
LATE = ["504:late:delete", "reset:late:delete", "failed:late:delete"]
LAG, LACKS, LATE_SECONDS = 5.0, 20, 8.0
NATURES: dict[str, dict[str, Any]] = {
    "honest": {},
    "late": {"late_seconds": LATE_SECONDS},
    "lags": {"replica_lag": LAG},
    "loses a shard": {"lost_shard": 20},
    "lacks some": {"replica_lacks": LACKS},
    "takes back": {"rollback_after": 6, "rollback_share": 0.5},
    "cuts lists": {"cut_at": 90},
}
"""What the provider is like in one run. Two at once could not be told from what they are not."""
LYING = {"loses a shard", "takes back", "cuts lists"}
MODELS = 12
UNKNOWN, POISON, GONE = 8, 8, 8
"""How many of the ids the provider never had, refuses, and had deleted before."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    seed: int
    mode: str = "all_or_nothing"
    already_gone: str = "failure"
    missing: str = "http"
    nature: str = "honest"
    verify: str = "sample"
    tasks: int = 10_000
    seconds: float = 60.0
    fault_rate: float = 0.3
    kill_every: float = 2.0
    inspect_after: str = "3s,10s"
    workers: int = 3
    operators: int = 3
    approvers: int = 2
    holders: int = 2
    approval_above: int = 25
    clocks: bool = False
    """Whether clocks jump. Where the database has none of its own, hardly a moment can be told from another then."""
    database: str = "sqlite"
    longest: float = 2400.0
    """Seconds after which it is ended, and says what each of its threads was at."""
    logs: str = ""
    """A file for what all processes said, to look into a failure."""

    @property
    def options(self) -> dict[str, Any]:
        """How the provider behaves all the while."""
        faults = [*(f"{trouble}:{when}" for trouble in FAULTS for when in ("before", "after")), *ODD]
        return {
            **NATURES[self.nature],
            "mode": self.mode,
            "already_gone": self.already_gone,
            "missing": self.missing,
            "faults": faults + (LATE if self.nature == "late" else []),
            "fault_rate": self.fault_rate,
            "seed": self.seed,
            "latency": 0.02,
            # 30 % of all calls: what it asks for has to be short.
            "retry_after": "0",
            "hang_seconds": 10.0,
        }


@contextmanager
def surroundings(plan: Plan, existing: dict[str, set[str]]) -> Iterator[tuple[Path, Sandbox, Any]]:
    """A folder, a provider where only these ids ever existed, and on PostgreSQL a server of our own for Django."""
    from tests.cluster import Cluster, free_port

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True)))
        provider = stack.enter_context(Sandbox(Options(), known=lambda kind, ids: existing[kind].intersection(ids)))
        cluster = stack.enter_context(Cluster()) if plan.database == "postgresql" else None
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "ENV_FILE": os.devnull,
            "VAR_DIR": str(folder),
            "DATABASE_URL": cluster.url if cluster else "",
            "PORT": str(free_port("127.0.0.1")),
            "TENSORSLAB_API_URL": provider.url,
            "TENSORSLAB_API_KEY": "chaos",
            "TENSORSLAB_TIMEOUT": str(TIMEOUT),
            "DELETION_GRACE_SECONDS": "1",
            "DELETION_APPROVAL_ABOVE": str(plan.approval_above),
            "DELETION_VERIFY": plan.verify,
            "DELETION_MAX_ATTEMPTS": "6",
            "DELETION_INSPECT_AFTER": plan.inspect_after,
            "CLOCK_FILE": str(folder / "clock"),
        }
        yield folder, provider, cluster


def main(plan: Plan) -> dict[str, Any]:
    existing: dict[str, set[str]] = {"image": set(), "video": set()}
    with surroundings(plan, existing) as (folder, provider, cluster):
        django.setup()
        from tests.chaos.story import Story

        return Story(plan=plan, folder=folder, provider=provider, existing=existing, cluster=cluster).play()


def give_up() -> None:
    faulthandler.dump_traceback(all_threads=True)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    # What was started is ended however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    plan = Plan(**json.loads(sys.argv[1]))
    timer = threading.Timer(plan.longest, give_up)
    timer.daemon = True
    timer.start()
    result = main(plan)
    result["took"] = round(time.monotonic() - began, 1)
    print(json.dumps(result))
