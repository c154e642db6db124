"""`python -m tensorslab_api.sandbox`: the sandbox on its own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tensorslab_api.sandbox import AlreadyGone, Failure, Fault, Mode, Options, serve


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tensorslab_api.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--mode", type=Mode, choices=list(Mode), default=Mode.ALL_OR_NOTHING)
    parser.add_argument("--already-gone", type=AlreadyGone, choices=list(AlreadyGone), default=AlreadyGone.SUCCESS)
    parser.add_argument("--failure", type=Failure, choices=list(Failure), default=Failure.CODE)
    parser.add_argument("--api-key", default="", help="the only key it takes; any when left out")
    parser.add_argument("--fault", type=Fault.parse, action="append", default=[], help="such as reset:after")
    parser.add_argument("--fault-rate", type=float, default=0.0, help="share of calls, 0 to 1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ledger-file", type=Path, default=None, help="keeps what is deleted over restarts")
    chosen = parser.parse_args()
    options = Options(
        latency=chosen.latency,
        mode=chosen.mode,
        already_gone=chosen.already_gone,
        failure=chosen.failure,
        api_key=chosen.api_key,
        faults=tuple(chosen.fault),
        fault_rate=chosen.fault_rate,
        seed=chosen.seed,
    )
    try:
        serve(port=chosen.port, options=options, ledger_file=chosen.ledger_file, ready=announce)
    except OSError as error:
        sys.stderr.write(f"The sandbox can't start on port {chosen.port}: {error.strerror}.\n")
        return 1
    return 0


def announce(url: str) -> None:
    sys.stdout.write(f"Sandbox provider at {url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
