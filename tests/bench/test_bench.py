"""The benchmark at toy size, as `make bench` starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from bench import databases

ONE = ["--items", "200", "--concurrency", "1", "--verify", "sample", "--repeat", "1"]


def start(place: Path, *words: str) -> subprocess.Popen[str]:
    """On SQLite alone; its temporary folders go into `place`, and its figures beside it."""
    save = ["--database", "sqlite", "--save", str(place.with_suffix(".json"))]
    return subprocess.Popen(
        [sys.executable, "-m", "bench", "deletion", *words, *save],
        cwd=settings.BASE_DIR,
        env=os.environ | {"TMPDIR": str(place)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def running(place: Path) -> list[str]:
    """The command lines of all processes that were given `place`, whoever started them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"TMPDIR={place}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def test_deleting_is_measured_beside_a_bare_loop(place: Path) -> None:
    bench = start(place, *ONE, "--latency", "0.01", "--memory", "100")
    printed, complaints = bench.communicate(timeout=100)
    assert bench.returncode == 0, complaints
    figures = json.loads(place.with_suffix(".json").read_text(encoding="utf-8"))
    (timing,), (memory,) = figures["timing"], figures["memory"]
    (run,) = timing["runs"]
    assert (run["deletes"], run["look_ups"], run["most_in_flight"]) == (2, 2, 1)
    assert timing["ideal"] == pytest.approx(4 * 0.01)
    assert timing["ratio"] == pytest.approx(run["wall"] / timing["ideal"])
    assert timing["peer_ratio"] == pytest.approx(run["peer"] / timing["ideal"])
    # Nobody is faster than the provider, and nothing is sent before it is confirmed.
    assert min(timing["ratio"], timing["peer_ratio"]) > 1
    assert 0 < run["first_call"] < run["wall"]
    assert timing["cpu_per_1000"] == pytest.approx(sum(run["cpu"]) * 1000 / 200)
    assert memory["peak_memory"] == max(memory["runs"][0]["peak_memory"]) > 10_000_000
    assert f"{timing['ratio']:.3f}" in printed
    assert (list(place.iterdir()), running(place)) == ([], [])


def test_an_interruption_leaves_no_process_and_no_file_behind(place: Path) -> None:
    bench = start(place, *ONE, "--latency", "1", "--memory")
    end = time.monotonic() + 60
    while not any("manage.py worker" in command for command in running(place)):
        assert time.monotonic() < end, "No worker was started."
        assert bench.poll() is None
        time.sleep(0.1)
    bench.send_signal(signal.SIGINT)
    assert "Nothing was saved" in bench.communicate(timeout=60)[1]
    assert (list(place.iterdir()), running(place)) == ([], [])


def test_an_absent_postgresql_is_told_and_left_out(monkeypatch, capsys) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgres://nobody@127.0.0.1:9/none")
    assert databases.available(["sqlite", "postgresql"]) == ["sqlite"]
    assert "No PostgreSQL to measure" in capsys.readouterr().err
