"""How its options are given: by `control`, over HTTP and on the command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from types import SimpleNamespace

import pytest
import requests

from tensorslab_api import TaskKind
from tensorslab_api.sandbox import Fault, Options, Sandbox
from tensorslab_api.sandbox.__main__ import FLAGS
from tensorslab_api.sandbox.options import READERS
from tests.tensorslab_api.contract import ask_delete, ask_look_up

COMMAND = [sys.executable, "-m", "tensorslab_api.sandbox"]

MISTYPED = [
    {"foreign_keys": "key"},
    {"foreign_keys": [5]},
    {"maintenance": True},
    {"cut_at": -1},
    {"cut_at": 1.5},
    {"cut_at": True},
    {"first_half": "yes"},
    {"first_half": 1},
    {"lost_shard": "3"},
    {"rollback_after": -1},
    {"rollback_after": None},
    {"rollback_after": float("nan")},
    {"rollback_share": 1.5},
    {"late_seconds": "soon"},
    {"replica_lag": [1]},
    {"replica_lacks": None},
    {"missing": "gone"},
    {"missing_words": 5},
    {"echo": "title"},
    {"echo": []},
    {"look_up_latency": True},
    {"statuses": {"a": "3"}},
    {"refuse": ["a"]},
    {"unknown": "abc"},
    {"unknown": {"a": 1}},
    {"faults": "500"},
    {"queue": 5},
    {"queue": ["500:soon"]},
    {"alive": "abc"},
    {"gone": ["a"]},
    {"gone": {"image": "abc"}},
    {"gone": {"audio": ["a"]}},
    {"forget_calls": 1},
]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.mark.parametrize("changes", MISTYPED)
def test_a_mistyped_value_changes_nothing(sandbox: Sandbox, changes: dict) -> None:
    before = sandbox.world.options
    with pytest.raises(ValueError, match=r"Use|not a valid|no fault"):
        sandbox.control(**{"seed": 5, **changes})
    assert sandbox.world.options is before
    assert not sandbox.world.queue


def test_every_option_can_be_changed() -> None:
    assert set(READERS) == {option.name for option in fields(Options)}
    values = {name: getattr(Options(), name) for name in READERS}
    assert Options().changed(values) == Options()


def test_the_new_ones_can_be_changed_over_http(sandbox: Sandbox) -> None:
    changes = {
        "foreign_keys": ["theirs"],
        "cut_at": 5,
        "first_half": True,
        "lost_shard": 3,
        "rollback_after": 2.5,
        "rollback_share": 0.5,
        "late_seconds": 4,
        "replica_lag": 30,
        "replica_lacks": 4,
        "missing": "null_data",
        "missing_words": "No {id}",
        "echo": "upper",
        "look_up_latency": 0.01,
        "faults": ["504:late"],
    }
    assert requests.post(sandbox.url + "/__control", json=changes, timeout=10).status_code == 200
    assert sandbox.world.options == Options().changed(changes)
    assert sandbox.world.options.faults == (Fault.parse("504:late"),)


def test_the_ledger_over_http_tells_the_events(sandbox: Sandbox) -> None:
    ask_delete(sandbox, "a")
    (event,) = requests.get(sandbox.url + "/__ledger", timeout=10).json()["events"]
    assert (event["kind"], event["id"], event["gone"]) == ("image", "a", True)
    assert event["at"] >= sandbox.ledger()["calls"][0]["at"]


@contextmanager
def running(*arguments: str) -> Iterator[SimpleNamespace]:
    """The command, until the block ends."""
    with subprocess.Popen([*COMMAND, "--port", "0", *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield SimpleNamespace(url=process.stdout.readline().split()[-1])
        finally:
            process.terminate()


def test_the_command_takes_what_is_known() -> None:
    with running("--known", "img_[0-9]+", "--foreign-key", "theirs", "--missing", "code", "--echo", "upper") as sandbox:
        assert ask_look_up(sandbox, "img_7").json()["data"]["taskid"] == "IMG_7"
        for task_id, kind in [("img_7x", TaskKind.IMAGE), ("x", TaskKind.VIDEO)]:
            assert ask_look_up(sandbox, task_id, kind).json()["code"] == 9999
        assert ask_look_up(sandbox, "img_7", key="theirs").json()["code"] == 9999


def test_it_knows_every_id_at_first() -> None:
    with running("--first-half", "--fault", "500:late:delete", "--fault-rate", "1") as sandbox:
        assert ask_look_up(sandbox, "a\nb").status_code == 200
        assert ask_delete(sandbox, "a").status_code == 500


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--known", "("), "no regular expression"),
        (("--latency", "-1"), "latency is -1.0. Use a number from 0 to 3,600."),
        (("--rollback-share", "2"), "rollback_share is 2.0. Use a number from 0 to 1."),
        (("--fault", "500:soon"), "no fault"),
        (("--missing", "gone"), "invalid choice"),
    ],
)
def test_the_command_refuses_what_is_mistyped(arguments: tuple[str, ...], sentence: str) -> None:
    ended = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert sentence in ended.stderr


def test_every_flag_is_an_option() -> None:
    assert set(FLAGS) <= set(READERS)
