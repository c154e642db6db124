"""Files of each kind, honest and hostile."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

from PIL import Image

from tensorslab_api.sandbox import painting
from tensorslab_api.types import TaskKind


@cache
def picture(format: str, size: tuple[int, int] = (400, 300), **options: object) -> bytes:
    out = io.BytesIO()
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    image.save(out, format, **options)
    return out.getvalue()


@cache
def film() -> bytes:
    """Five seconds, 480 × 270 or another of the sandbox's sizes."""
    return painting.file(TaskKind.VIDEO, "abcd_1", "mp4")


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    """What its header says need not be true."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
BOMB = png(60_000, 60_000, bytes(10_000_000))
"""Of 10.8 GB, in 10 KB."""
