"""The benchmark at toy size, as `make bench` starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings

from bench import databases, listing_case, listing_pages, product, report, waits

ONE = ["deletion", "--items", "200", "--concurrency", "1", "--verify", "sample", "--repeat", "1"]


def start(place: Path, *words: str) -> subprocess.Popen[str]:
    """On SQLite alone; its temporary folders go into `place`, and its figures beside it."""
    save = ["--database", "sqlite", "--save", str(place.with_suffix(".json"))]
    return subprocess.Popen(
        [sys.executable, "-m", "bench", *words, *save],
        cwd=settings.BASE_DIR,
        env=os.environ | {"TMPDIR": str(place)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def figures_of(place: Path, *words: str) -> tuple[Any, str]:
    """What such a run saved and printed. It leaves nothing else behind."""
    bench = start(place, *words)
    printed, complaints = bench.communicate(timeout=100)
    assert bench.returncode == 0, complaints
    assert (list(place.iterdir()), running(place)) == ([], [])
    return json.loads(place.with_suffix(".json").read_text(encoding="utf-8")), printed


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
    figures, printed = figures_of(place, *ONE, "--latency", "0.01", "--memory", "100")
    (timing,), (memory,) = figures["timing"], figures["memory"]
    (run,) = timing["runs"]
    assert (run["deletes"], run["most_in_flight"]) == (2, 1)
    # A sample, chosen anew each time, the ends of lists, and controls.
    assert 30 <= run["look_ups"] <= 200
    assert timing["ideal"] == pytest.approx((2 + run["look_ups"]) * 0.01)
    assert timing["ratio"] == pytest.approx(run["wall"] / timing["ideal"])
    assert timing["peer_ratio"] == pytest.approx(run["peer"] / timing["ideal"])
    # Nobody is faster than the provider, and nothing is sent before it is confirmed. The peer makes fewer calls.
    assert timing["ratio"] > 1
    assert run["peer"] > (2 + 2 * 3) * 0.01
    assert 0 < run["first_call"] < run["wall"]
    assert timing["cpu_per_1000"] == pytest.approx(sum(run["cpu"]) * 1000 / 200)
    assert memory["peak_memory"] == max(memory["runs"][0]["peak_memory"]) > 10_000_000
    assert memory["web_memory"] == memory["runs"][0]["web_memory"] > 10_000_000
    assert memory["items_per_second"] == pytest.approx(100 / memory["runs"][0]["wall"])
    assert f"{timing['ratio']:.3f}" in printed


def test_lists_are_measured_beside_the_changelist(place: Path) -> None:
    figures, printed = figures_of(place, "listing", "--rows", "120", "240", "--repeat", "1")
    small, large = figures["runs"]
    assert (small["case"]["rows"], large["case"]["rows"]) == (120, 240)
    beside = ["first", "deep", "filter", "last", "search", "id"]
    assert [page["name"] for page in large["pages"]] == [*beside, *listing_pages.SEARCHES]
    for page in small["pages"] + large["pages"]:
        assert (len(page["ours"]), len(page["peer"])) == (1, page["name"] in beside)
        assert len(page["in_turn"]) == listing_case.IN_TURN
        assert min(*page["ours"], *page["peer"], *page["in_turn"]) > 0
    # The largest register is judged by the goals, and its growth by the smallest.
    assert "≥ 50 " in printed
    assert "first ÷ at 120" in printed


def test_a_page_that_shows_something_else_is_not_measured() -> None:
    row = '<input aria-label="Select {0}"><th class="field-task_id"><a href="/">{0}</a>'
    page = SimpleNamespace(name="id", ours="/a", peer="/b", shown=["right"], same_rows=True)

    def visitor(shown: str) -> Any:
        return SimpleNamespace(get=lambda path: SimpleNamespace(status=200, text=row.format(shown), seconds=0.5))

    assert listing_case.timed(page, visitor("right"), repeat=1).peer == [0.5]
    with pytest.raises(AssertionError):
        listing_case.timed(page, visitor("wrong"), repeat=1)


def test_freezing_is_measured_while_a_colleague_works(place: Path) -> None:
    figures, printed = figures_of(place, "freezing", "--rows", "300", "--repeat", "1")
    (run,) = figures["runs"]
    assert min(*run["freeze"], *run["bare"], *run["dialog"], run["select_all"]) > 0
    assert run["armed"] > run["confirm"] > 0
    assert run["undone"] > run["undo"] > 0
    assert list(run["waits"]) == ["nothing else", "confirming", "undoing"]
    for while_it in run["waits"].values():
        assert 0 < while_it["p50"] <= while_it["p99"] <= while_it["longest"]
        assert (while_it["refused"], while_it["deletions"] > 0) == (0, True)
    assert f"{run['freeze'][0] / run['bare'][0]:.2f}" in printed


def test_importing_is_measured_beside_a_bare_load(place: Path) -> None:
    figures, printed = figures_of(place, "importing", "--rows", "400")
    bare, ours = figures["loads"]
    ((load,), (both,)) = bare["runs"], ours["runs"]
    assert (len(load["seconds"]), len(both["seconds"])) == (1, 2)
    # It starts Python and Django, which a bare load has done already.
    assert min(both["seconds"]) > load["seconds"][0] > 0
    assert min(both["memory"]) > 10_000_000
    assert "≤ 200 met" in printed


def test_a_history_is_measured_at_two_sizes(place: Path) -> None:
    figures, printed = figures_of(place, "history", "--items", "1000", "2000", "--deletions", "60", "--repeat", "1")
    small, large = figures["runs"]
    assert (small["report_items"], large["report_items"]) == (100, 200)
    assert large["report_size"] > small["report_size"] > 100 * 30
    assert large["memory_after"] >= large["memory_before"] > 10_000_000
    assert all(len(seconds) == 1 for seconds in large["pages"].values())
    assert "deletion, deep" in printed


def test_connections_are_measured_plain_and_under_tls(place: Path) -> None:
    figures, printed = figures_of(place, "connections", "--calls", "2", "--rounds", "1")
    plain, tls = figures["runs"]
    assert (plain["tls"], tls["tls"]) == (False, True)
    assert (len(plain["wall"]), len(tls["wall"])) == (4, 5)
    for run in (plain, tls):
        assert min(seconds for found in (run["wall"], run["cpu"]) for (seconds,) in found.values()) > 0
    assert "ours (fresh)" in printed


def test_web_servers_are_measured_with_and_without_slow_clients(place: Path) -> None:
    toy = ["--rows", "60", "--slow", "8", "--seconds", "2", "--load", "1", "--repeat", "1"]
    figures, printed = figures_of(place, "serving", *toy)
    assert list(figures["servers"]) == ["ours (waitress)", "gunicorn gthread", "granian"]
    for served in figures["servers"].values():
        assert len(served["per_second"]) == 1
        assert served["per_second"][0] > 0
        for found in (*served["quiet"].values(), *served["beset"].values()):
            assert 0 < found["p50"] <= found["p99"] <= found["longest"]
    ours = figures["servers"]["ours (waitress)"]["beset"]
    assert {path: found["unanswered"] for path, found in ours.items()} == {"/healthz": 0, "/tasks/": 0}
    assert "Without answer" in printed


def test_a_percentile_is_a_value_that_was_measured() -> None:
    hundred = [number / 100 for number in range(100, 0, -1)]
    assert [waits.percentile(hundred, share) for share in (0.5, 0.95, 0.99, 1)] == [0.5, 0.95, 0.99, 1.0]
    assert waits.percentile([7.0], 0.5) == 7.0


def test_a_goal_says_whether_it_is_met() -> None:
    assert [report.goal(3.9, at_least=4), report.goal(4, at_least=4)] == ["≥ 4 MISSED", "≥ 4 met"]
    assert [report.goal(1.5, at_most=1.5), report.goal(1.6, at_most=1.5)] == ["≤ 1.5 met", "≤ 1.5 MISSED"]
    assert report.goal(1) == "–"


def test_two_that_measure_on_one_machine_take_turns(tmp_path: Path, monkeypatch) -> None:
    lock = tmp_path / "lock"
    monkeypatch.setenv("BENCH_LOCK", str(lock))
    attempt = ["flock", "--nonblock", str(lock), "true"]
    with product.undisturbed():
        assert subprocess.run(attempt).returncode == 1
    assert subprocess.run(attempt).returncode == 0


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
