"""Who agrees to what others ask for, or does not: at once, late, twice, and with a colleague at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.chaos.operators import Operator
from tests.chaos.people import Act, Person, found


class Approver(Operator):
    """May delete too, and tries to approve that as well."""

    colleagues: tuple[Person, ...] = ()

    def acts(self) -> dict[Act, int]:
        return {self.decide: 8, self.decide_together: 3, self.delete_some: 1, self.delete_all_matching: 1}

    def decide(self) -> None:
        uuid = self._one_that_waits()
        page = self.get(f"/deletions/{uuid}/").text
        if self.dice.random() < 0.2:
            # Much may happen to it while this page is open.
            self.ended.wait(self.dice.uniform(0.5, 3.0))
        if self.dice.random() < 0.25:
            self.post(f"/deletions/{uuid}/decline/", reason=f"{self.name} says no")
        else:
            self.post(f"/deletions/{uuid}/approve/", **_shown(page))

    def decide_together(self) -> None:
        uuid = self._one_that_waits()
        shown = _shown(self.get(f"/deletions/{uuid}/").text)
        both = [self, self.dice.choice([self, *self.colleagues])]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda person: person.post(f"/deletions/{uuid}/approve/", **shown), both))

    def approve(self, uuid: str) -> None:
        self.post(f"/deletions/{uuid}/approve/", **_shown(self.get(f"/deletions/{uuid}/").text))

    def decline(self, uuid: str) -> None:
        self.post(f"/deletions/{uuid}/decline/", reason=f"{self.name} says no")

    def _one_that_waits(self) -> str:
        page = self.get("/deletions/?state=awaiting_approval").text
        return self.dice.choice(found(r"/deletions/([0-9a-f-]{36})/", page))


def _shown(page: str) -> dict[str, object]:
    """What the button sends; also of their own, where there is none."""
    fingerprint, *_ = found(r"sha256 of the list of tasks: ([0-9a-f]{64})", page)
    count, *_ = found(r"<h1>Delete ([\d,]+) task", page)
    return {"fingerprint": fingerprint, "count": count.replace(",", "")}
