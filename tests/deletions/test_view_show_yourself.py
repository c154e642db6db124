"""Above a number of tasks, whoever confirms shows first that it is them."""

from __future__ import annotations

import pytest

from dashboard.access.signing_in import fresh
from dashboard.audit.models import AuditEvent
from dashboard.deletions.models import Deletion, State
from tests.conftest import Person
from tests.deletions.conftest import drafted, url_of
from tests.factories import PASSWORD, TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db
SPRING = {"reason": "Spring <cleaning>"}
TOLD = "Above 1 task your password or second factor is asked for"


@pytest.fixture
def olga(settings, monkeypatch: pytest.MonkeyPatch) -> Person:
    """An operator who signed in a while ago."""
    settings.DELETION_REAUTH_ABOVE = 1
    return Person.signed_in(UserFactory(username="olga", role="operator", password=PASSWORD))


@pytest.fixture
def draft(olga: Person) -> Deletion:
    return drafted(olga, [TrackedTaskFactory(), TrackedTaskFactory()])


def confirm(person: Person, draft: Deletion, headers: dict[str, str] | None = None, **said: str) -> object:
    return person.post(url_of("confirm", draft), SPRING | said, headers=headers or {})


def state_of(draft: Deletion) -> str:
    draft.refresh_from_db()
    return draft.state


def test_the_dialog_says_that_it_will_ask(olga: Person, draft: Deletion) -> None:
    assert TOLD in " ".join(olga.get(draft.get_absolute_url()).content.decode().split())
    alone = drafted(olga, [TrackedTaskFactory()])
    assert "is asked for" not in olga.get(alone.get_absolute_url()).content.decode()


def test_it_asks_and_comes_back_to_the_same_draft_with_its_reason(olga: Person, draft: Deletion) -> None:
    asked = confirm(olga, draft)
    assert (asked.status_code, state_of(draft)) == (303, State.DRAFT)
    assert asked.headers["Location"] == f"/account/confirm/?next=%2Fdeletions%2F{draft.uuid}%2F"
    assert AuditEvent.objects.order_by("sequence").last().action == "deletion.person_asked"
    back = olga.post("/account/confirm/", {"password": PASSWORD, "next": draft.get_absolute_url()})
    assert back.headers["Location"] == draft.get_absolute_url()
    assert "Spring &lt;cleaning&gt;</textarea>" in olga.get(back.headers["Location"]).content.decode()
    assert confirm(olga, draft).status_code == 303
    assert state_of(draft) == State.SCHEDULED


def test_the_dialog_leads_there_too(olga: Person, draft: Deletion, htmx) -> None:
    asked = confirm(olga, draft, htmx)
    assert asked.headers["HX-Redirect"].startswith("/account/confirm/?next=%2Fdeletions%2F")
    assert state_of(draft) == State.DRAFT


def test_what_is_wrong_is_told_before_anybody_is_asked(olga: Person, draft: Deletion) -> None:
    assert confirm(olga, draft, reason=" ").status_code == 422
    draft.refresh_from_db()
    assert draft.reason == ""


def test_up_to_that_number_nothing_is_asked(olga: Person) -> None:
    draft = drafted(olga, [TrackedTaskFactory()])
    confirm(olga, draft)
    assert state_of(draft) == State.SCHEDULED


def test_after_five_minutes_it_asks_again(olga: Person, draft: Deletion, monkeypatch: pytest.MonkeyPatch) -> None:
    olga.post("/account/confirm/", {"password": PASSWORD})
    now = fresh.time.time() + fresh.FOR + 1
    monkeypatch.setattr(fresh.time, "time", lambda: now)
    assert "/account/confirm/" in confirm(olga, draft).headers["Location"]
    assert state_of(draft) == State.DRAFT


def test_nobody_elses_draft_keeps_what_is_typed(olga: Person, draft: Deletion, administrator: Person) -> None:
    assert confirm(administrator, draft).status_code == 409
    draft.refresh_from_db()
    assert draft.reason == ""


def test_who_approves_is_asked_too(olga: Person, draft: Deletion, settings) -> None:
    settings.DELETION_APPROVAL_ABOVE, settings.DELETION_REAUTH_ABOVE = 1, None
    assert confirm(olga, draft, asks="yes").status_code == 303
    assert state_of(draft) == State.AWAITING_APPROVAL
    settings.DELETION_REAUTH_ABOVE = 1
    anna = Person.signed_in(UserFactory(username="anna", role="approver", password=PASSWORD))
    shown = {"fingerprint": draft.fingerprint, "count": draft.size}
    asked = anna.post(url_of("approve", draft), shown)
    assert asked.headers["Location"] == f"/account/confirm/?next=%2Fdeletions%2F{draft.uuid}%2F"
    assert state_of(draft) == State.AWAITING_APPROVAL
    anna.post("/account/confirm/", {"password": PASSWORD})
    assert anna.post(url_of("approve", draft), shown).status_code == 303
    assert state_of(draft) == State.SCHEDULED
