from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from dashboard.deletions.models import Deletion


class Ended(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, object]:
        return json.loads(self.out)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def command(olga: User, capsys) -> Callable[..., Ended]:
    """With a reason, for olga and without asking, unless other words are given."""

    def command(*words: str, reason: str = "Old drafts", username: str = "olga", yes: bool = True) -> Ended:
        acts_for = ["--as", username] if username else []
        given = [*words, "--reason", reason, *acts_for, *(["--yes"] if yes else [])]
        code = 0
        message = ""
        try:
            call_command("delete_tasks", *given)
        except CommandError as error:
            code, message = error.returncode, str(error)
        except SystemExit as left:
            code = int(left.code or 0)
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err + message)

    return command


@pytest.fixture
def types(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Somebody sits at a terminal, and types these lines."""

    def types(*lines: str) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))

    return types


def only() -> Deletion:
    return Deletion.objects.get()
