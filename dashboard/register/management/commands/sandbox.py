from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from dashboard.calls.sandbox import serve
from dashboard.register.witnesses import in_register


class Command(BaseCommand):
    help = (
        "Run the local provider. What the register holds counts as alive until it is deleted; other ids never existed."
    )
    # It needs no database, no templates and no valid settings to start.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.SANDBOX_PORT)
        parser.add_argument("--media-port", type=int, help="Of its result files; the next port, or SANDBOX_MEDIA_PORT.")

    def handle(self, *args: Any, port: int, media_port: int | None = None, **options: Any) -> None:
        if media_port is None:
            media_port = settings.SANDBOX_MEDIA_PORT if port == settings.SANDBOX_PORT else port + 1
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        try:
            ledger_file = settings.VAR_DIR / "sandbox-ledger.jsonl"
            serve(port=port, media_port=media_port, ledger_file=ledger_file, known=known, ready=self.announce)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {port} or {media_port} is in use. Set SANDBOX_PORT or SANDBOX_MEDIA_PORT to another."
                ) from error
            raise CommandError(f"The sandbox can't start on port {port}: {error.strerror}.") from error
        except OverflowError as error:
            raise CommandError(f"Port {port} is none. Use 1 to 65535.") from error

    def announce(self, url: str) -> None:
        self.stdout.write(f"Sandbox provider at {url}")
        self.stdout.flush()


def known(kind: str, ids: Sequence[str]) -> set[str]:
    """Runs in a thread of its own for each request, so the database connection is closed afterwards."""
    try:
        return in_register(kind, ids)
    finally:
        connection.close()
