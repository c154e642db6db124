"""Which deletion may send next, and whether it may delete or must wait for look-ups first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from dashboard.calls import accounts
from dashboard.calls.models import LONG_AGO
from dashboard.database import sql
from dashboard.deletions.models import REFUSED_AT_LEAST
from dashboard.deletions.moves import DELETIONS, ITEMS

MOST_CLAIMS = 60
"""Claims of a deletion that wait for controls, before its deletes wait for them."""
STILL_FRESH = timedelta(minutes=1)
"""The account must have been asked about a witness at most this long before the confirmation."""
WITHOUT_TRUST_AFTER = timedelta(seconds=30)
"""How long a deletion without trouble waits for look-ups to be trusted again; then it goes on without them."""
RELEASED_AT = "COALESCE(d.decided_at, d.confirmed_at)"
"""When the last person agreed to deletion `d`."""


class Sending(NamedTuple):
    """A deletion that may send now. `next_in_turn` locks its row."""

    pk: int
    uuid: UUID
    stopped: bool
    size: int
    canary_through: int
    canary_kind: str
    canary_done: bool
    doubt: bool
    """Look-ups can't be trusted now, so none are made. It goes on by TensorsLab's word."""
    must_look_first: bool
    """A look-up, or a control that vouches for one, must come before its next delete; or a rule for holds has to be
    applied."""
    released_at: datetime


def may_send() -> str:
    """SQL condition: deletion `d` was confirmed for this address and key, and its account may send.

    A finished one is only looked at, which any key may do that controls vouch for. In doubt, a deletion without trouble
    waits for a while, and then goes on by TensorsLab's word. Its state says that somebody agreed, where that was asked
    for; it is asked once more.
    """
    return f"""d.host = %s AND (d.key = %s OR d.state = 'finished')
        AND (d.approval_asked_at IS NULL OR d.decision = 'approved') AND EXISTS (
        SELECT 1 FROM calls_account a WHERE a.host = d.host
        AND a.paused_reason = '' AND (a.rest_until IS NULL OR a.rest_until <= %s)
        AND (a.doubt = '' OR (d.troubled_at IS NULL AND a.doubted_at <= %s AND {RELEASED_AT} <= %s)))"""  # nosec B608 # pieces from the code, values beside them


def may_send_values(now: datetime) -> tuple[object, ...]:
    patient = now - WITHOUT_TRUST_AFTER
    return accounts.current_host(), accounts.current_key(), now, patient, patient


def nothing_speaks_against() -> str:
    """SQL condition: no look-up contradicts a Success of deletion `d`, or a person has resumed it after the alarm."""
    return "d.contradicted = 0 AND (d.condemned_at IS NULL OR d.alarm_shown_at IS NOT NULL)"


def a_rule_is_behind() -> str:
    """SQL condition on a moment: a rule for holds was not applied to all that matches it by then."""
    return "EXISTS (SELECT 1 FROM register_hold r WHERE r.due_at IS NOT NULL AND r.due_at <= %s)"


def next_in_turn(idle: list[int], *, now: datetime) -> Sending | None:
    """The deletion that was served longest ago and is not in `idle`."""
    last = f"NOT {sql.among('d.id')} ORDER BY d.served_at ASC NULLS FIRST, d.id LIMIT 1{sql.for_update('d')}"
    return _found(last, sql.array_of(idle), now=now)


def of(deletion_id: int, *, now: datetime) -> Sending | None:
    """A deletion if it may send now, without locking it."""
    return _found("d.id = %s", deletion_id, now=now)


def _found(which: str, value: object, *, now: datetime) -> Sending | None:
    found = sql.rows(
        f"""SELECT d.id, d.uuid, d.stopped_at IS NOT NULL, d.total - d.skipped, d.canary_through, d.canary_kind,
            d.canary_done_at IS NOT NULL, (SELECT a.doubt <> '' FROM calls_account a WHERE a.host = d.host),
            NOT ({nothing_speaks_against()}) OR d.doubted_through < d.last_item
                OR (d.unknown >= %s AND d.refusals_accepted_at IS NULL AND
                (d.refused + d.unknown) * 100 > (d.deleted + d.already_gone + d.refused + d.unknown) * %s)
                OR (SELECT COUNT(*) FROM (SELECT 1 FROM {ITEMS} i WHERE i.deletion_id + 0 = d.id AND i.claim > 0
                    LIMIT {MOST_CLAIMS}) AS claims) >= {MOST_CLAIMS}
                OR {a_rule_is_behind()}, {RELEASED_AT}
        FROM {DELETIONS} d WHERE d.state = 'running' AND {may_send()} AND {which}""",  # nosec B608 # pieces from the code, values beside them
        REFUSED_AT_LEAST,
        settings.DELETION_REFUSED_PERCENT,
        now,
        *may_send_values(now),
        value,
    )
    for pk, uuid, stopped, size, through, kind, done, doubt, must_look_first, released_at in found:
        flags = bool(done), bool(doubt), bool(must_look_first)
        released = sql.moment(sql.as_moment(released_at)) or now
        return Sending(pk, UUID(str(uuid)), bool(stopped), size, through, kind, *flags, released)
    return None


def has_a_witness(deletion: Sending) -> bool:
    """Whether the account was asked about a witness for this deletion, and the form of ghosts is known: this must come
    first, since after everything is gone there is no witness."""
    found = sql.rows(
        """SELECT k.witness_asked_at FROM calls_control k JOIN calls_account a ON a.id = k.account_id
        WHERE a.host = %s AND (k.proven_form <> '' OR k.exhausted OR a.doubt <> '')""",
        accounts.current_host(),
    )
    asked = [moment for (at,) in found if (moment := sql.moment(at))]
    return max(asked, default=LONG_AGO) >= deletion.released_at - STILL_FRESH
