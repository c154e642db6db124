"""`python -m bench [PART] [options]`: measures one part, or all of them with their defaults."""

from __future__ import annotations

import argparse
import json
import os
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import django

from bench import databases, processes, product, report
from bench.part import Case, Figures, Part, Run

PARTS = ("listing", "freezing", "deletion", "importing", "history", "serving", "tracking", "refreshing", "api")


def main() -> None:
    if sys.platform != "linux":
        sys.exit("What a process costs is read from /proc, so this needs Linux.")
    # `finally` and `with` clean up after a Ctrl-C; a SIGTERM must do the same.
    processes.leave_at_sigterm()
    words = sys.argv[1:]
    if words[:1] == ["case"]:
        print(json.dumps(part(words[1]).measure(Case(**json.loads(words[2])))))
        return
    with TemporaryDirectory(prefix="bench-") as folder:
        environment = product.environment(Path(folder), "sqlite:///:memory:")
        os.environ.clear()
        os.environ.update(environment)
        commands = parser()
        for chosen in [words] if words and words[0] in {*PARTS, "-h", "--help"} else [[name, *words] for name in PARTS]:
            options = vars(commands.parse_args(chosen))
            run(options.pop("part"), file=options.pop("save"), options=options)


def part(name: str) -> Part:
    """A part imports models, and so needs settings: those of its own case, or any."""
    django.setup()
    found: Part = import_module(f"bench.{name}").PART
    return found


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    for name in PARTS:
        options, about = part(name).options, sys.modules[f"bench.{name}"].__doc__
        chosen = parts.add_parser(name, help=about, description=about)
        chosen.add_argument("--database", nargs="+", choices=databases.VENDORS, default=list(databases.VENDORS))
        chosen.add_argument("--save", type=Path, default=report.RESULTS / f"{name}.json", help="where figures go")
        for option, (default, meaning) in options.items():
            kind, number = (type(default[0]), "*") if isinstance(default, list) else (type(default), None)
            chosen.add_argument(f"--{option}", type=kind, nargs=number, default=default, help=meaning)
    return parser


def run(name: str, *, file: Path, options: dict[str, Any]) -> None:
    vendors = options["database"] = databases.available(options["database"])
    if not vendors:
        sys.exit(1)
    runs: list[Run] = []
    for case in part(name).cases(options):
        if case not in [run.case for run in runs]:
            runs.append(Run(case=case))
        next(run for run in runs if run.case == case).add(measured(name, case))
    report.show(part(name), runs)
    report.save(name, runs, vendors=vendors, file=file)


def measured(name: str, case: Case) -> Figures:
    """Figures from a new process, because settings are read once. If it fails, the end of its log is printed."""
    print(f"{name}:", ", ".join(f"{key} {value}" for key, value in vars(case).items()), end=" … ", flush=True)
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        databases.fresh(case.database, Path(folder)) as url,
        Path(folder, "log").open("wb") as log,
    ):
        environment = product.environment(Path(folder), url, **part(name).environment(case))
        command = ["-m", "bench", "case", name, json.dumps(vars(case))]
        with processes.running(*command, talks=True, stderr=log, env=environment) as (process,):
            printed, _ = process.communicate()
        if process.returncode:
            sys.exit(f"This case failed.\n{Path(folder, 'log').read_text(errors='replace')[-4000:]}")
    print("done")
    figures: Figures = json.loads(printed)
    return figures


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped. Nothing was saved.")
