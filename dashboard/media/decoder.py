"""Makes WebP of our own from a foreign file. A program of its own, without our environment and without our database.

It reads lines `FORMAT PATH`, and answers each with a length in eight bytes and so much of an answer: a line of JSON and
the parts that it names. Each file is decoded in a child of its own, which has limits, so that what a hostile file
breaks is that child.
"""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from typing import IO, Any

from PIL import Image, ImageOps

MEGABYTE = 1024 * 1024
MEMORY = 1024 * MEGABYTE
"""Of addresses, of which the program itself takes its part."""
SECONDS = 20
"""Of processor time."""
MOST_PIXELS = 80_000_000
LARGE, SMALL, TINY = 1600, 320, 64
CELL = 160
FRAMES, SECONDS_OF_STRIP = 12, 3.0
MOST_FRAMES = 1000
"""That are decoded for a strip at most, whatever they say of their time."""
LARGEST_ANSWER = 16 * MEGABYTE

Parts = dict[str, bytes]
Facts = dict[str, Any]


class TooLarge(Exception):
    pass


def main() -> None:
    os.nice(10)
    # Before a child is forked, so that none takes the time.
    Image.init()
    import av  # noqa: F401

    for line in sys.stdin.buffer:
        name, _, path = line.decode().rstrip("\n").partition(" ")
        answer = in_child(name, path)
        sys.stdout.buffer.write(len(answer).to_bytes(8, "big") + answer)
        sys.stdout.buffer.flush()


def in_child(name: str, path: str) -> bytes:
    """Its whole answer; what broke off tells that the file could not be decoded."""
    reads, writes = os.pipe()
    child = os.fork()
    if not child:
        # Nothing of the parent may go on in here, whatever happens.
        try:
            os.close(reads)
            limit()
            with open(writes, "wb") as out:  # noqa: PTH123 (a descriptor)
                out.write(answered(name, path))
        finally:
            os._exit(0)
    os.close(writes)
    with open(reads, "rb") as pipe:  # noqa: PTH123 (a descriptor)
        answer = pipe.read(LARGEST_ANSWER + 1)
    if len(answer) > LARGEST_ANSWER:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return answer if is_whole(answer) else packed({"reason": "undecodable"}, {})


def limit() -> None:
    for what, most in {
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }.items():
        resource.setrlimit(what, (most, most))


def answered(name: str, path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (as quick as it gets)
            facts, parts = film(file, name) if name.islower() else picture(file, name)
    except (TooLarge, MemoryError, Image.DecompressionBombError):
        return packed({"reason": "too_large"}, {})
    # Libraries raise what they like on what is broken.
    except Exception:
        return packed({"reason": "undecodable"}, {})
    return packed(facts, parts)


def packed(facts: Facts, parts: Parts) -> bytes:
    head = {**facts, "parts": [[name, len(content)] for name, content in parts.items()]}
    return json.dumps(head).encode() + b"\n" + b"".join(parts.values())


def is_whole(answer: bytes) -> bool:
    head, newline, rest = answer.partition(b"\n")
    return bool(newline) and sum(length for _, length in json.loads(head)["parts"]) == len(rest)


def picture(file: IO[bytes], name: str) -> tuple[Facts, Parts]:
    with Image.open(file, formats=[name]) as opened:
        check(*opened.size)
        # A JPEG is then decoded at a fraction of its size.
        opened.draft("RGB", (2 * LARGE, 2 * LARGE))
        size = opened.size
        image = ImageOps.exif_transpose(opened)
        turned = image.size != size and image.size == size[::-1]
        width, height = true_size(file, name)
        facts = {"width": height if turned else width, "height": width if turned else height}
        return facts, sizes(image)


def true_size(file: IO[bytes], name: str) -> tuple[int, int]:
    file.seek(0)
    with Image.open(file, formats=[name]) as opened:
        return opened.size


def check(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise TooLarge


def sizes(image: Image.Image) -> Parts:
    """From large to tiny. Only pixels go over: no profile, no place, no comment."""
    alpha = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info
    image = image.convert("RGBA" if alpha else "RGB")
    parts = {}
    for name, most in {"large": LARGE, "320": SMALL, "64": TINY}.items():
        image.thumbnail((most, most))
        parts[f"{name}.webp"] = webp(image)
    return parts


def webp(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=82, method=2)
    return out.getvalue()


def film(file: IO[bytes], container: str) -> tuple[Facts, Parts]:
    import av

    # Only this form is looked for: lists of films elsewhere are films, too, to the library.
    with av.open(file, "r", format={"mp4": "mov", "webm": "matroska"}[container]) as opened:
        stream = opened.streams.video[0]
        stream.thread_type = "NONE"
        check(stream.codec_context.width, stream.codec_context.height)
        shots = list(strip_shots(opened.decode(stream)))
        if not shots:
            raise ValueError
        # The first is often black, or blurred.
        poster = shots[min(4, len(shots) - 1)]
        length = stream.duration * stream.time_base if stream.duration and stream.time_base else None
        seconds = float(length) if length is not None else (opened.duration or 0) / 1_000_000 or None
        width, height = stream.codec_context.width, stream.codec_context.height
        if (poster.width > poster.height) != (width > height) and width != height:
            width, height = height, width
    parts = sizes(poster)
    parts["strip.webp"] = webp(side_by_side(shots))
    return {"width": width, "height": height, "duration": seconds, "frames": len(shots), "film": container}, parts


def strip_shots(frames: Iterator[Any]) -> Iterator[Image.Image]:
    """Pictures of the first seconds, evenly spread."""
    number = 0
    for count, frame in enumerate(frames):
        at = frame.time if frame.time is not None else count / 24
        if at >= number * SECONDS_OF_STRIP / FRAMES:
            number += 1
            yield shot(frame)
        if number == FRAMES or at > SECONDS_OF_STRIP or count > MOST_FRAMES:
            return


def shot(frame: Any) -> Image.Image:
    check(frame.width, frame.height)
    scale = min(1.0, LARGE / max(frame.width, frame.height))
    image: Image.Image = frame.to_image(
        width=max(round(frame.width * scale), 1), height=max(round(frame.height * scale), 1)
    )
    turn = getattr(frame, "rotation", 0)
    return image.rotate(turn, expand=True) if turn else image


def side_by_side(shots: list[Image.Image]) -> Image.Image:
    cells = [shot.copy() for shot in shots]
    for cell in cells:
        cell.thumbnail((CELL, CELL))
    width, height = cells[0].size
    strip = Image.new("RGB", (width * len(cells), height))
    for number, cell in enumerate(cells):
        strip.paste(cell, (number * width, 0))
    return strip


if __name__ == "__main__":
    main()
