from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_a_signal(number: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "manage.py", "sandbox", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Sandbox provider at http://127.0.0.1:{port}\n"
        process.send_signal(number)
        assert process.wait(timeout=20) == 0


def test_a_port_in_use_is_a_sentence(settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(
            CommandError, match=f"Port {port} or [0-9]+ is in use. Set SANDBOX_PORT or SANDBOX_MEDIA_PORT"
        ):
            call_command("sandbox", port=port)
