"""Machines for a test: network namespaces around a hub, each of which can be cut off and connected again.

    with Network(machines=2) as network:
        first, second = network.machines
        subprocess.Popen(first.command("ping", network.address))
        first.cut_off()

The hub is where the test itself is: what listens on `network.address` is reached from every machine.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from types import TracebackType
from typing import Self


class NotPermitted(Exception):
    """The text says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    name: str
    port: str
    """The hub's end of its cable."""
    address: str

    def command(self, *words: str) -> list[str]:
        """`words`, to be run on this machine. The process is the command's own: its id may be signalled."""
        return ["ip", "netns", "exec", self.name, *words]

    def cut_off(self) -> None:
        _ip("link", "set", self.port, "down")

    def reconnect(self) -> None:
        _ip("link", "set", self.port, "up")


class Network:
    """Everything it makes is gone when it is left, unless a process still runs on a machine."""

    def __init__(self, *, machines: int) -> None:
        # Two test runs may be on their way at once, and the name of a link has at most 15 letters.
        self.name = f"test{secrets.token_hex(3)}"
        subnet = f"10.213.{secrets.randbelow(256)}"
        self.address = f"{subnet}.1"
        self.machines = [
            Machine(name=f"{self.name}-{number}", port=f"{self.name}p{number}", address=f"{subnet}.{number}")
            for number in range(2, machines + 2)
        ]

    def __enter__(self) -> Self:
        if shutil.which("ip") is None or os.geteuid() != 0:
            raise NotPermitted("Machines in network namespaces need root and the program ip (iproute2).")
        try:
            self._make()
        except subprocess.CalledProcessError as error:
            self._remove()
            raise NotPermitted(f"No network can be made here: {error.stderr.strip()}") from error
        except BaseException:
            # Also when somebody interrupts: the kernel would keep what was made so far.
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def _make(self) -> None:
        _ip("link", "add", self.name, "type", "bridge")
        _ip("address", "add", f"{self.address}/24", "dev", self.name)
        _ip("link", "set", self.name, "up")
        for machine in self.machines:
            _ip("netns", "add", machine.name)
            _ip("link", "add", machine.port, "type", "veth", "peer", "name", "eth0", "netns", machine.name)
            _ip("link", "set", machine.port, "master", self.name, "up")
            _ip("-netns", machine.name, "address", "add", f"{machine.address}/24", "dev", "eth0")
            _ip("-netns", machine.name, "link", "set", "eth0", "up")
            _ip("-netns", machine.name, "link", "set", "lo", "up")

    def _remove(self) -> None:
        for machine in self.machines:
            _ip("link", "delete", machine.port, check=False)
            _ip("netns", "delete", machine.name, check=False)
        _ip("link", "delete", self.name, check=False)


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True, text=True, timeout=30)
