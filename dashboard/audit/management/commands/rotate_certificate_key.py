from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from dashboard.audit import signing
from dashboard.checks import CheckedCommand
from dashboard.env import generated_secret


class Command(CheckedCommand):
    help = "Puts a new key in the place of the one that signs certificates. Those of before hold as they did."

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = settings.VAR_DIR / "certificate_key"
        if not file.exists() or file.read_text(encoding="ascii").strip() != settings.CERTIFICATE_KEY:
            raise CommandError("CERTIFICATE_KEY is set, so the key is yours to change: put a new secret there.")
        before = signing.key_id(signing.public_key())
        # The old public key must be known before its private half is gone.
        signing.introduce()
        file.unlink()
        settings.CERTIFICATE_KEY = generated_secret(file)
        signing.introduce()
        self.stdout.write(f"Certificates are signed with {signing.key_id(signing.public_key())} instead of {before}.")
        self.stdout.write("Restart the workers: until then they sign with the key of before.")
