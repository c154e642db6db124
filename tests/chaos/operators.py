"""People at the dashboard, through its pages, who do what comes into their heads."""

from __future__ import annotations

import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

PASSWORD = "correct horse battery staple"


@dataclass(kw_only=True)
class Seen:
    """What operators share and the run reads."""

    deletions: list[str] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=dict)
    """How often each HTTP status came; 0 for no answer at all."""
    errors: list[tuple[float, str]] = field(default_factory=list)
    """Answers of 500 and more, with the moment."""


class NothingThere(Exception):
    """The page does not hold what it was opened for."""


class Operator(threading.Thread):
    def __init__(self, name: str, *, url: str, seed: str, models: list[str], seen: Seen) -> None:
        super().__init__(name=name, daemon=True)
        self.url, self.models, self.seen = url, models, seen
        self.dice = random.Random(f"{seed} {name}")
        self.session = requests.Session()
        self.ended = threading.Event()
        self.signed_in = False

    def run(self) -> None:
        """Everyone begins with something large; the sets overlap."""
        first = [self.delete_all_matching]
        while not self.ended.is_set():
            weights = {
                self.delete_some: 4,
                self.delete_all_matching: 2,
                self.press_something: 6,
                self.import_again: 1,
            }
            [act] = first or self.dice.choices(list(weights), list(weights.values()))
            try:
                if not self.signed_in:
                    self.sign_in()
                act()
                first = []
            except (requests.RequestException, NothingThere):
                # Killed in mid-answer, or a page without what was looked for: people try again.
                self.seen.answers[0] = self.seen.answers.get(0, 0) + 1
            self.ended.wait(self.dice.uniform(0.05, 0.6))

    def sign_in(self) -> None:
        self.get("/login/")
        answer = self.post("/login/?next=/tasks/", username=self.name, password=PASSWORD)
        self.signed_in = answer.status_code == 302

    def get(self, path: str) -> requests.Response:
        return self._noted(self.session.get(self.url + path, timeout=30, allow_redirects=False))

    def post(self, path: str, **fields: object) -> requests.Response:
        token = self.session.cookies.get("csrftoken", "")
        data = {"csrfmiddlewaretoken": token, **fields}
        return self._noted(self.session.post(self.url + path, data=data, timeout=30, allow_redirects=False))

    def _noted(self, answer: requests.Response) -> requests.Response:
        self.seen.answers[answer.status_code] = self.seen.answers.get(answer.status_code, 0) + 1
        if answer.status_code >= 500:
            self.seen.errors.append((time.time(), f"{answer.status_code} from {answer.request.url}"))
        return answer

    def delete_some(self) -> None:
        page = self.get(f"/tasks/?model={self.dice.choice(self.models)}").text
        shown = found(r'name="task"\s+value="(\d+)"', page)
        self._freeze("", shown=",".join(shown), task=self.dice.sample(shown, self.dice.randint(1, len(shown))))

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
            self.post(f"/deletions/{uuid}/undo/")

    def press_something(self) -> None:
        """A control of some deletion, whether or not it fits its state."""
        if not self.seen.deletions:
            raise NothingThere
        uuid = self.dice.choice(self.seen.deletions[-30:])
        weights = {"pause": 3, "resume": 4, "stop": 1, "check": 2, "retry": 1, "undo": 1}
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


def found(pattern: str, page: str) -> list[str]:
    """All that match, at least one. Raises NothingThere."""
    if not (matches := re.findall(pattern, page)):
        raise NothingThere
    return matches
