"""Confirming a number on a terminal."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable

from django.core.management.base import CommandError

from dashboard.pages import numbers

NOT_CONFIRMED = 4
"""The exit code where a person did not confirm."""
NO_TERMINAL = "There is no terminal on which somebody could confirm this. If nobody has to, say --yes."


def add_argument(parser: ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do it without asking on the terminal")


def require_terminal(*, yes: bool) -> None:
    """Raises CommandError before anything is done."""
    if not (yes or sys.stdin.isatty()):
        raise CommandError(NO_TERMINAL)


def wrongly_typed(number: int, *, yes: bool, say: Callable[[str], object]) -> str:
    """Asks for the number. Why what was typed does not confirm it; empty if it does, or if nobody is asked."""
    if yes:
        return ""
    say(f"Type {number} to confirm, or press Enter to keep them:")
    try:
        return numbers.not_typed(input(), number=number)
    except (EOFError, KeyboardInterrupt):
        return "Nothing was typed."
