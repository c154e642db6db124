from __future__ import annotations

import sys
from argparse import ArgumentParser
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import DataError, connection

from dashboard.audit import anchors, beginnings, chain, heads
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.checks import CheckedCommand
from dashboard.database import append_only
from dashboard.operations import reconciling

TOLD = 50
"""The most differences that are printed; if there are more, the output says so."""

UNREADABLE = (ArithmeticError, AttributeError, DataError, LookupError, RecursionError, TypeError, ValueError)
"""Errors from values that only an attacker with the database could have written."""


class Command(CheckedCommand):
    help = "Checks that no entry of the audit log was changed, removed or moved. Exit status 1 if one was."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--expect",
            metavar="SEQ:HASH",
            help="also check that the log holds this head, which you noted outside of the database",
        )
        parser.add_argument(
            "--reconcile", action="store_true", help="also compare all deletions, their items and calls with the log"
        )
        parser.add_argument(
            "--accept-new-log",
            action="store_true",
            help="say that this log is right where another was seen before: an empty database, or an older copy",
        )
        parser.add_argument(
            "--export", metavar="FILE", type=Path, help="also write every entry and its salts, as JSON lines"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._verify(options)
        except UNREADABLE as error:
            if options["traceback"]:
                raise
            told = f"Something in the database can't be read: {type(error).__name__}: {error}"
            self.stdout.write(f"The audit log does not hold. {told} (--traceback says where)")
            sys.exit(1)

    def _verify(self, options: dict[str, Any]) -> None:
        if options["export"]:
            self._export(options["export"])
        broken = chain.verify()
        if options["accept_new_log"] and not broken:
            for sentence in beginnings.accept():
                self.stdout.write(f"Accepted: {sentence}")
        wrong = [str(broken)] if broken else []
        wrong += beginnings.wrong() + append_only.wrong(connection) + self._lost() + self._unexpected(options["expect"])
        if options["reconcile"] and not broken:
            wrong += self._different()
        if wrong:
            self.stdout.write(f"The audit log does not hold. {' '.join(wrong)}")
            if beginnings.wrong():
                self.stdout.write("If that log is meant to stand here: verify_audit --accept-new-log")
            sys.exit(1)
        head = AuditHead.objects.filter(pk=chain.HEAD).first() or AuditHead()
        self.stdout.write(f"The audit log holds: {head.sequence:,} entries, the chain ends in {head.hash}.")
        self.stdout.write(f"To check later that it still holds this: --expect {head.sequence}:{head.hash}")

    def _different(self) -> list[str]:
        told = list(islice(reconciling.differences(), TOLD + 1))
        return told if len(told) <= TOLD else [*told[:TOLD], f"These are the first {TOLD}; there are more."]

    def _lost(self) -> list[str]:
        """Heads that this machine saw or published, and that the log lacks."""
        behind = heads.behind()
        lost = {"seen": behind and behind.seen, "published": anchors.lost()}
        return [
            f"Entry {head.sequence} was {how} with the hash {head.hash}, and the log lacks it."
            for how, head in lost.items()
            if head
        ]

    def _unexpected(self, expected: str | None) -> list[str]:
        if expected is None:
            return []
        sequence, _, hash = expected.partition(":")
        if not sequence.isascii() or not sequence.isdigit() or len(sequence) > 18 or len(hash) != 64:
            raise CommandError("Give --expect as SEQ:HASH, such as verify_audit prints at its end.")
        found = AuditEvent.objects.filter(sequence=int(sequence)).values_list("hash", flat=True).first()
        if found == hash.lower():
            return []
        return [f"Entry {sequence} {'is missing' if found is None else f'has the hash {found}'}, not {hash}."]

    def _export(self, file: Path) -> None:
        try:
            with file.open("w", encoding="utf-8") as lines:
                for event in chain.in_order(AuditEvent.objects.all()):
                    lines.write(chain.canonical(chain.as_dict(event)) + "\n")
        except OSError as error:
            raise CommandError(f"{file} can't be written: {error.strerror}.") from error
        self.stdout.write(f"Every entry is written to {file}, with all salts: keep it like a backup of the database.")
