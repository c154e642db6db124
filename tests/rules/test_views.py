"""The pages of rules, and their buttons."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.http import HttpResponse

from dashboard.access.models import Profile
from dashboard.audit.models import AuditEvent
from dashboard.deletions.certificates import content
from dashboard.deletions.models import Certificate, Deletion
from dashboard.register.models import SavedView
from dashboard.rules import showing
from dashboard.rules.models import Rule, Run
from tests.conftest import Person
from tests.factories import UserFactory
from tests.rules.conftest import Life, told

pytestmark = pytest.mark.django_db
NEW = "/rules/new/"


def page(response: HttpResponse) -> str:
    text = re.sub(r"[\u2068\u2069]|</?bdi[^>]*>", "", response.content.decode())
    return " ".join(re.sub("<[^>]*>", " ", text).split())


def said(**changed: str) -> dict[str, str]:
    view = SavedView.objects.get(name="Failed, older than 30 days")
    about = {"name": "Old failures", "view": str(view.uuid), "often": "0", "hour": "4", "reason": "Failed anyway"}
    return {**about, "cap": "1,000", **changed}


@pytest.fixture
def owner(life: Life) -> Person:
    return Person.signed_in(life.owner)


@pytest.mark.once
def test_many_rules_of_one_owner_ask_once_what_that_person_may(
    operator: Person, django_assert_max_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    for number in range(20):
        operator.post(NEW, said(name=f"Rule {number}"))
    operator.get("/rules/")
    with django_assert_max_num_queries(15):
        assert "Rule 19" in operator.get("/rules/").content.decode()


def test_a_rule_is_made_from_a_view(operator: Person) -> None:
    view = SavedView.objects.get(name="Never finished")
    form = operator.get(f"{NEW}?view={view.uuid}").content.decode()
    assert re.search(rf'<option value="{view.uuid}"\s+selected>', form)
    Profile.objects.create(user=operator.user, time_zone="Asia/Shanghai")
    response = operator.post(NEW, said(by_itself="1"))
    rule = Rule.objects.get()
    assert (response.status_code, response.url) == (303, rule.get_absolute_url())
    assert (rule.owner, rule.weekday, rule.hour, rule.cap, rule.by_itself) == (operator.user, 0, 4, 1000, True)
    # At four in the morning in Shanghai.
    assert rule.next_at is not None
    assert (rule.next_at.hour, rule.next_at.weekday()) == (20, 6)
    shown = page(operator.get(response.url))
    assert "every Monday at 04:00, Asia/Shanghai" in shown
    assert "Status: Failed · Created until: older than 30 days" in shown
    assert "So far 0 of 3" in shown
    event = AuditEvent.objects.get(action="rule.made")
    assert (event.actor, event.address, event.detail["cap"]) == ("olga", "127.0.0.1", 1000)


@pytest.mark.once
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": " "}, "Give the rule a name of at most 80 characters."),
        ({"reason": ""}, "Give a reason. It stays in the history of each of its deletions."),
        ({"hour": "24"}, "Choose an hour from 0 to 23."),
        ({"often": "7"}, "Choose an hour from 0 to 23."),
        ({"cap": "many"}, "Write a number of tasks up to 1,000,000."),
        ({"cap": "9999999"}, "Write a number of tasks up to 1,000,000."),
        ({"view": ""}, "Choose a view that you can see."),
        ({"view": "00000000-0000-0000-0000-000000000000"}, "Choose a view that you can see."),
    ],
)
def test_what_can_not_be_a_rule_says_why(operator: Person, changed: dict[str, str], sentence: str) -> None:
    response = operator.post(NEW, said(**changed))
    assert response.status_code == 422
    assert sentence in page(response)
    assert not Rule.objects.exists()


@pytest.mark.once
def test_a_view_without_a_filter_and_one_of_somebody_else_are_refused(operator: Person) -> None:
    query = "presence=present&held=no&view=table"
    everything = SavedView.objects.create(name="All", folded="all", owner=operator.user, query=query)
    theirs = SavedView.objects.create(name="Mine", folded="mine", owner=UserFactory(), query="kind=image&view=table")
    assert "Its view shows all tasks" in page(operator.post(NEW, said(view=str(everything.uuid))))
    assert "Choose a view that you can see." in page(operator.post(NEW, said(view=str(theirs.uuid))))


def test_its_owner_changes_it_and_nobody_else(owner: Person, administrator: Person, life: Life) -> None:
    address = f"{life.rule.get_absolute_url()}change/"
    assert 'value="50"' in owner.get(address).content.decode()
    assert owner.post(address, said(cap="60", view=str(life.view.uuid))).status_code == 303
    assert (life.again().cap, life.rule.weekday) == (60, 0)
    assert owner.post(address, said(cap="")).status_code == 422
    assert administrator.post(address, said()).status_code == 403
    assert administrator.post(f"{life.rule.get_absolute_url()}run/").status_code == 409


def test_anybody_who_may_delete_can_pause_it(life: Life, owner: Person, viewer: Person) -> None:
    other = Person.signed_in(UserFactory(username="paul", role="operator"))
    address = life.rule.get_absolute_url()
    assert viewer.post(f"{address}pause/").status_code == 403
    assert other.post(f"{address}pause/").status_code == 303
    assert (life.again().state_words, life.rule.next_at) == ("Paused", None)
    assert other.post(f"{address}pause/").status_code == 409
    assert other.post(f"{address}resume/").status_code == 409
    assert ">Resume<" in owner.get(address).content.decode()
    assert owner.post(f"{address}resume/").status_code == 303
    assert life.again().next_at is not None
    assert told()[-2:] == ["rule.paused", "rule.resumed"]


def test_a_view_that_is_shared_no_more_is_not_shown_by_the_rule(life: Life, owner: Person, viewer: Person) -> None:
    private = {"owner": UserFactory(), "shared": False, "name": "Mine again", "query": "q=secret&view=table"}
    SavedView.objects.filter(pk=life.view.pk).update(**private)
    for address in ("/rules/", life.rule.get_absolute_url()):
        shown = viewer.get(address).content.decode()
        assert not re.search("secret|Mine again", shown)
        assert "not shared with its owner any more" in shown


def test_an_administrator_deletes_it_and_its_history_stays(life: Life, administrator: Person, viewer: Person) -> None:
    life.failed(2, day=1)
    life.tick(at=life.day(1))
    address = life.rule.get_absolute_url()
    assert administrator.post(f"{address}delete/").status_code == 303
    assert life.draft().state == "discarded"
    assert "Old failures" not in page(viewer.get("/rules/"))
    assert "Drafted" in page(viewer.get(address))
    refused = administrator.post(f"{address}run/")
    assert refused.status_code == 409
    assert f'href="{address}">Go to the rule' in refused.content.decode()


def test_what_waits_is_told_to_its_owner(life: Life, owner: Person, viewer: Person) -> None:
    life.failed(2, day=1)
    life.tick(at=life.day(1))
    waiting = showing.waiting_for(life.owner, now=life.now)
    assert [run.deletion for run in waiting.drafts] == [life.draft()]
    assert showing.waiting_for(viewer.user, now=life.now).number == 0
    # On the pages it is today, and that draft has expired long ago.
    Deletion.objects.update(draft_until="2100-01-01T00:00Z", created_at="2099-12-31T00:00Z")
    assert "Delete 2 tasks?" in page(owner.get("/rules/"))
    assert "The rule “Old failures” drafted 2 tasks: delete or keep?" in page(owner.get("/"))
    assert "Old failures” drafted" not in page(viewer.get("/"))
    draft = page(owner.get(life.draft().get_absolute_url()))
    assert "Drafted by rule “Old failures”. It can be confirmed until" in draft
    assert "Failed anyway" in draft


def test_an_announcement_has_its_number_and_pictures(life: Life, owner: Person) -> None:
    life.to_the_third_consent()
    run = Run.objects.get(state=Run.State.ANNOUNCED)
    Run.objects.filter(pk=run.pk).update(due_at="2100-01-01T00:00Z")
    shown = owner.get(life.rule.get_absolute_url()).content.decode()
    assert "Announced: 5 tasks on" in page(owner.get(life.rule.get_absolute_url()))
    assert shown.count('href="/tasks/image/') == 5
    assert "will delete 5 tasks by itself on" in page(owner.get("/"))
    assert "5 tasks will be deleted by itself" in page(owner.get("/rules/"))


@pytest.mark.once
def test_history_report_and_certificate_tell_of_the_rule(life: Life, owner: Person) -> None:
    life.to_the_third_consent()
    life.tick(at=life.day(4))
    row = life.draft()
    assert "by rule “Old failures”" in page(owner.get("/deletions/"))
    assert "by rule “Old failures”, owner olga, by itself" in page(owner.get(row.get_absolute_url()))
    report = b"".join(owner.get(f"{row.get_absolute_url()}report.json")).decode()
    assert '"drafted_by": {"name": "Old failures", "rule": ' in report
    certificate = Certificate(deletion=row, number=1, issued_at=life.now, root="", leaves=0)
    said_there = f'"rule":{{"by_itself":true,"id":"{life.rule.uuid}"}}'
    assert said_there in content.text_of(certificate, row)


def test_nothing_is_offered_while_nothing_may_be_changed(life: Life, owner: Person, settings) -> None:
    settings.READ_ONLY = True
    shown = owner.get(life.rule.get_absolute_url()).content.decode()
    assert not re.search("Run now|>Pause<|Change…|Delete rule", shown)
    assert "New rule" not in page(owner.get("/rules/"))
