"""Who protects tasks from deletion: one, some, or by a rule, for good or for a while; and lets go of them again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.chaos.people import Act, Person, found

RULES = ["model={model}", "q=again", "model={model}&created_before=-6h", "model={model}&created_after=-2h"]


class Holder(Person):
    def acts(self) -> dict[Act, int]:
        return {self.hold_one: 6, self.hold_some: 3, self.add_rule: 1, self.release: 3, self.stop_rule: 2}

    def hold_one(self) -> None:
        """From its page: it may be on its way out at this moment."""
        presence = self.dice.choice(["deleting", "deleting", "present"])
        page = self.get(f"/tasks/?model={self.dice.choice(self.models)}&presence={presence}").text
        kind, task_id = self.dice.choice(found(r"/tasks/(image|video)/([\w-]+)/", page))
        [one] = found(
            r'action="/holds/new/"[\s\S]*?name="one" value="(\d+)"', self.get(f"/tasks/{kind}/{task_id}/").text
        )
        self._place(self.post("/holds/new/", one=one).headers.get("Location", ""))

    def hold_some(self) -> None:
        query = f"model={self.dice.choice(self.models)}"
        ticked = self.ticked(self.get(f"/tasks/?{query}").text)
        self._place(self.post(f"/holds/new/?{query}", **ticked).headers.get("Location", ""))

    def add_rule(self) -> None:
        query = self.dice.choice(RULES).format(model=self.dice.choice(self.models))
        self.post(f"/holds/rule/?{query}", **self._why())

    def release(self) -> None:
        address = self.dice.choice(found(r"/holds/[0-9a-f-]{36}/release/", self.get("/holds/").text))
        [seen] = found(r'name="seen" value="(\d+)"', self.get(address).text)
        self.post(address, seen=seen, reason=f"{self.name} needs it no longer")

    def stop_rule(self) -> None:
        address = self.dice.choice(found(r"/holds/[0-9a-f-]{36}/stop/", self.get("/holds/").text))
        self.post(address, reason=f"{self.name} had enough")

    def _place(self, address: str) -> None:
        [place] = found(r"/holds/new/[0-9a-f-]{36}/.*", address)
        self.post(place, **self._why())

    def _why(self) -> dict[str, object]:
        """Some holds have an end. `Gremlins.days_pass` brings it near."""
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
        return {"reason": f"{self.name} wants it kept", "until": tomorrow if self.dice.random() < 0.4 else ""}
