"""The people, and what there is behind every address: each button finds something that it could act on."""

from __future__ import annotations

import re
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone

from dashboard.audit import chain
from dashboard.calls import accounts
from dashboard.database import prompt_reading
from dashboard.deletions.certificates import issuing
from dashboard.deletions.dispatch.closing import Closer
from dashboard.deletions.drafts import freezing
from dashboard.deletions.forgetting import pressing
from dashboard.deletions.models import Deletion, Outcome, State
from dashboard.register.holding import asking
from dashboard.register.models import Hold, SavedView, TrackedTask
from dashboard.rules.models import Rule
from tests.api.program import Program
from tests.conftest import Person
from tests.factories import DeletionFactory, DeletionItemFactory, ImportBatchFactory, TrackedTaskFactory, UserFactory

CERTIFIED = ["certificate/", "certificate.json", "receipt.json"]
STAFF = {"is_staff": True}
PEOPLE = {
    "outsider": {},
    "staff": STAFF,
    "viewer": {"role": "viewer"},
    "operator": {"role": "operator"},
    "administrator": STAFF | {"is_superuser": True},
    "disabled": STAFF | {"is_superuser": True},
}


class World:
    """Deletions, holds and the import are the operator's. The disabled person was an administrator, and has a session
    left."""

    def __init__(self) -> None:
        self._browsers = {csrf: Client(enforce_csrf_checks=csrf) for csrf in (False, True)}
        self.sessions = {"stranger": ""}
        self.tokens = {"stranger": ""}
        for name, traits in PEOPLE.items():
            person = Person.signed_in(UserFactory(username=name, **traits))
            self.sessions[name] = person.cookies["sessionid"].value
            self.tokens[name] = Program(person.user).token
        User.objects.filter(username="disabled").update(is_active=False)
        self.operator = User.objects.get(username="operator")
        self.group = self.operator.groups.get()
        self.task = TrackedTaskFactory()
        self.batch = ImportBatchFactory(user=self.operator, ids=["abcd_1"])
        self.deletions = self._deletions()
        self.frozen = asking.frozen_of_one(self.task.pk, user=self.operator)
        other = asking.frozen_of_one(TrackedTaskFactory().pk, user=self.operator)
        asked = {"by": asking.By(user=self.operator), "reason": "Asked for", "typed": "", "now": timezone.now()}
        self.forgotten = pressing.press(selection=other, **asked)
        self.rule = Hold.objects.create(by="operator", reason="Keep", placed_at=timezone.now(), filter="q=fox")
        own = {"owner": self.operator, "shared": True, "query": "kind=image&view=table"}
        self.view = SavedView.objects.create(name="Images", folded="images", **own)
        about = {"name": "Images", "view": self.view, "query": self.view.query, "hour": 3, "cap": 1, "reason": "Old"}
        moments = dict.fromkeys(("made_at", "terms_at"), timezone.now())
        self.drafting = Rule.objects.create(
            owner=self.operator, next_at=timezone.now() + timedelta(hours=9), **about, **moments
        )
        with transaction.atomic():
            self.event = chain.append(actor="operator", action="deletion.confirmed")
        # Or whoever looks first would have what was written to the register read.
        prompt_reading.keep_up()

    def path(self, route: str) -> str:
        """An address that the route leads to."""
        # Ninja's own name for it, below /api/.
        place, uuid, action = route.replace("<uuidstr:", "<uuid:").partition("<uuid:uuid>/")
        if uuid:
            held = self.frozen if place in {"/holds/new/", "/holds/release/", "/forgotten/new/"} else self.rule
            if place == "/forgotten/":
                return f"{place}{self.forgotten.uuid}/{action}"
            if place == "/rules/":
                return f"{place}{self.drafting.uuid}/{action}"
            if place == "/tasks/views/":
                return f"{place}{self.view.uuid}/{action}"
            deletion = self.deletions.get(action) or self.deletions.get(f"{action}/")
            row = self.batch if "import" in place else held if "/holds/" in place else deletion
            return f"{place}{row.uuid}/{action}"
        named = {
            "<str:kind>": "image",
            "<path:task_id>": self.task.task_id,
            "<int:person>": self.operator.pk,
            "<int:token>": self.operator.tokens.get().pk,
            "<kind>": "image",
            "<str:role>": "operator",
            "join/<str:token>": "join/unknown",
            "<int:pk>": self.task.pk,
            "<str:token>/<str:name>": f"{'0' * 32}/64.webp",
            "<int:number>": self.task.pk,
            "<id>": self.operator.pk,
            "user/<path:object_id>": f"user/{self.operator.pk}",
            "group/<path:object_id>": f"group/{self.group.pk}",
            "auditevent/<path:object_id>": f"auditevent/{self.event.pk}",
            "deletion/<path:object_id>": f"deletion/{self.deletions[''].pk}",
            "<path:rest>": "1/1/",
            "r/<path:content_type_id>/<path:object_id>/": "r/1/1/",
            r"(?P<url>.*)$": "nowhere/",
        }
        for part, value in named.items():
            route = route.replace(part, str(value))
        return re.sub(r"\^\(\?P<app_label>.*", "auth/", route)

    def browser(self, name: str, *, csrf: bool = False) -> Client:
        """As it was when the world was made, whatever it was told since."""
        # Each new client reads all static files.
        client = self._browsers[csrf]
        client.cookies.clear()
        client.defaults.pop("HTTP_AUTHORIZATION", None)
        if session := self.sessions[name]:
            client.cookies["sessionid"] = session
            if not csrf:
                client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {self.tokens[name]}"
        return client

    def _deletions(self) -> dict[str, Deletion]:
        """By what ends the address of what can be asked of them."""
        now = timezone.now()
        tasks = TrackedTask.objects.filter(pk=self.task.pk)
        draft = freezing.freeze_tasks(tasks=tasks, actor=self.operator)
        own = {"actor": self.operator, "host": accounts.current_host(), "total": 1, "finished_at": None}
        awaiting = DeletionFactory(**own, state=State.AWAITING_APPROVAL, approval_asked_at=now, waiting=1)
        scheduled = DeletionFactory(**own, state=State.SCHEDULED, starts_at=now + timedelta(hours=1), waiting=1)
        running = DeletionFactory(**own, state=State.RUNNING, waiting=1)
        paused = DeletionFactory(**own, state=State.PAUSED, waiting=1)
        finished = DeletionFactory(**own | {"finished_at": now, "total": 3}, refused=1, unknown=1, kept=1)
        for outcome in (Outcome.REFUSED, Outcome.UNKNOWN, Outcome.KEPT):
            DeletionItemFactory(deletion=finished, outcome=outcome)
        buttons = {
            draft: ["confirm/", "keep/", "remove/", "override/"],
            awaiting: ["approve/", "decline/", "withdraw/"],
            scheduled: ["undo/"],
            running: ["pause/", "stop/"],
            paused: ["resume/", "accept/"],
            finished: ["", "retry/", "check/", "delete-kept/", "report.csv", "report.json", *CERTIFIED],
        }
        Closer().tick(now=now)
        issuing.issue_due(now=now)
        return {button: deletion for deletion, named in buttons.items() for button in named}
