"""Checks before a start. Each failure is one sentence."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NotReady(Exception):
    """Why the product can't start, for the person who starts it."""


def writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise NotReady(f"{folder} can't be written: {error.strerror}. Set VAR_DIR to a folder that can.") from error


def private(folder: Path, *, but: Path | None = None) -> None:
    """Removes the rights of other users that a looser umask gave them. `but` may contain millions of files: it is
    enough that it is private itself."""
    for path in [folder, *_below(folder, but)]:
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & 0o077:
            path.chmod(stat.S_IMODE(mode) & 0o700)


def _below(folder: Path, but: Path | None) -> Iterator[Path]:
    for path in folder.iterdir():
        yield path
        if path != but and path.is_dir() and not path.is_symlink():
            yield from _below(path, but)


def port_free(address: str, port: int, variable: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as listener:
        # As gunicorn does it: a port whose last connections only wait to expire counts as free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except PermissionError as error:
            raise NotReady(f"Port {port} is not for this account. Set {variable} to another.") from error
        except socket.gaierror as error:
            raise NotReady(f"BIND is “{address}”, which is no address of this machine.") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise NotReady(f"Port {port} is in use. Set {variable} to another.") from error
            raise NotReady(f"BIND is “{address}”, which is no address of this machine.") from error


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Locks `folder/run.lock` until the process ends in any way."""
    with (folder / "run.lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise NotReady(
                f"It runs already, as process {lock.read().strip()}. Stop that one first, "
                "or give this one a VAR_DIR and a PORT of its own."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
