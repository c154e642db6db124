"""Little landscapes, drawn from a hash of the id: no image library, no file."""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from functools import lru_cache

from tensorslab_api.types import TaskKind

WIDTH, HEIGHT = 96, 72

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


@lru_cache(maxsize=2048)
def picture(kind: TaskKind, task_id: str) -> bytes:
    """A PNG of 96 × 72; that of a video has a play triangle."""
    seed = hashlib.sha256(f"{kind} {task_id}".encode("utf-8", "surrogatepass")).digest()
    top, bottom, far, near = PALETTES[seed[0] % len(PALETTES)]
    sun = (16 + seed[1] % 64, 12 + seed[2] % 22, 5 + seed[3] % 6)
    far_line = ridge(seed[4:8], height=40)
    near_line = ridge(seed[8:12], height=54)
    rows = []
    for y in range(HEIGHT):
        sky = blend(top, bottom, y / 56)
        glow = blend(sky, (255, 248, 226), 0.85)
        row = bytearray([0])
        for x in range(WIDTH):
            if y >= near_line[x]:
                colour = blend(near, (0, 0, 0), (y - near_line[x]) / 90)
            elif y >= far_line[x]:
                colour = blend(far, bottom, (y - far_line[x]) / 60)
            else:
                colour = glow if math.hypot(x - sun[0], y - sun[1]) <= sun[2] else sky
            if kind is TaskKind.VIDEO:
                colour = play(x, y, colour)
            row += bytes(colour)
        rows.append(bytes(row))
    return png(b"".join(rows))


def ridge(seed: bytes, *, height: int) -> list[int]:
    """The height of a range of hills at each x."""
    waves = [(seed[0] % 7 + 3, seed[1] / 40, 28), (seed[2] % 4 + 1, seed[3] / 40, 11)]
    return [round(height + sum(a * math.sin(x / period + phase) for a, phase, period in waves)) for x in range(WIDTH)]


def play(x: int, y: int, colour: Colour) -> Colour:
    """A dark disc with a white triangle in the middle."""
    dx, dy = x - WIDTH / 2, y - HEIGHT / 2
    if -5 <= dx <= 8 and abs(dy) <= (8 - dx) * 0.62:
        return (255, 255, 255)
    return blend(colour, (0, 0, 0), 0.5) if math.hypot(dx, dy) <= 16 else colour


def blend(one: Colour, other: Colour, share: float) -> Colour:
    share = min(max(share, 0.0), 1.0)
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def png(rows: bytes) -> bytes:
    """A PNG file of these rows: 8 bits per channel, RGB; each row begins with its filter, 0."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
