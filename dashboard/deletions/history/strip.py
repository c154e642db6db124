"""The strip above the table: one person's deletions in flight, and ended ones that the person has not seen."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.models import User

from dashboard.calls import accounts
from dashboard.database import dialect, sql
from dashboard.deletions.history.pace import paces
from dashboard.deletions.history.progress import progress_of
from dashboard.deletions.models import Deletion
from dashboard.deletions.moves import DELETIONS
from dashboard.pages.seen import SEEN
from dashboard.register.listing import rows_for_shown
from dashboard.register.models import TrackedTask

LINGERS = timedelta(seconds=10)
"""Longer than the slowest poll, so that an open page shows every ending once."""
MOST = 10
IN_FLIGHT = f"""
    SELECT COUNT(*), (SELECT a.doubt FROM calls_account a WHERE a.host = %s),
        (SELECT COUNT(*) FROM {DELETIONS} w
            WHERE w.state = 'awaiting_approval' AND (w.actor_id IS NULL OR w.actor_id <> %s))
    FROM {DELETIONS} WHERE state IN ('scheduled', 'running', 'paused')"""  # nosec B608 # only names from the code
TAKEN_UP = f"""(
            SELECT SUM(r.total - r.skipped - r.kept) FROM {DELETIONS} r
            WHERE r.retry_of_id = d.id AND r.state IN ('scheduled', 'running', 'paused', 'finished')"""  # nosec B608 # only names from the code
MINE = f"""
    SELECT d.*, {{looked_at}} AS looked_at, a.rest_until, a.rest_reason, a.doubt,
        COALESCE({TAKEN_UP} AND r.retried_outcome = 'refused'), 0) AS retried,
        COALESCE({TAKEN_UP} AND r.retried_outcome = 'kept'), 0) AS kept_retried
    FROM {DELETIONS} d LEFT JOIN calls_account a ON a.host = d.host
    WHERE d.actor_id = %s AND (
        d.state IN ('awaiting_approval', 'scheduled', 'running', 'paused')
        OR d.state = 'discarded' AND d.approval_asked_at IS NOT NULL AND d.opened_at IS NULL
        OR d.state = 'cancelled' AND d.waiting > 0
        OR d.state IN ('finished', 'cancelled') AND d.finished_at > %s
        OR d.state = 'finished' AND d.opened_at IS NULL AND (d.refused > 0 OR d.unknown > 0 OR d.alarms > 0))
    ORDER BY d.confirmed_at DESC LIMIT %s"""  # nosec B608 # only names from the code
"""Both are used on every page, where Django would take longer to build them than the page's rows take to be found."""


class InFlight(NamedTuple):
    number: int
    """Deletions of all people."""
    doubt: str
    """Why look-ups of the account can't be trusted now; empty if they can."""
    to_approve: int
    """Deletions of others that wait for approval."""


def in_flight(user: User) -> InFlight:
    [(number, doubt, to_approve)] = sql.rows(IN_FLIGHT, accounts.current_host(), user.pk)
    return InFlight(int(number), doubt or "", int(to_approve))


def opened_at(text: str) -> datetime | None:
    """When the page that asks was opened, as `context` told it. None where it does not say."""
    return datetime.fromtimestamp(int(text) / 1000, UTC) if re.fullmatch(r"[0-9]{1,13}", text, re.ASCII) else None


def context(*, user: User, shown: str, opened: datetime | None, now: datetime) -> dict[str, object]:
    mine = _of(user, opened=opened, now=now)
    pace = paces([row for row, _ in mine], now=mine[0][1]) if mine else {}
    cards = [progress_of(row, now=now, pace=pace.get(row.pk, "")) for row, now in mine]
    polls = [card.polling for card in cards if card.polling]
    cells: list[TrackedTask] = rows_for_shown(shown) if shown else []
    since = int(opened.timestamp() * 1000) if opened else ""
    return {
        "cards": cards,
        "polling": min(polls, default=0),
        "cells": cells,
        "opened": since,
        "seen": SEEN,
        "oob": True,
    }


def _of(user: User, *, opened: datetime | None, now: datetime) -> list[tuple[Deletion, datetime]]:
    """The person's deletions, each with the time, which PostgreSQL sends with the rows to save a query."""
    # A clean ending is shown to a page that was open then; trouble stays until its requester opens the deletion.
    lately = now - LINGERS
    since = max(opened or lately, lately)
    mine = sql.instances(Deletion, MINE.format(looked_at=dialect.statement_moment()), user.pk, since, MOST)
    for row in mine:
        row.rest_until = sql.moment(row.rest_until)
    return [(row, row.looked_at or now) for row in mine]
