"""The product's programs, as a configuration of supervisord, which restarts those that die."""

from __future__ import annotations

import ctypes
import signal
import subprocess  # nosec B404 # each use below says what it starts
import sys
from pathlib import Path

from django.conf import settings

from dashboard.database import dialect

HEADER = """\
; Written at every start by manage.py run.
[supervisord]
nodaemon=true
silent=true
umask=077
logfile={logs}/supervisord.log
pidfile={var}/supervisord.pid
directory={base}
"""
PROGRAM = """
[program:{name}]
command={command}
directory={base}
priority={priority}
numprocs={processes}
process_name=%(program_name)s-%(process_num)d
autorestart=true
startretries=1000000
stopwaitsecs={patience}
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


def start() -> subprocess.Popen[bytes]:
    file = settings.VAR_DIR / "supervisord.conf"
    (settings.VAR_DIR / "log").mkdir(exist_ok=True)
    file.write_text(configuration(), encoding="utf-8")
    return subprocess.Popen(  # nosec B603 # our own program, no shell
        [sys.executable, "-m", "supervisor.supervisord", "-c", str(file)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # A Ctrl-C in the terminal must reach only this process, which passes it on once.
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )


def configuration() -> str:
    """Stopped in reverse order: the workers first, while the provider still answers them."""
    python = _quoted(sys.executable)
    manage = f"{python} {_quoted(settings.BASE_DIR / 'manage.py')}"
    bind = f"[{settings.BIND}]" if ":" in settings.BIND else settings.BIND
    web = f"{python} {' '.join(web_server(f'{bind}:{settings.PORT}', processes=2))}"
    # One worker process fills all slots on SQLite; more would only wait for its lock.
    workers = 3 if dialect.lets_several_write() else 1
    sections = [
        _program("web", web, priority=20),
        _program("worker", f"{manage} worker", priority=30, processes=workers),
    ]
    if settings.SANDBOX:
        sections.insert(
            0,
            _program(
                "sandbox",
                f"{manage} sandbox --port {settings.SANDBOX_PORT} --media-port {settings.SANDBOX_MEDIA_PORT}",
                priority=10,
            ),
        )
    return "".join([HEADER.format(**_folders()), *sections])


def web_server(bind: str, *, processes: int, application: str = "dashboard.wsgi") -> list[str]:
    """Python's arguments for a web server at `bind`. What its processes are made of is loaded once, and shared."""
    fixed = ["--worker-class", "dashboard.operations.serving.Buffered", "--timeout", "60", "--graceful-timeout", "10"]
    where = ["--bind", bind, "--workers", str(processes), "--no-control-socket"]
    return ["-m", "gunicorn", application, "--preload", *where, *fixed]


def _program(name: str, command: str, *, priority: int, processes: int = 1) -> str:
    # A stopping worker finishes its calls in flight; if it were killed earlier, their answers would be lost.
    patience = int(settings.TENSORSLAB_TIMEOUT) + 15 if name == "worker" else 15
    return PROGRAM.format(
        name=name, command=command, priority=priority, processes=processes, patience=patience, **_folders()
    )


def _folders() -> dict[str, str]:
    escaped = {"base": settings.BASE_DIR, "var": settings.VAR_DIR, "logs": settings.VAR_DIR / "log"}
    return {name: str(path).replace("%", "%%") for name, path in escaped.items()}


def _quoted(path: Path | str) -> str:
    return '"' + str(path).replace("%", "%%") + '"'


def _end_with_parent() -> None:
    """On Linux, makes supervisord stop when this process is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
