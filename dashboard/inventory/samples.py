"""A believable register, made up. The same seed makes the same tasks; their ages count back from now."""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction

from dashboard.calls.models import Kind
from dashboard.inventory.models import Status, TrackedTask

BATCH = 2000
OLDEST_DAYS = 180
HELD_EVERY = 677
HELD_REASONS = ["legal case", "customer audit", "legal case"]

IMAGE_MODELS = {"seedreamv4": 5, "seedreamv45": 4, "seedreamv5": 5, "zimage": 3}
VIDEO_MODELS = {"seedancev1": 3, "seedancev15pro": 4, "seedancev2": 4}
IMAGE_SIZES = [(2048, 2048), (1024, 1024), (2304, 1728), (1728, 2304), (2560, 1440), (1440, 2560)]
VIDEO_SIZES = [(1280, 720), (1920, 1080), (720, 1280), (1080, 1080)]
DURATIONS = [5.0, 5.0, 5.0, 8.0, 10.0, 12.0]

SUBJECTS = [
    "two foxes in snow",
    "a red kite over white cliffs",
    "a retro robot watering a bonsai",
    "a ceramic teapot on linen",
    "an old fishing boat at low tide",
    "a glass of tea with steam",
    "a cellist in an empty hall",
    "a barn owl on a fence post",
    "a market stall of citrus fruit",
    "a night train at a country station",
    "a pair of running shoes",
    "a sleeping greyhound",
    "a lighthouse keeper's desk",
    "rice terraces seen from the air",
    "an isometric city block",
    "a child's kite in a blue sky",
    "a perfume bottle between river stones",
    "a baker dusting flour",
    "a tram climbing a steep street",
    "a tide pool",
    "a stack of hand-thrown bowls",
    "a violin maker's bench",
    "a greenhouse of ferns",
    "a mountain hut in a storm",
    "an espresso machine, chrome and brass",
    "wind over a wheat field",
    "a paper crane on a windowsill",
    "a desert observatory",
]
SETTINGS = [
    "at sunrise",
    "in morning fog",
    "after the rain",
    "under a full moon",
    "in late autumn",
    "in deep winter",
    "at blue hour",
    "in a cedar forest",
    "beside a frozen lake",
    "on a rooftop at night",
    "with neon reflections",
    "in a whitewashed room",
    "against a plain grey backdrop",
    "by candlelight",
    "in a summer meadow",
    "above the clouds",
]
STILL_STYLES = [
    "telephoto, soft light",
    "35 mm film, fine grain",
    "product shot, softbox",
    "watercolour on rough paper",
    "backlit",
    "macro",
    "wide angle, deep focus",
    "flat vector illustration",
    "oil painting, visible strokes",
    "low key, single source",
    "pastel palette",
    "editorial photo",
    "shallow depth of field",
    "long exposure",
    "risograph, two colours",
]
MOVING_STYLES = [
    "slow dolly in",
    "static camera, 5 s loop",
    "aerial, slow pan",
    "handheld, natural light",
    "orbit, half a turn",
    "time-lapse",
    "slow motion",
    "tracking shot from the left",
    "crane up to a wide view",
    "rack focus to the background",
]
ERRORS = [
    "The prompt was refused by the content filter.",
    "Generation timed out.",
    "The source image could not be read.",
    "Internal error of the model service.",
]


def add_samples(*, count: int, seed: int, now: datetime) -> int:
    """Adds that many tasks after those already there, so that running it twice never meets the same id."""
    first = TrackedTask.objects.count()
    samples = (sample(index, seed=seed, now=now) for index in range(first, first + count))
    while batch := list(islice(samples, BATCH)):
        with transaction.atomic():
            TrackedTask.objects.bulk_create(batch)
    return count


def sample(index: int, *, seed: int, now: datetime) -> TrackedTask:
    code = hashlib.sha256(f"{seed} {index}".encode()).hexdigest()
    chance = random.Random(code)  # noqa: S311
    kind = Kind.IMAGE if chance.random() < 0.7 else Kind.VIDEO
    task_id = f"{code[:4]}_{code[4:20]}"
    status = _status(chance, kind)
    details = _image(chance) if kind == Kind.IMAGE else _video(chance)
    if status == Status.COMPLETED:
        details["urls"] = [f"{settings.TENSORSLAB_API_URL}/pictures/{kind}/{task_id}.png"]
    if status == Status.FAILED:
        details["error"] = chance.choice(ERRORS)
    if index % HELD_EVERY == 5:
        details |= {"held_by": "admin", "held_reason": HELD_REASONS[index // HELD_EVERY % len(HELD_REASONS)]}
    return TrackedTask(
        kind=kind,
        task_id=task_id,
        status=status,
        created_at=_created_at(chance, kind, status, now),
        tracked_at=now,
        **details,
    )


def _status(chance: random.Random, kind: Kind) -> Status:
    share = chance.random()
    if share < 0.855:
        return Status.COMPLETED
    if share < 0.975:
        return Status.FAILED
    waiting = [Status.QUEUED, Status.PROCESSING] + ([Status.UPLOADING] if kind == Kind.VIDEO else [])
    return chance.choice(waiting)


def _created_at(chance: random.Random, kind: Kind, status: Status, now: datetime) -> datetime | None:
    if kind == Kind.VIDEO and chance.random() < 0.05:
        # The provider tells no time for videos; these stand for the ones we have no record of either.
        return None
    unfinished = status in {Status.QUEUED, Status.PROCESSING, Status.UPLOADING}
    span = timedelta(hours=2) if unfinished else timedelta(days=OLDEST_DAYS)
    return now - span * chance.random()


def _image(chance: random.Random) -> dict[str, Any]:
    width, height = chance.choice(IMAGE_SIZES)
    return {
        "model": _weighted(chance, IMAGE_MODELS),
        "prompt": _prompt(chance, STILL_STYLES),
        "width": width,
        "height": height,
    }


def _video(chance: random.Random) -> dict[str, Any]:
    width, height = chance.choice(VIDEO_SIZES)
    return {
        "model": _weighted(chance, VIDEO_MODELS),
        "prompt": _prompt(chance, MOVING_STYLES),
        "width": width,
        "height": height,
        "duration": chance.choice(DURATIONS),
    }


def _prompt(chance: random.Random, styles: list[str]) -> str:
    words = f"{chance.choice(SUBJECTS)} {chance.choice(SETTINGS)}, {chance.choice(styles)}"
    return words[0].upper() + words[1:]


def _weighted(chance: random.Random, weights: dict[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
