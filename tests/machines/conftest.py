from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as product
from django.core.management import call_command
from django.db import connections

from dashboard import database_url
from dashboard.register.management.commands.sandbox import known
from tensorslab_api.sandbox import server
from tests.cluster import Cluster
from tests.deletions.processes import FAST
from tests.machines.network import Machine, Network, NotPermitted
from tests.tensorslab_api.contract import CheckedSandbox

Start = Callable[[Machine], subprocess.Popen[bytes]]


@pytest.fixture
def network() -> Iterator[Network]:
    try:
        with Network(machines=2) as network:
            yield network
    except NotPermitted as reason:
        if os.environ.get("CI") == "true" and os.geteuid() == 0 and shutil.which("ip"):
            raise
        pytest.skip(str(reason))


@pytest.fixture
def register(network: Network, django_db_blocker, tmp_path: Path) -> Iterator[Cluster]:
    """A migrated database that every machine reaches; Django's own connection leads there too while the test runs."""
    if not Cluster.available():
        pytest.skip("PostgreSQL's programs are not installed.")
    with Cluster(host=network.address) as cluster, django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        there = connections.configure_settings({"default": database_url.of(cluster.url, tmp_path)})
        patch.setitem(connections.settings, "default", there["default"])
        usual = connections["default"]
        connections["default"] = connections.create_connection("default")
        try:
            call_command("migrate", verbosity=0)
            yield cluster
        finally:
            connections["default"].close()
            connections["default"] = usual


@pytest.fixture
def sandbox(network: Network, settings, monkeypatch) -> Iterator[CheckedSandbox]:
    """A provider that every machine reaches. What the register holds exists there."""
    monkeypatch.setattr(server, "HOST", network.address)
    with CheckedSandbox(known=known) as provider:
        settings.TENSORSLAB_API_URL = provider.url
        yield provider


@pytest.fixture
def start(register: Cluster, sandbox: CheckedSandbox, tmp_path: Path) -> Iterator[Start]:
    """`start(machine)` runs a worker there, its output in `tmp_path/<machine>.log`."""
    workers: list[subprocess.Popen[bytes]] = []
    variables = os.environ | FAST | {"DATABASE_URL": register.url, "TENSORSLAB_API_URL": sandbox.url}

    def start(machine: Machine) -> subprocess.Popen[bytes]:
        command = machine.command(sys.executable, "manage.py", "worker")
        with (tmp_path / f"{machine.name}.log").open("ab") as log:
            environment = variables | {"DJANGO_SETTINGS_MODULE": "dashboard.settings"}
            workers.append(subprocess.Popen(command, cwd=product.BASE_DIR, env=environment, stdout=log, stderr=log))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()
        worker.wait()
