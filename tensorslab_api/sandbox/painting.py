"""Pictures and short films of landscapes, always the same for the same id. Some have a red kite in their sky.

Only who serves them loads the libraries.
"""

from __future__ import annotations

import hashlib
import io
import math
from functools import lru_cache
from typing import TYPE_CHECKING

from tensorslab_api.types import TaskKind

if TYPE_CHECKING:
    from PIL.Image import Image

Colour = tuple[int, int, int]

PALETTES: list[tuple[Colour, Colour, Colour, Colour]] = [
    # Sky above, sky at the horizon, far hills, near hills.
    ((72, 118, 182), (244, 214, 178), (88, 116, 140), (44, 72, 88)),
    ((246, 138, 96), (254, 220, 160), (150, 86, 104), (84, 48, 80)),
    ((28, 36, 82), (128, 92, 148), (52, 52, 100), (22, 26, 56)),
    ((120, 190, 214), (230, 244, 240), (110, 168, 130), (52, 112, 84)),
    ((210, 170, 206), (252, 236, 222), (150, 140, 180), (92, 92, 138)),
    ((60, 150, 150), (222, 238, 196), (60, 120, 116), (30, 72, 82)),
    ((236, 196, 108), (250, 240, 208), (190, 134, 82), (122, 78, 58)),
    ((96, 104, 122), (208, 212, 218), (110, 118, 132), (62, 70, 84)),
]
SUN: Colour = (255, 248, 226)
KITE: Colour = (212, 28, 36)
TAIL: Colour = (250, 240, 230)

SIZES = {
    TaskKind.IMAGE: [(1024, 1024), (1280, 720), (720, 1280), (960, 720)],
    TaskKind.VIDEO: [(480, 270), (270, 480), (360, 360)],
}
TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "avif": "image/avif", "mp4": "video/mp4"}
"""By the ending of the address."""
FRAMES, A_SECOND = 60, 12


def digest(kind: TaskKind, task_id: str) -> bytes:
    return hashlib.sha256(f"{kind} {task_id}".encode("utf-8", "surrogatepass")).digest()


def has_kite(kind: TaskKind, task_id: str) -> bool:
    """About one in seven."""
    return digest(kind, task_id)[13] < 38


def size(kind: TaskKind, task_id: str) -> tuple[int, int]:
    choices = SIZES[kind]
    return choices[digest(kind, task_id)[14] % len(choices)]


def ending(kind: TaskKind, task_id: str) -> str:
    """Of the file that a look-up names."""
    return "mp4" if kind is TaskKind.VIDEO else ["png", "jpg", "webp", "avif"][digest(kind, task_id)[15] % 4]


@lru_cache(maxsize=256)
def file(kind: TaskKind, task_id: str, ending: str) -> bytes:
    """In the format that is asked for, one of `TYPES`."""
    return film(kind, task_id) if ending == "mp4" else still(kind, task_id, ending)


def still(kind: TaskKind, task_id: str, ending: str) -> bytes:
    out = io.BytesIO()
    options: dict[str, dict[str, int]] = {"png": {"compress_level": 3}, "avif": {"speed": 9, "quality": 60}}
    image = painted(kind, task_id, 0.0)
    image.save(out, {"jpg": "JPEG"}.get(ending, ending.upper()), **options.get(ending, {"quality": 80}))
    return out.getvalue()


def film(kind: TaskKind, task_id: str) -> bytes:
    """Five seconds of H.264 in MP4, in which sun and kite move."""
    import av

    out = io.BytesIO()
    width, height = size(TaskKind.VIDEO, task_id)
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream(
            "libx264", rate=A_SECOND, options={"preset": "ultrafast", "crf": "30", "threads": "1"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(FRAMES):
            image = painted(kind, task_id, number / FRAMES, within=(width, height))
            frame: av.VideoFrame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def painted(kind: TaskKind, task_id: str, moment: float, *, within: tuple[int, int] | None = None) -> Image:
    """At a moment from 0 to 1."""
    from PIL import Image, ImageDraw

    seed = digest(kind, task_id)
    width, height = within or size(kind, task_id)
    top, bottom, far, near = PALETTES[seed[0] % len(PALETTES)]
    fading = Image.linear_gradient("L").resize((width, height))
    image = Image.composite(Image.new("RGB", (width, height), bottom), Image.new("RGB", (width, height), top), fading)
    draw = ImageDraw.Draw(image)
    x, y = width * (0.15 + seed[1] / 400 + moment / 10), height * (0.12 + seed[2] / 900)
    radius = min(width, height) * (0.05 + seed[3] / 4000)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=SUN)
    for line, colour, base in ((seed[4:8], far, 0.55), (seed[8:12], near, 0.75)):
        edge = [(x, height * (base + ridge(line, x / width))) for x in range(0, width + 8, 8)]
        draw.polygon([*edge, (width, height), (0, height)], fill=colour)
    if has_kite(kind, task_id):
        fly(draw, width, height, seed, moment)
    return image


def ridge(seed: bytes, x: float) -> float:
    """How far a range of hills lies below its usual line there, as a share of the height."""
    waves = [(seed[0] % 7 + 3, 9 + seed[1] / 60, seed[1]), (seed[2] % 4 + 1, 24 + seed[3] / 20, seed[3])]
    return sum(high / 100 * math.sin(x * often + phase) for high, often, phase in waves)


def fly(draw: object, width: int, height: int, seed: bytes, moment: float) -> None:
    """The kite and its tail."""
    from PIL import ImageDraw

    if not isinstance(draw, ImageDraw.ImageDraw):
        raise TypeError
    unit = min(width, height) * 0.09
    x = width * (0.3 + seed[16] / 512 + 0.06 * math.sin(6.3 * moment))
    y = height * (0.2 + seed[17] / 1500 + 0.04 * math.cos(6.3 * moment))
    tail = [(x + unit * 0.18 * math.sin(step * 1.3), y + unit * (1.2 + step * 0.18)) for step in range(10)]
    draw.line(tail, fill=TAIL, width=max(round(unit / 12), 1))
    draw.polygon([(x, y - unit), (x + unit * 0.7, y), (x, y + unit * 1.2), (x - unit * 0.7, y)], fill=KITE)
    draw.line([(x, y - unit), (x, y + unit * 1.2)], fill=TAIL, width=max(round(unit / 18), 1))
