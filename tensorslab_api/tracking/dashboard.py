"""The dashboard's `POST /api/tasks/`, and what its answers mean for the tasks that were sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from tensorslab_api.replies import read_retry_after

PATH = "/api/tasks/"
MOST_TASKS = 1000
"""Tasks of one request; more are refused."""
LONGEST_ANSWER = 1024 * 1024
NO_DASHBOARD = "Its answer is not that of a dashboard."


@dataclass(frozen=True, kw_only=True)
class Taken:
    """It has them, but for these: the place of each among those that were sent, and why."""

    problems: dict[int, str]


@dataclass(frozen=True, kw_only=True)
class NotNow:
    """Nothing was taken that we know of. All of it is sent again, which does no harm."""

    why: str
    after: float | None = None
    """Seconds that it asked for."""
    needs_somebody: bool = False
    """It will be so until somebody changes something: the token, or the address."""


@dataclass(frozen=True, kw_only=True)
class Never:
    """It will not take this request, however often it is sent."""

    why: str


Answer = Taken | NotNow | Never


class Dashboard:
    """One dashboard. The only thing ever sent to it beside tasks is its own token."""

    def __init__(self, url: str, *, token: str, timeout: float, verify: bool | str) -> None:
        """Raises ValueError for an address or a token that can't be one."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise ValueError("The dashboard's address must be like https://dashboard.example.com.")
        if not token.isascii() or not token.isprintable() or not token.strip():
            raise ValueError("The dashboard's token is empty, or holds a character that can't be sent.")
        self.url = url.rstrip("/") + PATH
        self._token = token.strip()
        self._timeout, self._verify = timeout, verify
        self.start_anew()

    def __repr__(self) -> str:
        return f"<Dashboard {self.url}>"

    def start_anew(self) -> None:
        """A forked process must not speak on its parent's connections."""
        self._session = requests.Session()
        # Else a .netrc would put another name and password in the token's place.
        self._session.trust_env = False

    def post(self, tasks: list[bytes]) -> Answer:
        """Sends these tasks, each as JSON. Never raises for what a network or a server does."""
        body = b'{"tasks":[' + b",".join(tasks) + b"]}"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            with self._session.post(
                self.url,
                data=body,
                headers=headers,
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
                stream=True,
            ) as response:
                said = response.raw.read(LONGEST_ANSWER, decode_content=True)
                return meaning(response.status_code, response.headers.get("Retry-After"), said, sent=len(tasks))
        except (requests.RequestException, OSError) as error:
            return NotNow(why=f"It can't be reached ({type(error).__name__}).")
        except Exception as error:  # urllib3's own, while reading
            return NotNow(why=f"Its answer broke off ({type(error).__name__}).")


def meaning(status: int, retry_after: str | None, body: bytes, *, sent: int) -> Answer:
    match status:
        case 200:
            problems = _problems(body, sent=sent)
            return Taken(problems=problems) if problems is not None else NotNow(why=NO_DASHBOARD)
        case 400 | 413 | 422:
            return Never(why=f"HTTP {status}: {_detail(body)}")
        case 401 | 403:
            return NotNow(why=f"It does not take the token (HTTP {status}).", needs_somebody=True)
        case _ if 300 <= status < 500 and status not in {408, 409, 425, 429}:
            return NotNow(why=f"There is no dashboard at that address (HTTP {status}).", needs_somebody=True)
        case _:
            return NotNow(why=f"It answered HTTP {status}.", after=read_retry_after(retry_after))


def _problems(body: bytes, *, sent: int) -> dict[int, str] | None:
    """None if this is no answer of the shape `{"added", "updated", "unchanged", "problems"}`."""
    value = _json(body)
    counts = [value.get(name) for name in ("added", "updated", "unchanged")]
    problems = value.get("problems")
    if not all(isinstance(count, int) for count in counts) or not isinstance(problems, list):
        return None
    found: dict[int, str] = {}
    for problem in problems:
        place = problem.get("index") if isinstance(problem, dict) else None
        if not isinstance(place, int) or not 0 <= place < sent:
            return None
        # One that was stored with a text cut is no refusal.
        if problem.get("stored") is not True:
            found[place] = str(problem.get("problem", ""))[:500]
    return found


def _detail(body: bytes) -> str:
    """The sentence of an RFC 9457 problem."""
    value = _json(body)
    return str(value.get("detail") or value.get("title") or "no reason given")[:500]


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
