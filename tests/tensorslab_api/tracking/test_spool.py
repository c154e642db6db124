from __future__ import annotations

import json
import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from tensorslab_api.tracking.spool import NAMES, REFUSED, Full, Spool

LIMIT = 1_000_000


def spool(folder: Path, *, limit: int = LIMIT) -> Spool:
    return Spool(folder, limit=limit)


def ids(files: list[list[bytes]]) -> list[list[int]]:
    return [[json.loads(line)["n"] for line in lines] for lines in files]


def test_what_is_added_is_there_once_the_file_is_given_up(folder: Path) -> None:
    mine = spool(folder)
    mine.append({"n": 1})
    mine.append({"n": 2})
    assert list(mine.finished()) == []
    mine.seal()
    mine.append({"n": 3})
    assert ids(list(mine.finished())) == [[1, 2]]
    assert ids(list(mine.finished())) == []


def test_nobody_else_reads_it(folder: Path) -> None:
    mine = spool(folder)
    mine.append({"n": 1})
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_what_was_not_delivered_stays(folder: Path) -> None:
    mine = spool(folder)
    mine.append({"n": 1})
    mine.seal()
    with closing(mine.finished()) as files:
        assert ids([next(files)]) == [[1]]
    assert ids(list(mine.finished())) == [[1]]


def test_two_leave_each_other_the_files_in_hand(folder: Path) -> None:
    mine, theirs = spool(folder), spool(folder)
    mine.append({"n": 1})
    theirs.append({"n": 2})
    mine.seal()
    assert ids(list(theirs.finished())) == [[1]]
    assert list(mine.finished()) == []
    theirs.seal()
    with closing(mine.finished()) as files:
        assert ids([next(files)]) == [[2]]
        # Taken by one of them only.
        assert list(theirs.finished()) == []


def test_what_a_killed_process_left_is_taken_over_with_its_torn_line(folder: Path) -> None:
    child = os.fork()
    if not child:
        theirs = spool(folder)
        theirs.append({"n": 1})
        os.write(theirs._fd or 0, b'{"n": 2, "pro')
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert list(spool(folder).finished()) == [[b'{"n":1}', b'{"n": 2, "pro']]


def test_a_fork_shares_no_file(folder: Path) -> None:
    mine = spool(folder)
    mine.append({"n": 1})
    child = os.fork()
    if not child:
        mine.start_anew()
        mine.append({"n": 2})
        os._exit(0)
    os.waitpid(child, 0)
    mine.append({"n": 3})
    assert ids(list(mine.finished())) == [[2]]
    mine.seal()
    assert ids(list(mine.finished())) == [[1, 3]]


def test_the_bound_holds_over_all_files(folder: Path) -> None:
    mine = spool(folder, limit=25)
    mine.append({"n": 10})
    mine.append({"n": 11})
    with pytest.raises(Full):
        mine.append({"n": 12})
    mine.seal()
    with pytest.raises(Full):
        mine.append({"n": 13})
    assert len(list(mine.finished())) == 1
    mine.measure()
    mine.append({"n": 14})


def test_no_piece_of_a_line_stays_if_the_disk_is_full(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = spool(folder)
    mine.append({"n": 1})
    write = os.write
    with monkeypatch.context() as disk:
        disk.setattr(os, "write", lambda fd, line: write(fd, line[:3]))
        with pytest.raises(OSError, match="No space"):
            mine.append({"n": 2})
    mine.append({"n": 3})
    mine.seal()
    assert ids(list(mine.finished())) == [[1, 3]]


def test_a_long_file_is_followed_by_another(folder: Path) -> None:
    mine = spool(folder, limit=10_000_000)
    mine.append({"n": 1, "prompt": "x" * 5_000_000})
    mine.sync()
    mine.append({"n": 2})
    assert len(list(folder.glob(NAMES))) == 2


def test_what_is_refused_has_an_eighth_of_the_room(folder: Path) -> None:
    mine = spool(folder, limit=800)
    mine.append({"n": 1})
    assert mine.set_aside([{"n": 2, "problem": "No."}])
    assert not mine.set_aside([{"n": 3, "problem": "x" * 100}])
    assert (folder / REFUSED).read_text() == '{"n": 2, "problem": "No."}\n'


def test_an_odd_text_is_written_all_the_same(folder: Path) -> None:
    mine = spool(folder)
    mine.append({"n": 1, "prompt": "line\nbreak\u2028 \ud800 \0"})
    mine.seal()
    [[line]] = list(mine.finished())
    assert json.loads(line)["prompt"].startswith("line\nbreak")
