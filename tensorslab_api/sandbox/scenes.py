"""Realistic descriptions of living tasks, always the same for the same id."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from tensorslab_api.sandbox.painting import ending
from tensorslab_api.types import TaskKind

SUBJECTS = ["a lighthouse", "an old tram", "a red fox", "a tea house", "two sailing boats", "a glass greenhouse"]
PLACES = ["on a rocky coast", "in a narrow street", "in deep snow", "by a mountain lake", "under cherry trees"]
LIGHTS = ["at first light", "in heavy fog", "at golden hour", "under a full moon", "after the rain"]
STYLES = ["watercolour", "35 mm film", "isometric", "wide angle", "soft pastel", "long exposure"]
IMAGE_MODELS = ["seedreamv4", "seedreamv45", "seedreamv5", "zimage"]
VIDEO_MODELS = ["seedancev1", "seedancev15pro", "seedancev2"]
SIZES = [(2048, 2048), (2560, 1440), (1440, 2560), (1024, 1024)]

COMPLETED, FAILED, PROCESSING = 3, 4, 2
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def describe(kind: TaskKind, task_id: str, *, address: str, status: int | None) -> dict[str, Any]:
    """`ImageInfoData` or `VideoInfoData`. `address` is that of the files; `status` replaces that of the id."""
    seed = hashlib.sha256(f"{kind} {task_id}".encode("utf-8", "surrogatepass")).digest()
    if status is None:
        status = PROCESSING if seed[20] < 5 else FAILED if seed[20] < 26 else COMPLETED
    done = status == COMPLETED
    data: dict[str, Any] = {
        "taskid": task_id,
        "url": [f"{address}/{kind}/{quote(task_id, safe='')}.{ending(kind, task_id)}"] if done else [],
        "prompt": f"{of(SUBJECTS, seed[1])} {of(PLACES, seed[2])} {of(LIGHTS, seed[3])}, {of(STYLES, seed[4])}",
    }
    if kind is TaskKind.IMAGE:
        started = EPOCH + timedelta(seconds=int.from_bytes(seed[5:8], "big"))
        width, height = of(SIZES, seed[9])
        data |= {
            "image_status": status,
            "category": of(IMAGE_MODELS, seed[8]),
            "starttime": started.strftime("%Y-%m-%d %H:%M:%S"),
            "origseed": int.from_bytes(seed[10:13], "big"),
        }
        if done:
            data |= {"width": width, "height": height}
        reason = "error_message"
    else:
        data |= {
            "task_status": status,
            "source": of(VIDEO_MODELS, seed[8]),
            "resolution": of(["720p", "1080p"], seed[9]),
            "ratio": of(["16:9", "9:16", "1:1"], seed[10]),
            "duration": of([5, 8, 10], seed[11]),
            "fps": 24,
            "seed": int.from_bytes(seed[12:15], "big"),
        }
        reason = "message"
    if status == FAILED:
        data[reason] = "Generation failed"
    return data


def of(choices: list[Any], number: int) -> Any:
    return choices[number % len(choices)]
