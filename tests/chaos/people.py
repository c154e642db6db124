"""People at the dashboard, through its pages, who do what comes into their heads."""

from __future__ import annotations

import random
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

PASSWORD = "correct horse battery staple"
CLOSED_FOR = 2.0
"""Seconds until somebody whose account is closed tries again: ten failures, and the name has to wait."""
Act = Callable[[], object]


@dataclass(kw_only=True)
class Seen:
    """What people share and the run reads."""

    deletions: list[str] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=dict)
    """How often each HTTP status came; 0 for no answer at all."""
    errors: list[tuple[float, str]] = field(default_factory=list)
    """Answers of 500 and more, with the moment."""
    lost: list[str] = field(default_factory=list)
    """Who did not play to the end, and why."""


class NothingThere(Exception):
    """The page does not hold what it was opened for."""


class Person(threading.Thread, ABC):
    def __init__(self, name: str, *, url: str, seed: str, models: list[str], seen: Seen) -> None:
        super().__init__(name=name, daemon=True)
        self.url, self.models, self.seen = url, models, seen
        self.dice = random.Random(f"{seed} {name}")
        self.session = requests.Session()
        self.ended = threading.Event()
        self.signed_in = False

    @abstractmethod
    def acts(self) -> dict[Act, int]:
        """What this person does, and how often of all."""

    def run(self) -> None:
        try:
            self.play()
        except Exception as error:
            self.seen.lost.append(f"{self.name} stopped: {error!r}")
            raise

    def play(self) -> None:
        while not self.ended.is_set():
            weights = self.acts()
            [act] = self.dice.choices(list(weights), list(weights.values()))
            self.try_to(act)
            self.ended.wait(self.dice.uniform(0.05, 0.6) if self.signed_in else CLOSED_FOR)

    def try_to(self, act: Act) -> bool:
        try:
            if not self.signed_in:
                self.sign_in()
            act()
        except (requests.RequestException, NothingThere):
            # Killed in mid-answer, or a page without what was looked for: people try again.
            self.seen.answers[0] = self.seen.answers.get(0, 0) + 1
            return False
        return True

    def sign_in(self) -> None:
        """Raises NothingThere while the account is closed."""
        self.get("/login/")
        answer = self.post("/login/?next=/tasks/", username=self.name, password=PASSWORD)
        self.signed_in = answer.status_code == 302
        if not self.signed_in:
            raise NothingThere

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
        if answer.headers.get("Location", "").startswith("/login/"):
            # An administrator ended the session.
            self.signed_in = False
        return answer

    def ticked(self, page: str) -> dict[str, object]:
        """Some of what a page of the list shows, as its form sends it."""
        shown = found(r'name="task"\s+value="(\d+)"', page)
        return {"shown": ",".join(shown), "task": self.dice.sample(shown, self.dice.randint(1, len(shown)))}


def found(pattern: str, page: str) -> list[str]:
    """All that match, at least one. Raises NothingThere."""
    if not (matches := re.findall(pattern, page)):
        raise NothingThere
    return matches
