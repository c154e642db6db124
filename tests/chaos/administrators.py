"""Who sets limits, ends sessions, and closes accounts while their people have much under way."""

from __future__ import annotations

from collections.abc import Mapping

from tests.chaos.people import Act, Person

LIMITS = ["", "0", "5", "30", "1000"]


class Administrator(Person):
    people: Mapping[str, int]
    """The others: names, and numbers of accounts."""

    def acts(self) -> dict[Act, int]:
        return {self.set_limits: 3, self.close_for_a_while: 2, self.end_sessions: 1, self.open_all: 1}

    def set_limits(self) -> None:
        number = self._somebody()
        self.post(
            f"/access/{number}/limits/", most_tasks=self.dice.choice(LIMITS), most_daily=self.dice.choice(LIMITS[-3:])
        )

    def close_for_a_while(self) -> None:
        number = self._somebody()
        self.post(f"/access/{number}/disable/", deletions=self.dice.choice(["stop", "go_on"]))
        self.ended.wait(self.dice.uniform(0.2, 2.0))
        self.post(f"/access/{number}/open/")

    def end_sessions(self) -> None:
        self.post(f"/access/{self._somebody()}/end-sessions/")

    def open_all(self) -> None:
        """Whom a killed server left closed, too."""
        for number in self.people.values():
            self.post(f"/access/{number}/open/")

    def _somebody(self) -> int:
        return self.dice.choice(list(self.people.values()))
