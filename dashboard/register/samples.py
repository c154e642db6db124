"""Realistic sample tasks, made by the database. A seed gives the same tasks on both databases; ages count from now.

A task is derived from words, which are numbers of 31 bits, by integer arithmetic that both databases do alike: fifth
powers modulo a prime, so that no two tasks have the same one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from dashboard.database import prompt_reading
from dashboard.database.dialect import as_hex, as_json, as_moment
from dashboard.register import sample_words as words
from dashboard.register import selecting
from dashboard.register.holding import taking
from dashboard.register.holding.adopting import adopt
from dashboard.register.inserting import insert_select
from dashboard.register.models import HeldTask, Hold, TrackedTask

CHUNK = 10_000
"""Tasks in a transaction, so that others can write in between."""
PRIME = 2_147_483_647
"""2³¹ − 1. Five shares no factor with the number below it, so different numbers have different fifth powers."""
WORDS = ("first", "second", "third", "kind", "state", "prompt", "shape", "age")
"""The first three make the task id."""
OLDEST, UNFINISHED = 180 * 86_400, 2 * 3_600
"""Seconds: the greatest age of a task, and of one that is not finished."""
HELD_EVERY = 677
PER_MILLE = {"image": 700, "completed": 855, "ended": 975, "without a time": 50}


def add_samples(*, count: int, seed: int, now: datetime) -> int:
    """Adds `count` tasks after the present ones, so that a second run makes no id again."""
    first = TrackedTask.objects.count()
    series = "WITH RECURSIVE series(i) AS (SELECT CAST(%s AS bigint) UNION ALL SELECT i + 1 FROM series WHERE i < %s)"
    # The second ORDER BY stops SQLite from computing a word again at each use.
    source = f"FROM ({series} SELECT i, {_escaped(_dealt(seed))} FROM series ORDER BY i) AS words ORDER BY i"  # nosec B608 # numbers that are reckoned here
    given = {name: _escaped(expression) for name, expression in _task(int(now.timestamp())).items()}
    statement, defaults = insert_select(given, source=source, now=now)
    end = first + count
    for begin in range(first, end, CHUNK):
        with transaction.atomic():
            last = selecting.last_task()
            with connection.cursor() as cursor:
                cursor.execute(statement, [*defaults, begin, min(begin + CHUNK, end) - 1])
            prompt_reading.keep_up()
            added = TrackedTask.objects.filter(pk__gt=last).values_list("pk", flat=True)
            taking.take_in(lambda: added, now=now)  # noqa: B023 # asked for at once
    adopt(TrackedTask, Hold, HeldTask, now=now)
    return count


def _dealt(seed: int) -> str:
    """SQL for the words of task `i`: each starts at another point of the same sequence."""
    dealt = []
    for name in WORDS:
        start = int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:4], "big")
        number = f"((i + {start}) % {PRIME})"
        # Modulo the prime at every step, so that no product needs more than 62 bits.
        square = f"({number} * {number} % {PRIME})"
        dealt.append(f"{square} * {square} % {PRIME} * {number} % {PRIME} AS {name}_word")
    return ", ".join(dealt)


def _task(now: int) -> dict[str, str]:
    """SQL for the fields of a task. Divisors separate values that come from the same word."""
    image = f"kind_word % 1000 < {PER_MILLE['image']}"
    timeless = f"NOT ({image}) AND kind_word / 1000 % 1000 < {PER_MILLE['without a time']}"
    completed = f"state_word % 1000 < {PER_MILLE['completed']}"
    ended = f"state_word % 1000 < {PER_MILLE['ended']}"
    held = f"i % {HELD_EVERY} = 5"
    kind = _if(image, "'image'", "'video'")
    task_id = f"SUBSTR({as_hex('third_word')}, 5) || '_' || {as_hex('first_word')} || {as_hex('second_word')}"
    begin = _text(f'["http://127.0.0.1:{settings.SANDBOX_MEDIA_PORT}/')
    ending = _if(image, _choice("kind_word / 1000000", words.ENDINGS), "'mp4'")
    url = f"""{begin} || {kind} || '/' || {task_id} || '.' || {ending} || '"]'"""
    age = f"age_word % {_if(ended, OLDEST, UNFINISHED)}"
    images = _looks(words.IMAGE_WAITING, words.IMAGE_MODELS, words.IMAGE_SIZES, words.STILL_STYLES)
    videos = _looks(words.VIDEO_WAITING, words.VIDEO_MODELS, words.VIDEO_SIZES, words.MOVING_STYLES)
    looks = {name: _if(image, images[name], videos[name]) for name in images}
    return {
        **looks,
        "kind": kind,
        "task_id": task_id,
        "status": _if(completed, "'completed'", _if(ended, "'failed'", looks["status"])),
        "duration": _if(image, "NULL", _choice("shape_word / 100000", words.DURATIONS)),
        "error": _if(f"{ended} AND NOT ({completed})", _choice("state_word / 1000", words.ERRORS), "NULL"),
        "urls": as_json(_if(completed, url, "NULL")),
        "created_at": _if(timeless, "NULL", as_moment(f"{now} - {age}")),
        "held_by": _if(held, "'admin'", "NULL"),
        "held_reason": _if(held, _choice(f"i / {HELD_EVERY}", words.HELD_REASONS), "NULL"),
    }


def _looks(
    waiting: Sequence[str], models: Mapping[str, int], sizes: Sequence[tuple[int, int]], styles: Sequence[str]
) -> dict[str, str]:
    """SQL for the fields that differ between images and videos."""
    subject = _choice("prompt_word", [f"{subject[0].upper()}{subject[1:]}" for subject in words.SUBJECTS])
    place = f"prompt_word / {len(words.SUBJECTS)}"
    style = f"{place} / {len(words.SETTINGS)}"
    weighted = [model for model, weight in models.items() for _ in range(weight)]
    return {
        "status": _choice("state_word / 1000", waiting),
        "model": _choice("shape_word", weighted),
        "prompt": f"{subject} || ' ' || {_choice(place, words.SETTINGS)} || ', ' || {_choice(style, styles)}",
        "width": _choice("shape_word / 1000", [width for width, _height in sizes]),
        "height": _choice("shape_word / 1000", [height for _width, height in sizes]),
    }


def _if(condition: str, then: object, otherwise: object) -> str:
    return f"(CASE WHEN {condition} THEN {then} ELSE {otherwise} END)"


def _choice(number: str, options: Sequence[str] | Sequence[float]) -> str:
    """SQL for one of the options, by `number` modulo their count."""
    texts = [_text(option) if isinstance(option, str) else str(option) for option in options]
    cases = " ".join(f"WHEN {place} THEN {text}" for place, text in enumerate(texts))
    return f"(CASE {number} % {len(texts)} {cases} END)"


def _text(words: str) -> str:
    quoted = words.replace("'", "''")
    return f"'{quoted}'"


def _escaped(sql: str) -> str:
    return sql.replace("%", "%%")
