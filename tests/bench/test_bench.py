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

import psycopg
import pytest
from django.conf import settings

from bench import databases, history, listing, product, report
from bench.part import Case, Run

ONE = ["deletion", "--items", "200", "--concurrency", "1", "--verify", "sample", "--repeat", "1"]


def start(place: Path, *words: str, database: str = "sqlite") -> subprocess.Popen[str]:
    """Its temporary folders go into `place`, and its figures beside it."""
    save = ["--database", database, "--save", str(place.with_suffix(".json"))]
    return subprocess.Popen(
        [sys.executable, "-m", "bench", *words, *save],
        cwd=settings.BASE_DIR,
        env=os.environ | {"TMPDIR": str(place)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def runs_of(place: Path, *words: str, database: str = "sqlite") -> tuple[list[dict[str, Any]], str]:
    """What such a run saved and printed. It leaves nothing else behind."""
    bench = start(place, *words, database=database)
    printed, complaints = bench.communicate(timeout=110)
    assert bench.returncode == 0, complaints
    assert (list(place.iterdir()), running(place)) == ([], [])
    runs = json.loads(place.with_suffix(".json").read_text(encoding="utf-8"))["runs"]
    assert {run["database"] for run in runs} == {database}
    return runs, printed


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
    (timed, watched), printed = runs_of(place, *ONE, "--latency", "0.01", "--memory", "100")
    found = {name: value for row in timed["figures"].values() for name, (value,) in row.items()}
    assert found["most in flight"] == 1
    # A sample, chosen anew each time, the ends of lists, and controls.
    assert 30 <= found["look-ups"] <= 200
    assert found["ideal s"] == pytest.approx((2 + found["look-ups"]) * 0.01)
    assert found["/ 1,000"] == pytest.approx((2 + found["look-ups"]) * 5)
    wall = found["÷ ideal"] * found["ideal s"]
    assert found["ids / s"] == pytest.approx(200 / wall)
    # Nobody is faster than the provider, and nothing is sent before it is confirmed. The peer makes fewer calls.
    assert found["÷ ideal"] > 1
    assert found["bare loop ÷ ideal"] * found["ideal s"] > (2 + 2 * 3) * 0.01
    assert 0 < found["first call s"] < wall
    assert f"{found['÷ ideal']:.2f}" in printed
    found = {name: value for row in watched["figures"].values() for name, (value,) in row.items()}
    assert min(found["worker MB"], found["web MB"]) > 10
    assert min(found["ids / s"], found["CPU s / 1,000"]) > 0


def test_lists_are_measured_beside_the_changelist(place: Path) -> None:
    (run,), printed = runs_of(place, "listing", "--rows", "120", "--repeat", "1")
    assert list(run["figures"]) == [*listing.FASTER, *listing.SEARCHES, "overview"]
    for name, page in run["figures"].items():
        beside = [len(page[column]) for column in (listing.OURS, listing.PEERS) if column in page]
        assert beside == ([1, 1] if name in listing.FASTER else [])
        assert len(page[listing.IN_TURN]) == listing.MORE
        assert all(min(page[column]) > 0 for column in page if column != "shown")
    assert "≥ 50 " in printed


def test_the_largest_register_is_judged_by_the_goals_and_its_growth_by_the_smallest() -> None:
    def run(rows: int, milliseconds: float, shown: int) -> Run:
        found = Run(case=Case(rows=rows))
        for name in [*listing.FASTER, *listing.SEARCHES, "overview"]:
            found.add({name: {"shown": 100, listing.OURS: 10, listing.PEERS: 50, listing.IN_TURN: milliseconds}})
        found.figures["old end"]["shown"] = [shown]
        return found

    small, large = run(120, 8, shown=1), run(240, 10, shown=2)
    judged, without = (
        {name: (ratio, goal) for name, ratio, goal in listing.judge(one, [large, small])} for one in (large, small)
    )
    assert judged["first: times as fast"] == (5, {"at_least": 4})
    assert judged["old end ÷ first"] == (1, {"at_most": 3})
    assert judged["first ÷ at 120"] == (1.25, {"at_most": 1.5})
    # A page that shows more rows says nothing of the register.
    assert "old end ÷ at 120" not in judged
    assert without["first: times as fast"] == (5, {})
    assert not [name for name in without if "÷ at" in name]


def test_a_page_that_shows_something_else_is_not_measured() -> None:
    row = '<input name="task" value="1" aria-label="Select {0}"><th class="field-task_id"><a href="/">{0}</a>'
    page = listing.Page(ours="/a", peer="/b", shown=["right"], same_rows=True)

    def visitor(shown: str) -> Any:
        return SimpleNamespace(page=lambda path: SimpleNamespace(text=row.format(shown), seconds=0.5))

    assert listing.beside_the_peer(page, visitor("right"), repeat=1)[listing.PEERS] == [500]
    with pytest.raises(AssertionError):
        listing.beside_the_peer(page, visitor("wrong"), repeat=1)


def test_freezing_is_measured_while_a_colleague_works(place: Path) -> None:
    (run,), printed = runs_of(place, "freezing", "--rows", "300", "--repeat", "1")
    seconds = {name: row["s"][0] for name, row in run["figures"].items() if "s" in row}
    assert min(seconds.values()) > 0
    assert seconds["frozen"] > seconds["written down"]
    assert seconds["all shown as being deleted"] > seconds["confirmation answered"]
    assert seconds["all kept"] > seconds["Undo answered"]
    phases = {name: row for name, row in run["figures"].items() if "pages" in row}
    assert [name.partition(", ")[2] for name in phases] == ["nothing else", "confirming", "undoing"]
    for found in phases.values():
        assert 0 < found["p50, ms"][0] <= found["p99, ms"][0] <= found["longest, ms"][0]
        assert (found["refused"], found["deletions"] > [0]) == ([0], True)
    assert f"{seconds['frozen'] / seconds['bare']:,.2f}" in printed


def test_importing_is_measured_beside_a_bare_load(place: Path) -> None:
    (bare, ours), printed = runs_of(place, "importing", "--rows", "400")
    load, both = bare["figures"]["bare load"], [ours["figures"][name] for name in ("import", "the same file again")]
    # It starts Python and Django, which a bare load has done already.
    assert min(found["s"][0] for found in both) > load["s"][0] > 0
    assert min(found["peak MB"][0] for found in both) > 10
    assert "≤ 200 met" in printed


def test_a_history_is_measured(place: Path) -> None:
    (run,), printed = runs_of(place, "history", "--items", "1000", "--deletions", "60", "--repeat", "1")
    found = run["figures"].pop("report.csv")
    assert found["of items"] == [100]
    assert found["MB"] > [100 * 30 / 1e6]
    assert found["after"] >= found["web MB before"] > [10]
    assert all(len(page["ms"]) == 1 for page in run["figures"].values())
    assert "deletion, deep" in printed


def test_a_large_history_is_compared_with_a_small_one() -> None:
    few, many = (Run(case=Case(items=items)) for items in (1000, 2000))
    few.add({"first": {"ms": [10, 20, 90]}, "report.csv": {"s": 1}})
    many.add({"first": {"ms": [30, 10, 90]}, "report.csv": {"s": 1}})
    assert list(history.judge(many, [few, many])) == [("first ÷ at 1,000", 1.5, {})]
    assert list(history.judge(few, [few, many])) == []


def test_web_servers_are_measured_with_and_without_slow_clients(place: Path) -> None:
    toy = ["--rows", "60", "--slow", "8", "--seconds", "1", "--load", "0.5", "--repeat", "1"]
    (run,), printed = runs_of(place, "serving", *toy)
    for name in ("ours (waitress)", "gunicorn gthread", "granian"):
        ((rate,),) = run["figures"].pop(name).values()
        assert rate > 0
    assert len(run["figures"]) == 3 * 2 * 2
    for found in run["figures"].values():
        assert 0 < found["p50, ms"][0] <= found["p99, ms"][0] <= found["longest, ms"][0]
    for path in ("/healthz", "/tasks/"):
        assert run["figures"][f"ours (waitress), {path}, beset"]["unanswered"] == [0]
    assert "granian, /tasks/: beset ÷ ours" in printed


def test_programs_are_measured_beside_a_file(place: Path) -> None:
    (run,), printed = runs_of(place, "api", "--rows", "1000")
    assert {name for name, figures in run["figures"].items() if figures["rows / s"] > [0]} == {
        *("a file", "one client", "20 clients at once", "one client, the same again"),
    }
    assert "20 clients at once ÷ a file, rows a second" in printed


@pytest.mark.postgres
@pytest.mark.parametrize(
    "words",
    [
        "freezing --rows 300 --repeat 1",
        "importing --rows 400",
    ],
)
def test_a_part_that_speaks_to_the_database_itself_is_measured_on_postgresql_too(place: Path, words: str) -> None:
    runs, _ = runs_of(place, *words.split(), database="postgresql")
    values = [value for run in runs for row in run["figures"].values() for found in row.values() for value in found]
    assert len(values) > 4
    assert all(value >= 0 for value in values)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    hundred = [number / 100 for number in range(100, 0, -1)]
    assert [report.percentile(hundred, share) for share in (0.5, 0.95, 0.99, 1)] == [0.5, 0.95, 0.99, 1.0]
    assert report.percentile([7.0], 0.5) == 7.0


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


@pytest.mark.postgres
def test_an_interruption_while_a_database_is_made_leaves_none(tmp_path: Path, monkeypatch) -> None:
    execute, said = psycopg.Connection.execute, []

    def interrupted(self: psycopg.Connection, query: Any) -> Any:
        done = execute(self, query)
        said.append(query.as_string(self))
        if said[-1].startswith("CREATE"):
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(psycopg.Connection, "execute", interrupted)
    with pytest.raises(KeyboardInterrupt), databases.fresh("postgresql", tmp_path):
        pytest.fail("It went on.")
    name = said[0].removeprefix("CREATE DATABASE ")
    assert said == [f"CREATE DATABASE {name}", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"]


def test_an_absent_postgresql_is_told_and_left_out(monkeypatch, capsys) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgres://nobody@127.0.0.1:9/none")
    assert databases.available(["sqlite", "postgresql"]) == ["sqlite"]
    assert "No PostgreSQL to measure" in capsys.readouterr().err
