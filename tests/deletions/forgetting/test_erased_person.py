"""Who asked for a forgetting can be erased like anybody else."""

from __future__ import annotations

import pytest

from dashboard.audit import chain
from dashboard.deletions.certificates import issued
from dashboard.deletions.forgetting import pressing
from dashboard.deletions.forgetting.certificate import PEOPLE
from dashboard.operations import erasing
from dashboard.register.holding.asking import By
from tests.deletions.forgetting.conftest import press
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_name_and_reason_go_and_the_certificate_stays(by: By) -> None:
    forgetting = press(by, TrackedTaskFactory())
    by.user.is_active = False
    by.user.save()
    pseudonym, _ = erasing.erase("alice", sleep=lambda _: None)
    signed = forgetting.signed
    forgetting.refresh_from_db()
    assert (forgetting.by, forgetting.reason, forgetting.signed) == (pseudonym, "", signed)
    opened = issued.opened(forgetting, PEOPLE)
    assert opened["requested_by"] == {"value": pseudonym, "salt": None}
    assert opened["reason"] == {"value": "", "salt": None}
    assert chain.verify() is None


def test_nobody_is_erased_for_whom_tasks_are_being_forgotten(by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressing, "AT_ONCE", 0)
    press(by, TrackedTaskFactory())
    by.user.is_active = False
    by.user.save()
    with pytest.raises(erasing.Refused, match="being held, released or forgotten"):
        erasing.erase("alice", sleep=lambda _: None)
