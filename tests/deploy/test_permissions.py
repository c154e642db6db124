"""What another user of the machine can read of the product, though it was started by somebody with umask 000."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests.browser.product import Product
from tests.deploy.person import Person

NOBODY = 65_534
"""Debian's `nobody` and `nogroup`."""
LENGTH = 20_000_000
"""Of a file that is too large to be held in memory while it is received and taken apart."""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="Only root can be nobody.")


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that everybody may enter and write to. pytest's own folders would shut nobody out for us."""
    umask = os.umask(0)
    try:
        with tempfile.TemporaryDirectory() as name:
            Path(name).chmod(0o777)
            yield Path(name)
    finally:
        os.umask(umask)


def look(folder: Path, known: list[Path], end: Connection) -> None:
    """Tries as nobody, until it is told to end, to read what `folder` shows, and names that it does not show."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    seen: set[Path] = set()
    read: set[Path] = set()
    while not end.poll(0.005):
        shown = [Path(parent) / name for parent, _, names in os.walk(folder) for name in names]
        seen.update(shown)
        read.update(path for path in [*shown, *known] if is_read(path))
    end.recv()
    end.send((seen, read))


def is_read(path: Path) -> bool:
    try:
        path.open("rb").close()
    except (PermissionError, FileNotFoundError):
        return False
    return True


def test_nobody_reads_anything_of_it(open_place: Path) -> None:
    temporary = open_place / "temporary"
    temporary.mkdir()
    for_all = open_place / "for-all"
    for_all.touch()
    with Product(open_place / "var", SAMPLE_TASKS="10", TMPDIR=str(temporary)) as product:
        files = [path for path in product.folder.rglob("*") if path.is_file()]
        assert {"secret_key", "sandbox.sqlite3", "web.log", "run.lock"} <= {path.name for path in files}
        here, there = multiprocessing.Pipe()
        fork = multiprocessing.get_context("fork")
        nobody = fork.Process(target=look, args=(open_place, files, there), daemon=True)
        nobody.start()
        upload(product)
        here.send("That was all.")
        seen, read = here.recv()
        nobody.join()
    # Otherwise it looked at the wrong place, or came too late.
    assert any(path.parent == temporary for path in seen), seen
    assert read == {for_all}


def upload(product: Product) -> None:
    person = Person(product.url, origin=product.url)
    person.sign_in()
    person.get("/tasks/import/")
    file = "kind,task_id\nimage,abcd_1234567890abcdef\n" + "\n" * LENGTH
    assert person.post("/tasks/import/", files={"file": ("tasks.csv", file)}).status_code in {200, 303}
    person.close()
