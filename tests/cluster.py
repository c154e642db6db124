"""A PostgreSQL server of the test's own, in a temporary folder: one that may crash, restart and vanish.

`with Cluster() as cluster:` gives `cluster.url` for DATABASE_URL. Whoever can connect is let in, so it listens only
where it is told. Nothing of the machine's own PostgreSQL but its programs is used.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

USER = "postgres"

# Small, and as careful as a real one: what was committed outlives a crash.
CONFIGURATION = """
listen_addresses = '{host}'
port = {port}
unix_socket_directories = '{folder}'
max_connections = 100
shared_buffers = 32MB
fsync = on
full_page_writes = on
synchronous_commit = on
jit = off
"""
# `initdb` trusts loopback alone; a cluster may also listen on a network between namespaces.
ADMISSION = """
local all all trust
host all all samenet trust
"""


def programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`: the one in PATH, or the newest that Debian installed outside of it."""
    if found := shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    installed = list(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return max((path.parent for path in installed), key=lambda path: float(path.parent.name), default=None)


def owner() -> dict[str, Any]:
    """As whom it runs, for `subprocess`: PostgreSQL refuses to be root. Raises KeyError when nobody fits."""
    if os.geteuid() != 0:
        return {}
    person = pwd.getpwnam(USER)
    return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}


class Cluster:
    """Listens on `host` and a free port, and trusts everybody in that network."""

    def __init__(self, *, host: str = "127.0.0.1", database: str = "tensorslab_tasks") -> None:
        self.host = host
        self.port = free_port(host)
        self.database = database

    @classmethod
    def available(cls) -> bool:
        try:
            owner()
        except KeyError:
            return False
        return programs() is not None

    @property
    def url(self) -> str:
        return self.url_of(self.database)

    def url_of(self, database: str) -> str:
        return f"postgres://{USER}@{self.host}:{self.port}/{database}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def __enter__(self) -> Self:
        # Not pytest's folder: only its own user may enter that one, and the path of a socket has to be short.
        self._temporary = tempfile.TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name)
        try:
            self._make()
            self.start()
            self.create(self.database)
        except BaseException:
            # Also when somebody interrupts: a server that nobody enters is one that nobody leaves.
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def start(self) -> None:
        """Returns when it accepts connections, after a crash thus when it has recovered."""
        self._control("start", "-w", "-l", str(self.folder / "log"))

    def stop(self) -> None:
        """At once, like a crash: connections break, and nothing is written that was not."""
        self._control("stop", "-w", "-m", "immediate")

    def restart(self) -> None:
        self.stop()
        self.start()

    def create(self, database: str) -> str:
        """Makes another, empty database and returns its address."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database)))
        return self.url_of(database)

    def _make(self) -> None:
        as_whom = owner()
        if as_whom:
            os.chown(self.folder, as_whom["user"], as_whom["group"])
        self._run("initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", f"--username={USER}")
        with (self.folder / "data" / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION.format(host=self.host, port=self.port, folder=self.folder))
        (self.folder / "data" / "pg_hba.conf").write_text(ADMISSION)

    def _remove(self) -> None:
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop()
        self._temporary.cleanup()

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", *arguments, "-t", "60")

    def _run(self, program: str, *arguments: str) -> None:
        folder = programs()
        assert folder is not None, "PostgreSQL's own programs are not installed."
        # To a file: the server inherits the output, and a pipe would stay open for as long as it runs.
        with (self.folder / "programs.log").open("a+") as output:
            done = subprocess.run(
                [folder / program, "--pgdata", self.folder / "data", *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=90,
                **owner(),
            )
            output.seek(0)
            assert done.returncode == 0, f"{program} {' '.join(arguments)}\n{output.read()}"


def free_port(host: str) -> int:
    with socket.create_server((host, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
