from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from dashboard.operations import preflight
from dashboard.operations.preflight import NotReady


def test_a_port_in_use_names_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(NotReady) as caught:
            preflight.port_free("127.0.0.1", port, "PORT")
    assert str(caught.value) == f"Port {port} is in use. Set PORT to another."
    preflight.port_free("127.0.0.1", port, "PORT")


def test_an_address_of_another_machine_is_a_sentence() -> None:
    with pytest.raises(NotReady, match="BIND is “192.0.2.1”, which is no address of this machine."):
        preflight.port_free("192.0.2.1", 0, "PORT")


def test_a_folder_that_can_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file", encoding="utf-8")
    with pytest.raises(NotReady, match="can't be written: .*Set VAR_DIR to a folder that can."):
        preflight.writable(tmp_path / "var")


def test_it_makes_the_folder_and_leaves_nothing_in_it(tmp_path: Path) -> None:
    preflight.writable(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_what_others_could_read_they_can_not_any_more(tmp_path: Path) -> None:
    inner = tmp_path / "log"
    inner.mkdir(mode=0o755)
    file, link = inner / "web.log", inner / "link"
    file.touch(mode=0o644)
    link.symlink_to("/etc/hostname")
    before = Path("/etc/hostname").stat().st_mode
    preflight.private(tmp_path)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, inner, file)] == [0o700, 0o700, 0o600]
    assert Path("/etc/hostname").stat().st_mode == before


def test_two_in_one_folder_are_one_too_many(tmp_path: Path) -> None:
    with preflight.alone(tmp_path):
        with pytest.raises(NotReady, match=f"It runs already, as process {os.getpid()}."), preflight.alone(tmp_path):
            pass
        with pytest.raises(NotReady, match=f"as process {os.getpid()}."), preflight.alone(tmp_path):
            pass
    with preflight.alone(tmp_path):
        pass
