"""Judges the claims of look-ups once their controls have answered, and only then changes items."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from django.db import transaction

from dashboard.calls import accounts, judging
from dashboard.calls.judging import Claim, Finding, Judgement
from dashboard.calls.models import Account, Control
from dashboard.database import sql
from dashboard.deletions.dispatch.settlement import DELETION_COLUMNS, Settlement, carried, settled_from
from dashboard.deletions.evidence import doubtful, inspecting, verifying
from dashboard.deletions.evidence.proof import Found
from dashboard.deletions.evidence.silence import no_answer
from dashboard.deletions.models import Outcome
from dashboard.deletions.moves import DELETIONS, ITEMS, change_items

AT_ONCE = 250
"""Claims in one round, and items in one transaction, for which other writers wait."""
NO_ANSWER = "TensorsLab gave no usable answer to the look-up."


class Claimed(NamedTuple):
    deletion: int
    item: int
    call: int
    kind: str
    purpose: str
    form: str
    sent_at: datetime
    answered_at: datetime

    @property
    def claim(self) -> Claim:
        return Claim(form=self.form, sent_at=self.sent_at, answered_at=self.answered_at)


def claims(*, now: datetime) -> list[Claimed]:
    """Claims that can be judged now: their controls have answered, or will not any more."""
    found = sql.rows(
        f"""SELECT i.deletion_id, i.id, i.claim, c.kind, c.purpose, c.form, c.sent_at, c.answered_at
        FROM {ITEMS} i JOIN calls_providercall c ON c.id = i.claim JOIN {DELETIONS} d ON d.id = i.deletion_id + 0
        JOIN calls_account a ON a.host = d.host JOIN calls_control k ON k.account_id = a.id AND k.kind = c.kind
        WHERE i.claim > 0 AND d.state IN ('running', 'finished') AND d.host = %s
        AND (d.key = %s OR d.state = 'finished')
        AND (k.ghost_at >= c.answered_at OR c.answered_at < %s OR c.sent_at < a.trusted_since)
        ORDER BY i.claim LIMIT %s""",  # nosec B608 # only names from the code
        accounts.current_host(),
        accounts.current_key(),
        now - judging.FRESH,
        AT_ONCE,
    )
    rows = map(Claimed._make, found)
    return [
        row._replace(sent_at=sql.moment(row.sent_at) or now, answered_at=sql.moment(row.answered_at) or now)
        for row in rows
    ]


def conclude(*, now: datetime) -> bool:
    """Judges claims, in one transaction per deletion. True if anything changed."""
    moved = False
    while len(waiting := claims(now=now)) and _conclude_all(waiting, now=now):
        moved = True
        if len(waiting) < AT_ONCE:
            break
    return moved


def _conclude_all(waiting: list[Claimed], *, now: datetime) -> bool:
    account = accounts.current()
    known = {control.kind: control for control in account.controls.all()}
    judged = [(claimed, judgement) for claimed in waiting if (judgement := _judge(claimed, known, account, now=now))]
    judged.sort(key=lambda pair: pair[0].deletion)
    for deletion, those in groupby(judged, key=lambda pair: pair[0].deletion):
        _apply(deletion, {claimed.item: (claimed, judgement) for claimed, judgement in those}, now=now)
    return bool(judged)


def _judge(claimed: Claimed, known: dict[str, Control], account: Account, *, now: datetime) -> Judgement | None:
    control = known.get(claimed.kind)
    if control is None:
        return None
    only_its_kind = claimed.purpose == "other"
    return judging.judge(claimed.claim, control=control, account=account, now=now, ghost_is_enough=only_its_kind)


def _apply(deletion_id: int, judged: dict[int, tuple[Claimed, Judgement]], *, now: datetime) -> None:
    with transaction.atomic():
        [row] = sql.rows(
            f"""SELECT {DELETION_COLUMNS} FROM {DELETIONS} d LEFT JOIN calls_account a ON a.host = d.host
            WHERE d.id = %s{sql.for_update("d")}""",  # nosec B608 # only names from the code
            deletion_id,
        )
        work = Settlement(deletion=settled_from(row), now=now)
        for item in carried(f"{sql.among('id')} AND claim IS NOT NULL", sql.array_of(list(judged))):
            claimed, judgement = judged[item.pk]
            if item.claim != claimed.call:
                # Another worker has judged it meanwhile, and the item has the claim of another look-up.
                continue
            moments = {"sent_at": claimed.sent_at, "at": claimed.answered_at}
            found = Found(item, judgement.finding, judgement.witnessed, claimed.purpose, **moments)
            _conclude(work, found)
        work.end()
        work.tell()
    if work.lags:
        accounts.learn_lag(work.deletion.host, max(work.lags))


def _conclude(work: Settlement, found: Found) -> None:
    item = found.item
    if found.finding == Finding.VOID:
        change_items([item.pk], {"claim": None, "not_before": work.after_failures(1)})
    elif found.finding == Finding.NOTHING:
        no_answer(work, item, NO_ANSWER)
    elif item.inspection is not None:
        inspecting.conclude(work, found)
    elif item.outcome == Outcome.DELETED:
        verifying.conclude(work, found)
    elif item.outcome == Outcome.UNKNOWN and item.open:
        doubtful.conclude(work, found)
    else:
        # The item was given up while its claim waited for controls.
        change_items([item.pk], {"claim": None})
