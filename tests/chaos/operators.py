"""Who deletes, and asks where somebody else has to agree."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.chaos.people import Act, NothingThere, Person, found


class Operator(Person):
    has_begun = False

    def acts(self) -> dict[Act, int]:
        if not self.has_begun:
            # Everyone begins with something large; the sets overlap.
            return {self.begin: 1}
        return {
            self.delete_some: 4,
            self.delete_all_matching: 2,
            self.press_something: 6,
            self.import_again: 1,
        }

    def begin(self) -> None:
        self.delete_all_matching()
        self.has_begun = True

    def delete_some(self) -> None:
        page = self.get(f"/tasks/?model={self.dice.choice(self.models)}").text
        self._freeze("", **self.ticked(page))

    def delete_all_matching(self, query: str = "") -> None:
        query = query or f"model={self.dice.choice(self.models)}"
        there = self.post(f"/tasks/selection/?{query}", action="all", shown="").headers.get("Location", "")
        [selection] = found(r"selection=([0-9a-f-]{36})", there)
        self._freeze(f"?{query}&selection={selection}", selection=selection, shown="")

    def _freeze(self, query: str, **ticks: object) -> None:
        answer = self.post(f"/deletions/new/{query}", **ticks)
        self.confirm(answer)

    def confirm(self, drafted: requests.Response) -> None:
        [uuid] = found(r"/deletions/([0-9a-f-]{36})/", drafted.headers.get("Location", ""))
        page = re.sub(r"<[^>]+>", "", self.get(f"/deletions/{uuid}/").text)
        number = re.search(r"Type (\d+) to confirm", page)
        reason = {"reason": f"{self.name} tidies up", "typed": number[1] if number else ""}
        if self.dice.random() < 0.1:
            self.post(f"/deletions/{uuid}/keep/")
            return
        self.seen.deletions.append(uuid)
        if self.dice.random() < 0.3:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda _: self.post(f"/deletions/{uuid}/confirm/", **reason), range(2)))
        else:
            self.post(f"/deletions/{uuid}/confirm/", **reason)
        if self.dice.random() < 0.15:
            # The grace is a second, so some of these come at the last moment and some too late.
            self.ended.wait(self.dice.choice([0.1, 0.5, 0.9, 0.95, 1.0, 1.05]))
            self.post(f"/deletions/{uuid}/{self.dice.choice(['undo', 'withdraw'])}/")

    def press_something(self) -> None:
        """A control of some deletion, whether or not it fits its state."""
        if not self.seen.deletions:
            raise NothingThere
        uuid = self.dice.choice(self.seen.deletions[-30:])
        weights = {"pause": 3, "resume": 4, "stop": 1, "check": 2, "retry": 1, "undo": 1, "withdraw": 1}
        [action] = self.dice.choices(list(weights), list(weights.values()))
        answer = self.post(f"/deletions/{uuid}/{action}/")
        if action == "retry" and answer.status_code == 303:
            self.confirm(answer)

    def import_again(self) -> None:
        """Tasks that may be being deleted come in once more."""
        page = self.get(f"/tasks/?model={self.dice.choice(self.models)}&presence=deleting").text
        known = re.findall(r"/tasks/(image|video)/([\w-]+)/", page)
        rows = "\n".join(["kind,task_id,prompt", *(f"{kind},{task_id},again" for kind, task_id in known[:50])])
        checked = self.post("/tasks/import/", rows=rows).text
        self.post(*found(r'action="(/tasks/import/[0-9a-f-]{36}/)"', checked))
