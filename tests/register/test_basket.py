"""What is frozen is what somebody selected, whatever filters, presses, ticks, tabs and sessions it took."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.register.models import Selection, Star, TrackedTask
from tests.conftest import Person
from tests.factories import PASSWORD, TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

QUERIES = ["", "kind=video", "status=failed", "q=fox", "kind=image&status=failed", "starred=yes", "q=owl&kind=video"]
EXAMPLES, STEPS = 15, 25
TABS = st.integers(0, 1)


def matches(task: TrackedTask, query: str, starred: set[int]) -> bool:
    wanted = QueryDict(query)
    return (
        wanted.get("kind", task.kind) == task.kind
        and wanted.get("status", task.status) == task.status
        and wanted.get("q", "") in task.prompt
        and (wanted.get("starred") != "yes" or task.pk in starred)
    )


@dataclass
class Tab:
    """What stands on one page: its address, and what it was told of its rows."""

    query: str = ""
    selection: str = ""
    rows: list[int] = field(default_factory=list)
    known: set[int] = field(default_factory=set)


class Basket(RuleBasedStateMachine):
    """Two tabs of one person, and what a person would say is selected."""

    @initialize()
    def begin(self) -> None:
        for number in range(24):
            TrackedTaskFactory(
                kind="video" if number % 3 == 0 else "image",
                status="failed" if number % 4 == 0 else "completed",
                prompt="fox" if number % 5 else "owl",
            )
        self.tasks = {task.pk: task for task in TrackedTask.objects.all()}
        self.starred = set(list(self.tasks)[5:9])
        Star.objects.bulk_create([Star(task_id=pk, by="li", starred_at="2026-01-01T00:00:00Z") for pk in self.starred])
        self.user = UserFactory(role="operator")
        self.sign_in()
        self.tabs = [Tab(), Tab()]
        self.wanted: set[int] = set()
        self.before: set[int] | None = None
        self.open(self.tabs[0])
        self.open(self.tabs[1])

    def teardown(self) -> None:
        for model in (DeletionItem, Deletion, Selection, TrackedTask):
            model.objects.all().delete()

    def sign_in(self) -> None:
        self.person = Person()
        self.person.user = self.user
        self.person.post("/login/", {"username": self.user.username, "password": PASSWORD})

    def open(self, tab: Tab) -> None:
        """Also after a reload, or back."""
        response = self.person.get(f"/tasks/?{tab.query}&selection={tab.selection}".replace("?&", "?"), follow=True)
        assert response.status_code == 200
        page, selection = response.context["page"], response.context["selection"]
        tab.rows = [row.pk for row in page["rows"]]
        tab.known = {row.pk for row in page["rows"] if row.selected}
        tab.selection = str(selection.uuid) if selection else ""
        self.said = selection.count if selection else 0
        self.hidden = response.context["hidden"]

    def post(self, tab: Tab, action: str, ticked: set[int], **more: str) -> None:
        posted = {
            "action": action,
            "selection": tab.selection,
            "shown": ",".join(map(str, tab.rows)),
            "known": ",".join(map(str, sorted(tab.known))),
            "task": sorted(ticked),
            **more,
        }
        response = self.person.post(f"/tasks/selection/?{tab.query}&selection={tab.selection}", posted)
        assert response.status_code == 303, response.content
        tab.selection = QueryDict(response["Location"].partition("?")[2]).get("selection", "")
        # They are two tabs of one basket: the other follows when it asks next, by the address that both have.
        for other in self.tabs:
            other.selection = tab.selection or other.selection
        self.open(tab)

    def matching(self, tab: Tab) -> set[int]:
        return {pk for pk, task in self.tasks.items() if matches(task, tab.query, self.starred)}

    def pressed(self, tab: Tab) -> set[int]:
        found = self.matching(tab)
        return found if "starred" in tab.query else found - self.starred

    @rule(number=TABS, query=st.sampled_from(QUERIES))
    def filter(self, number: int, query: str) -> None:
        self.tabs[number].query = query
        self.open(self.tabs[number])

    @rule(number=TABS, places=st.sets(st.integers(0, 23), max_size=5))
    def tick(self, number: int, places: set[int]) -> None:
        tab = self.tabs[number]
        changed = {tab.rows[place] for place in places if place < len(tab.rows)}
        entered, left = changed - tab.known, changed & tab.known
        self.wanted = (self.wanted | entered) - left
        self.post(tab, "update", tab.known ^ changed)

    @rule(number=TABS, action=st.sampled_from(["all", "add", "remove"]))
    def press(self, number: int, action: str) -> None:
        tab = self.tabs[number]
        if not tab.rows:
            return
        before = set(self.wanted)
        found = self.pressed(tab)
        self.wanted = {"all": found, "add": before | found, "remove": before - self.matching(tab)}[action]
        self.post(tab, action, tab.known)
        if before:
            self.before = before if self.wanted else None

    @rule(number=TABS)
    def invert(self, number: int) -> None:
        tab = self.tabs[number]
        self.wanted ^= set(tab.rows)
        self.post(tab, "invert", tab.known)

    @rule(number=TABS, picked=st.sets(st.integers(0, 23), min_size=1, max_size=8))
    def name(self, number: int, picked: set[int]) -> None:
        tab = self.tabs[number]
        chosen = [task for place, task in enumerate(self.tasks.values()) if place in picked]
        posted = {"ids": "\n".join([*(task.task_id for task in chosen), "nobody-knows-1"]), "selection": tab.selection}
        response = self.person.post(f"/tasks/ids/?selection={tab.selection}", posted)
        assert "1 is not in the register" in " ".join(response.content.decode().split())
        self.wanted |= {task.pk for task in chosen}
        made = QueryDict(response.context["back_url"].partition("?")[2])["selection"]
        for other in self.tabs:
            other.selection = made
        self.open(tab)

    @rule(number=TABS)
    def clear_and_bring_back(self, number: int) -> None:
        tab = self.tabs[number]
        if not self.wanted:
            return
        self.post(tab, "clear", tab.known)
        assert self.said == 0
        self.post(tab, "restore", set())

    @rule()
    def session_expires(self) -> None:
        tab = self.tabs[0]
        self.person.post("/logout/")
        refused = self.person.get(f"/tasks/?{tab.query}&selection={tab.selection}".replace("?&", "?"))
        assert refused["Location"].startswith("/login/")
        self.sign_in()
        self.open(tab)

    @rule(number=TABS)
    def import_more(self, number: int) -> None:
        task = TrackedTaskFactory(prompt="fox", status="failed")
        self.tasks[task.pk] = task

    @invariant()
    def what_is_said_is_what_is_selected(self) -> None:
        if not hasattr(self, "tabs"):
            return
        for tab in self.tabs[:1] if len(self.wanted) % 2 else self.tabs[1:]:
            self.open(tab)
            assert self.said == len(self.wanted)
            assert tab.known == self.wanted & set(tab.rows)
            assert self.hidden == len(self.wanted - self.matching(tab))

    @rule(number=TABS)
    def delete(self, number: int) -> None:
        """The dialog is opened, and its tasks kept."""
        tab = self.tabs[number]
        if not self.wanted:
            return
        posted = {"selection": tab.selection, "shown": "", "known": ""}
        response = self.person.post(f"/deletions/new/?{tab.query}&selection={tab.selection}", posted)
        draft = Deletion.objects.get(uuid=response["Location"].split("/")[-2])
        assert set(draft.items.values_list("tracked_id", flat=True)) == self.wanted
        outside = draft.facts["outside"]
        assert (outside["number"] if outside else 0) == len(self.wanted - self.matching(tab))
        back = self.person.post(f"/deletions/{draft.uuid}/keep/")
        assert QueryDict(back["Location"].partition("?")[2])["selection"] == tab.selection


def test_what_is_frozen_is_what_was_selected(db: None) -> None:
    run_state_machine_as_test(
        Basket,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
