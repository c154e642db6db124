"""`python -m bench [PART] [options]`: measures one part, or all of them with their defaults."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import connections, databases, deletion, freezing, history, importing, listing, processes, report, serving

PARTS = {
    "listing": listing,
    "freezing": freezing,
    "deletion": deletion,
    "importing": importing,
    "history": history,
    "connections": connections,
    "serving": serving,
}


def main() -> None:
    if sys.platform != "linux":
        sys.exit("What a process costs is read from /proc, so this needs Linux.")
    # `finally` and `with` clean up after a Ctrl-C; a SIGTERM shall do the same.
    processes.leave_at_sigterm()
    words = sys.argv[1:]
    for chosen in [words] if words and words[0] in {*PARTS, "-h", "--help"} else [[name, *words] for name in PARTS]:
        measure(parser().parse_args(chosen))


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    for name, part in PARTS.items():
        options = parts.add_parser(name, help=part.HELP, description=part.__doc__)
        options.add_argument("--database", nargs="+", choices=databases.VENDORS, default=list(databases.VENDORS))
        options.add_argument("--save", type=Path, default=report.RESULTS / f"{name}.json", help="where figures go")
        part.add_arguments(options)
    return parser


def measure(options: argparse.Namespace) -> None:
    vendors = databases.available(options.database)
    if not vendors:
        sys.exit(1)
    figures = PARTS[options.part].run(options, vendors)
    report.save(options.part, figures, vendors=vendors, file=options.save)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped. Nothing was saved.")
