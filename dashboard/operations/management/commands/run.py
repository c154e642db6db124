from __future__ import annotations

import http.client
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import Error, connections

from dashboard.calls import clock
from dashboard.checks import LOOPBACK, CheckedCommand, database_is_of_this_version
from dashboard.deletions.dispatch import restoring
from dashboard.operations import make, preflight, supervision
from dashboard.operations.first_start import SignIn, ensure_administrator, ensure_sample_register

READY_WITHIN = 60.0


class Command(CheckedCommand):
    help = "Starts web server, workers and, without an account, the sandbox; stops them all at Ctrl-C."
    stopping = False

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.stop)
        interrupted = make.watch()
        try:
            preflight.writable(settings.VAR_DIR)
            with preflight.alone(settings.VAR_DIR):
                preflight.private(settings.VAR_DIR, but=settings.MEDIA_DIR)
                preflight.port_free(settings.BIND, settings.PORT, "PORT")
                if settings.SANDBOX:
                    preflight.port_free("127.0.0.1", settings.SANDBOX_PORT, "SANDBOX_PORT")
                    preflight.port_free("127.0.0.1", settings.SANDBOX_MEDIA_PORT, "SANDBOX_MEDIA_PORT")
                sign_in = self.prepare()
                # The processes that are started must not inherit open connections.
                connections.close_all()
                self.supervise(sign_in, interrupted)
        except preflight.NotReady as error:
            raise CommandError(str(error)) from error
        except Error as error:
            raise CommandError(f"The database can't be used: {str(error).strip()}") from error

    def stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def prepare(self) -> SignIn:
        self.stdout.write("Preparing the database …")
        for wrong in database_is_of_this_version(databases=["default"]):
            raise preflight.NotReady(f"{wrong.msg} {wrong.hint}")
        call_command("migrate", interactive=False, verbosity=0)
        self.check(tags=[Tags.database], databases=["default"])
        restoring.notice(now=clock.now())
        if older := restoring.why():
            self.stdout.write(older)
        sign_in = ensure_administrator()
        ensure_sample_register()
        call_command("collectstatic", interactive=False, verbosity=0)
        return sign_in

    def supervise(self, sign_in: SignIn, interrupted: Callable[[], bool]) -> None:
        if self.stopping:
            return
        supervisor = supervision.start()
        waiting_until: float | None = time.monotonic() + READY_WITHIN
        while not self.stopping and not interrupted() and supervisor.poll() is None:
            if waiting_until is not None and (ready() or time.monotonic() > waiting_until):
                self.announce(sign_in, in_time=time.monotonic() <= waiting_until)
                waiting_until = None
            time.sleep(0.2)
        if supervisor.poll() is not None:
            raise CommandError(f"The supervisor ended. Its log is {settings.VAR_DIR / 'log' / 'supervisord.log'}.")
        self.stdout.write("Stopping …")
        supervisor.terminate()
        supervisor.wait()
        self.stdout.write("Stopped.")

    def announce(self, sign_in: SignIn, *, in_time: bool) -> None:
        lines = [
            "",
            *address(),
            f"  Username  {sign_in.username}",
        ]
        if sign_in.password:
            lines.append(f"  Password  {sign_in.password}")
        lines += [
            f"            (another one: .venv/bin/python manage.py changepassword {sign_in.username})",
            f"  Deletes   {self.account()}",
            f"  Logs      {settings.VAR_DIR / 'log'}",
            "  Stop      Ctrl-C",
            "",
        ]
        if not in_time:
            lines.append(f"Not everything is up after {READY_WITHIN:g} s: the logs say why.")
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    def account(self) -> str:
        if settings.SANDBOX:
            return f"go to the sandbox on port {settings.SANDBOX_PORT}; no real task can be reached"
        return f"go to {settings.TENSORSLAB_API_URL}"


def address() -> list[str]:
    """Lines with the address that people open. Behind a proxy for HTTPS it is the proxy's."""
    host = f"[{reached()}]" if ":" in reached() else reached()
    own = f"http://{host}:{settings.PORT}/"
    if not settings.HTTPS:
        return [f"  Open      {own}"]
    return [f"  Open      https://{allowed()}/", f"            (the proxy for HTTPS asks {own})"]


def allowed() -> str:
    """A host name that people use, if possible not this machine's own."""
    names = [name.replace("*", "localhost").lstrip(".") for name in settings.ALLOWED_HOSTS]
    return next((name for name in names if name.strip("[]") not in LOOPBACK), next(iter(names), "localhost"))


def reached() -> str:
    """The address at which this machine reaches the server."""
    return settings.BIND if settings.BIND not in {"0.0.0.0", "::"} else "127.0.0.1"  # nosec B104 # compared with, not bound to


def ready() -> bool:
    """Asks like a proxy: with an allowed host name, and as HTTPS if that is required."""
    asking = http.client.HTTPConnection(reached(), settings.PORT, timeout=5)
    try:
        asking.request("GET", "/readyz", headers={"Host": allowed()})
        return asking.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()
