"""How fast a deletion goes, by the calls that are written down, and how long the rest will take at that pace."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from dashboard.database import sql
from dashboard.deletions.models import SUCCESS, Deletion

LATELY = timedelta(minutes=2)
LAST_CALLS = 300
"""So many are looked at: whoever looks at a page asks every few seconds."""
FEWEST_CALLS = 3
SHORTEST = 5.0
"""Seconds and calls below which nothing can be said."""
OF_ONE = f"""
    SELECT {{pk}}, COUNT(*), SUM(ids), MIN(sent_at) FROM (
        SELECT ids, sent_at, operation, code FROM calls_providercall
        WHERE deletion = %s AND answered_at > %s ORDER BY id DESC LIMIT {LAST_CALLS}) AS lately
    WHERE operation = 'delete' AND code = {SUCCESS}"""  # nosec B608 # only numbers from the code


def paces(deletions: Sequence[Deletion], *, now: datetime) -> dict[int, str]:
    """By the key of each that is being sent, and of which something can be said. One statement for all."""
    going = {row.pk: row for row in deletions if _is_steady(row, now=now)}
    if not going:
        return {}
    statement = " UNION ALL ".join(OF_ONE.format(pk=int(pk)) for pk in going)
    values = [value for row in going.values() for value in (row.uuid, now - LATELY)]
    found = {}
    for pk, calls, ids, first in sql.rows(statement, *values):
        began = sql.moment(sql.as_moment(first))
        if calls >= FEWEST_CALLS and began and (seconds := (now - began).total_seconds()) >= SHORTEST:
            found[pk] = in_words(ids / seconds, left=going[pk].waiting + going[pk].sent)
    return found


def _is_steady(deletion: Deletion, *, now: datetime) -> bool:
    """It is being sent, and nothing holds it up: else what was done lately says nothing of what comes."""
    held_up = deletion.rest_until is not None and deletion.rest_until > now
    doubtful = deletion.doubt or deletion.is_alarm_building or deletion.is_canary_out
    return deletion.is_sending and deletion.waiting > 0 and not (held_up or doubtful)


def in_words(per_second: float, *, left: int) -> str:
    """“210 tasks a second, about 4 min left”."""
    if per_second >= 1:
        rate = f"{_rounded(per_second):,} task{'' if _rounded(per_second) == 1 else 's'} a second"
    else:
        per_minute = _rounded(60 * per_second)
        slow = "less than 1" if 60 * per_second < 1 else f"{per_minute:,}"
        rate = f"{slow} task{'' if per_minute <= 1 else 's'} a minute"
    return f"{rate}, {_time_left(left / per_second)}"


def _rounded(number: float) -> int:
    """To two digits: more would say that it is known so well."""
    step: int = 10 ** max(0, math.floor(math.log10(max(number, 1))) - 1)
    return round(number / step) * step


def _time_left(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    if minutes <= 1:
        return "less than a minute left"
    if minutes < 60:
        return f"about {minutes} min left"
    if minutes < 48 * 60:
        return f"about {minutes // 60} h {minutes % 60 // 10 * 10:02} min left"
    return f"about {minutes // 1440:,} days left"
