from __future__ import annotations

from collections.abc import Callable

import pytest

from dashboard.audit.models import AuditEvent
from dashboard.calls.models import Account, Control
from dashboard.register.models import RefreshMinute
from dashboard.register.refreshing import background


@pytest.fixture
def turn(settings) -> Callable[..., None]:
    """A turn of a worker's thread in a minute that has its calls. Nothing waits: a rest is over when it was begun."""
    settings.REFRESH_CALLS_PER_MINUTE = 30

    def rest(seconds: float) -> None:
        Account.objects.update(rest_until=None)
        Control.objects.update(next_at=None)

    def turn(*, may_go_on: Callable[[], bool] = lambda: True, same_minute: bool = False) -> None:
        if not same_minute:
            RefreshMinute.objects.all().delete()
        background.turn(sleep=rest, may_go_on=may_go_on)

    return turn


def asked() -> list[str]:
    """Whom it asked about, controls left out."""
    events = AuditEvent.objects.filter(action="call.look_up").order_by("sequence")
    return [task_id for event in events if not event.detail["purpose"] for task_id in event.detail["ids"]]
