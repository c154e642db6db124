"""What witness and ghost are answered: rows and moments, without any provider."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from dashboard.calls import accounts, controls, ghost_forms, judging
from dashboard.calls.controls import Purpose
from dashboard.calls.ghost_forms import THERE
from dashboard.calls.judging import Claim, Finding
from dashboard.calls.models import Control
from dashboard.calls.verdicts import Ruling, Verdict

NO_TASK, BUSY = "404 9999 No such task", "200 9999 Busy"

BEGIN = timezone.now()


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def answered(form: str) -> Verdict:
    ruling = Ruling.THERE if form == THERE else Ruling.ABSENT if form else Ruling.LOST
    return Verdict(ruling=ruling, sentence="", form=form)


def tell(purpose: Purpose, *forms: str, seconds: float = 0, task_id: str = "w", kind: str = "image") -> Control:
    """Controls that are answered so, a tenth of a second after one another."""
    for number, form in enumerate(forms):
        moment = at(seconds + number / 10)
        with transaction.atomic():
            control = controls.of(accounts.current(), kind)
            controls.learn(control, purpose, task_id=task_id, verdict=answered(form), sent_at=moment, at=moment)
    return controls.of(accounts.current(), kind)


def judged(form: str, *, seconds: float, now: float = 30) -> Finding | None:
    claim = Claim(form=form, sent_at=at(seconds), answered_at=at(seconds))
    account = accounts.current()
    judgement = judging.judge(claim, control=controls.of(account, "image"), account=account, now=at(now))
    return judgement and judgement.finding


def usual(seconds: float = 0, *, times: int = ghost_forms.GHOSTS) -> None:
    tell(Purpose.GHOST, *[NO_TASK] * times, seconds=seconds)
    tell(Purpose.WITNESS, THERE, seconds=seconds)
