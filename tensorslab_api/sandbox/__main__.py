"""`python -m tensorslab_api.sandbox`: the sandbox on its own."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tensorslab_api.sandbox import AlreadyGone, Echo, Failure, Missing, Mode, Options, serve
from tensorslab_api.types import TaskKind

FLAGS: dict[str, dict[str, Any]] = {
    "latency": {"type": float, "help": "seconds"},
    "look_up_latency": {"type": float, "help": "seconds, for look-ups alone"},
    "mode": {"choices": list(Mode)},
    "already_gone": {"choices": list(AlreadyGone)},
    "failure": {"choices": list(Failure)},
    "missing": {"choices": list(Missing)},
    "missing_words": {"help": "what it says of a missing task; {id} becomes its id"},
    "echo": {"choices": list(Echo), "help": "the letter case in which look-ups give the id back"},
    "api_key": {"help": "the only key it takes; any when left out"},
    "foreign_keys": {"action": "append", "metavar": "KEY", "help": "a key of another account; again for more"},
    "maintenance": {"metavar": "WORDS", "help": "answer every call with these words, and do nothing"},
    "cut_at": {"type": int, "metavar": "N", "help": "delete only the first N ids of each list, and say Success"},
    "first_half": {"action": "store_const", "const": True, "help": "delete only the first half of each list"},
    "lost_shard": {"type": int, "metavar": "N", "help": "say Success for every Nth id or so, and keep it"},
    "rollback_after": {"type": float, "help": "seconds after which a delete is undone"},
    "rollback_share": {"type": float, "help": "share of deletes that are undone, 0 to 1"},
    "late_seconds": {"type": float, "help": "how much later a fault such as 504:late does the work"},
    "replica_lag": {"type": float, "help": "seconds by which look-ups see deletions later"},
    "replica_lacks": {"type": int, "metavar": "N", "help": "look-ups do not find every Nth id or so"},
    "faults": {"action": "append", "metavar": "FAULT", "help": "such as reset:after or 504:late; again for more"},
    "fault_rate": {"type": float, "help": "share of calls, 0 to 1"},
    "seed": {"type": int},
    "media_latency": {"type": float, "help": "seconds, for result files"},
    "media_dead_shard": {"type": int, "metavar": "N", "help": "the files of every Nth id or so are gone"},
}
"""Options by name. Flags that are not given don't change the option."""
SINGULAR = {"foreign_keys": "--foreign-key", "faults": "--fault"}


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tensorslab_api.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--media-port", type=int, default=None, help="of the result files; the next one if left out")
    parser.add_argument("--known", type=pattern, default=pattern(".*"), metavar="REGEX", help="ids that ever existed")
    parser.add_argument("--ledger-file", type=Path, default=None, help="keeps what is deleted over restarts")
    for name, flag in FLAGS.items():
        parser.add_argument(SINGULAR.get(name, f"--{name.replace('_', '-')}"), dest=name, **flag)
    chosen = vars(parser.parse_args())
    known: re.Pattern[str] = chosen["known"]

    def ever(kind: TaskKind, ids: Sequence[str]) -> list[str]:
        return [task_id for task_id in ids if known.fullmatch(task_id)]

    try:
        options = Options().changed({name: chosen[name] for name in FLAGS if chosen[name] is not None})
    except ValueError as error:
        parser.error(str(error))
    try:
        serve(
            port=chosen["port"],
            media_port=beside(chosen["port"]) if chosen["media_port"] is None else chosen["media_port"],
            options=options,
            ledger_file=chosen["ledger_file"],
            known=ever,
            ready=announce,
        )
    except OSError as error:
        sys.stderr.write(f"The sandbox can't start on port {chosen['port']}: {error.strerror}.\n")
        return 1
    return 0


def beside(port: int) -> int:
    """The next port; a free one beside a free one."""
    return port + 1 if port else 0


def pattern(text: str) -> re.Pattern[str]:
    """A regular expression in which a dot matches any character. Raises ArgumentTypeError if it is invalid."""
    try:
        return re.compile(text, re.DOTALL)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from error


def announce(url: str) -> None:
    sys.stdout.write(f"Sandbox provider at {url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
