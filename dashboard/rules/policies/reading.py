"""Reads `*.toml`. What is not understood is refused: a mistyped key would otherwise be a policy without a cap."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from dashboard.access.permissions import DELETE_TASKS
from dashboard.pages.filter_forms import BadFilter
from dashboard.register.command_line import choosing
from dashboard.register.holding.asking import reason_errors
from dashboard.rules.making import LONGEST_NAME, MOST_A_DAY

TEXTS, OPTIONAL = ("name", "filter", "reason"), ("owner",)
LARGEST = 100_000
"""Bytes. What lies in a repository may be a link to anything."""
KEYS = {*TEXTS, *OPTIONAL, "cap"}


class Wrong(Exception):
    """A sentence a line, each with its file."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    name: str
    filter: str
    """A query string of the list."""
    reason: str
    cap: int
    """The most tasks of one plan; with more, none of them goes."""
    owner: User
    """Whose deletion it is, with their rights and limits."""


def read(folder: Path, *, username: str) -> list[Policy]:
    """In the order of their files. `username` answers for those that name no owner. Raises `Wrong`."""
    files = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    if not files:
        raise Wrong(f"{folder} holds no policy: no file that ends with .toml.")
    found: list[Policy] = []
    wrong: list[str] = []
    for file in files:
        policy, mistakes = _read(file, username=username)
        found += [policy] if policy else []
        wrong += [f"{file.name}: {mistake}" for mistake in mistakes]
    names = [policy.name for policy in found]
    wrong += [f"Two policies are called “{name}”." for name in sorted({*names}) if names.count(name) > 1]
    if wrong:
        raise Wrong("\n".join(wrong))
    return found


def _read(file: Path, *, username: str) -> tuple[Policy | None, list[str]]:
    if not file.is_file() or file.stat().st_size > LARGEST:
        return None, [f"it is no file of up to {LARGEST:,} bytes."]
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        return None, [f"it can't be read: {error}."]
    if mistakes := [*_keys(values), *_values(values)]:
        return None, mistakes
    name = values.get("owner", username)
    owner = User.objects.filter(username=name, is_active=True).first()
    if owner is None or not owner.has_perm(DELETE_TASKS):
        who = f"“{name}”" if name else "Nobody"
        return None, [f"{who} may not delete tasks. Name an owner who may, in the file or by --as."]
    texts = {key: values[key].strip() for key in TEXTS}
    return Policy(**texts, cap=values["cap"], owner=owner), []


def _keys(values: dict[str, Any]) -> list[str]:
    unknown = [f"there is no key called “{key}”." for key in sorted({*values} - KEYS)]
    return unknown + [f"“{key}” is missing." for key in (*TEXTS, "cap") if key not in values]


def _values(values: dict[str, Any]) -> list[str]:
    wrong = [f"“{key}” is no text." for key in (*TEXTS, *OPTIONAL) if not isinstance(values.get(key, ""), str)]
    cap = values.get("cap", 0)
    if isinstance(cap, bool) or not isinstance(cap, int) or not 0 <= cap <= MOST_A_DAY:
        wrong.append(f"“cap” is no whole number up to {MOST_A_DAY:,}.")
    if wrong or {*TEXTS} - {*values}:
        return wrong
    if not 0 < len(values["name"].strip()) <= LONGEST_NAME or not values["name"].isprintable():
        wrong.append(f"“name” needs 1 to {LONGEST_NAME} characters.")
    wrong += reason_errors(values["reason"], stays="It stays in the history.").values()
    return wrong + _filter(values["filter"].strip())


def _filter(text: str) -> list[str]:
    try:
        filter = choosing.filter_of(text)
    except BadFilter as bad:
        return [str(bad)]
    return ["its filter narrows nothing, so it would delete everything."] if choosing.is_everything(filter) else []
