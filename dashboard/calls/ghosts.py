"""Ids that never existed, in the shape of a real one: a provider may answer otherwise about a malformed id."""

from __future__ import annotations

import re
import secrets
import string

LEAST = 12
"""Least number of random characters, so that no real id is ever drawn."""


def like(task_id: str) -> str:
    """`task_id` with its longest run of letters and digits replaced by random ones, at least `LEAST` of them."""
    run = max(re.finditer(r"[0-9A-Za-z]+|$", task_id), key=lambda match: len(match[0]))
    drawn = "".join(map(_of_its_kind, run[0]))
    alphabet = _alphabet(run[0])
    drawn += "".join(secrets.choice(alphabet) for _ in range(LEAST - len(drawn)))
    return task_id[: run.start()] + drawn + task_id[run.end() :]


def _alphabet(run: str) -> str:
    if run.isdigit():
        return string.digits
    return string.hexdigits[:16] if set(run.lower()) <= set(string.hexdigits) else string.ascii_lowercase


def _of_its_kind(character: str) -> str:
    for alphabet in (string.digits, "abcdef", "ABCDEF", string.ascii_lowercase, string.ascii_uppercase):
        if character in alphabet:
            return secrets.choice(alphabet)
    return character
