"""The product as an operator starts it: `manage.py run` on private ports, in a folder of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 90


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Product:
    """`with Product(folder, SAMPLE_TASKS="0") as product:` runs web, worker and sandbox until the block ends."""

    username = "admin"
    password = "correct horse battery staple"

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.port, self.sandbox_port, self.media_port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.environ = clean_environ() | {
            "VAR_DIR": str(folder),
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "SANDBOX_MEDIA_PORT": str(self.media_port),
            "ADMIN_PASSWORD": self.password,
            **variables,
        }

    def __enter__(self) -> Product:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.output = self.folder / "run.log"
        with self.output.open("w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run"], cwd=ROOT, env=self.environ, stdout=output, stderr=output
            )
        end = time.monotonic() + PATIENCE
        while f"{self.url}/" not in (printed := self.output.read_text(encoding="utf-8")):
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise AssertionError(f"The product did not start.\n{printed}\n{self.logs()}")
            time.sleep(0.1)
        return self

    def __exit__(self, *exception: object) -> None:
        """At once, without what a stop waits for: `tests/test_setup.py` looks at that."""
        for process in self.supervisors():
            # Or it would start anew what is killed next.
            os.kill(process, signal.SIGKILL)
        while processes := self.processes():
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self.process.poll()
            time.sleep(0.02)
        self.process.wait(timeout=PATIENCE)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)

    def manage(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environ,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def ledger(self) -> dict[str, Any]:
        """What the provider truly did."""
        with urllib.request.urlopen(f"{self.sandbox_url}/__ledger", timeout=10) as answer:
            ledger: dict[str, Any] = json.load(answer)
        return ledger

    def control(self, **options: Any) -> None:
        """Changes how the provider behaves from now on."""
        request = urllib.request.Request(
            f"{self.sandbox_url}/__control", json.dumps(options).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=10).close()

    def processes(self) -> set[int]:
        """Every process that lives in this product's folder, by the environment it was given."""
        marker = f"VAR_DIR={self.folder}\0".encode()
        found = set()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if marker in (entry / "environ").read_bytes():
                        found.add(int(entry.name))
                except OSError:
                    # It ended meanwhile, or is somebody else's.
                    continue
        return found

    def supervisors(self) -> set[int]:
        return {pid for pid in self.processes() if b"supervisord" in Path(f"/proc/{pid}/cmdline").read_bytes()}

    def logs(self) -> str:
        return "\n".join(
            f"--- {file.name}\n{file.read_text(encoding='utf-8', errors='replace')[-4000:]}"
            for file in sorted((self.folder / "log").glob("*.log"))
        )


def clean_environ() -> dict[str, str]:
    """Without what tells the product, or the tests' Django, what to do."""
    ours = "TENSORSLAB_|AUDIT_|CERTIFICATE_|DELETION_|SECRET_|ADMIN_|SAMPLE_|SANDBOX_|PORT|HTTPS|DEBUG|ALLOWED_"
    ours += "|DATABASE_|DJANGO|VAR|OIDC_|REQUIRE_|REMOTE_|READ_ONLY"
    return {name: value for name, value in os.environ.items() if not re.match(ours, name)} | {"ENV_FILE": os.devnull}
