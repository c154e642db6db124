from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from dashboard.media import decoding, formats
from dashboard.media.decoding import Decoded, Decoder, Interrupted
from dashboard.media.models import Reason
from tests.media.files import BOMB, HTML, SVG, film, picture, png


def decoded(content: bytes, folder: Path, *, format: str = "", **options: object) -> Decoded:
    file = folder / "file"
    file.write_bytes(content)
    with Decoder(**options) as decoder:
        return decoder.decode(file, format=format or formats.format_of(file))


def opened(decoded: Decoded, name: str) -> Image.Image:
    image = Image.open(io.BytesIO(decoded.parts[name]))
    image.load()
    assert image.format == "WEBP"
    return image


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_a_picture_becomes_webp_in_three_sizes(tmp_path: Path, format: str) -> None:
    found = decoded(picture(format, (2000, 1000)), tmp_path)
    assert (found.reason, found.width, found.height, found.film) == (None, 2000, 1000, "")
    assert {name: opened(found, name).size for name in found.parts} == {
        "large.webp": (1600, 800),
        "320.webp": (320, 160),
        "64.webp": (64, 32),
    }


def test_a_small_picture_is_not_made_larger(tmp_path: Path) -> None:
    found = decoded(picture("PNG", (40, 20)), tmp_path)
    assert {opened(found, name).size for name in found.parts} == {(40, 20)}


def test_a_film_gets_a_poster_and_a_strip_of_its_first_seconds(tmp_path: Path) -> None:
    found = decoded(film(), tmp_path)
    assert (found.reason, found.film, found.frames, found.duration) == (None, "mp4", 12, 5.0)
    assert found.width is not None
    assert found.height is not None
    strip = opened(found, "strip.webp")
    assert strip.width % 12 == 0
    assert max(strip.width // 12, strip.height) == 160
    assert opened(found, "large.webp").size == (found.width, found.height)


def test_only_pixels_go_over(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "Where I live", 6
    content = picture("JPEG", (400, 300), exif=exif.tobytes(), icc_profile=b"profile", comment=b"A comment")
    assert b"Where I live" in content
    found = decoded(content, tmp_path)
    # It was turned as it said.
    assert (found.width, found.height, opened(found, "320.webp").size) == (300, 400, (240, 320))
    for name, part in found.parts.items():
        assert not {"exif", "icc_profile", "xmp"} & opened(found, name).info.keys()
        assert b"Where I live" not in part


def test_what_is_transparent_stays_so(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(out, "PNG")
    assert opened(decoded(out.getvalue(), tmp_path), "64.webp").mode == "RGBA"


HALF = {"PNG": 2, "JPEG": 2, "WEBP": 2, "AVIF": 2}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BOMB, Reason.TOO_LARGE),
        (png(9000, 9000), Reason.TOO_LARGE),
        (png(400, 300), Reason.UNDECODABLE),
        *((picture(format)[: len(picture(format)) // 2], Reason.UNDECODABLE) for format in HALF),
        (film()[: len(film()) // 2], Reason.UNDECODABLE),
        (film()[:64] + bytes(10_000), Reason.UNDECODABLE),
    ],
    ids=["bomb", "huge", "empty", *(f"half a {format}" for format in HALF), "half a film", "a film of zeros"],
)
def test_what_is_hostile_or_broken_says_why(tmp_path: Path, content: bytes, reason: Reason) -> None:
    found = decoded(content, tmp_path)
    assert (found.reason, found.parts) == (reason, {})


@pytest.mark.parametrize("content", [SVG, HTML, b"", b"GIF", b"#EXTM3U\nhttp://127.0.0.1/", b"%PDF-1.7"])
def test_what_is_no_picture_is_not_even_tried(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert formats.format_of(tmp_path / "a.png") == ""


@pytest.mark.parametrize("format", ["PNG", "mp4"])
def test_a_list_of_other_files_is_no_picture_whatever_it_is_given_as(tmp_path: Path, format: str) -> None:
    assert decoded(b"#EXTM3U\nfile:///etc/passwd\n", tmp_path, format=format).reason == Reason.UNDECODABLE


def test_one_broken_file_does_not_spoil_the_next(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(picture("PNG"))
    bad.write_bytes(BOMB)
    with Decoder() as decoder:
        reasons = [decoder.decode(file, format="PNG").reason for file in (good, bad, good)]
    assert reasons == [None, Reason.TOO_LARGE, None]


def test_it_has_nothing_of_our_environment(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    with Decoder() as decoder:
        (tmp_path / "a").write_bytes(picture("PNG"))
        decoder.decode(tmp_path / "a", format="PNG")
        assert decoder._process is not None
        assert Path(f"/proc/{decoder._process.pid}/environ").read_bytes() == b""


def in_limits(statement: str) -> subprocess.CompletedProcess[str]:
    """What a child of the decoder could do."""
    before = "import runpy, resource, json; runpy.run_path(%r)['limit']()" % str(decoding.PROGRAM)  # noqa: UP031
    command = [sys.executable, "-I", "-c", f"{before}\n{statement}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_has_limits(tmp_path: Path) -> None:
    names = ["RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_CORE", "RLIMIT_NOFILE"]
    told = in_limits(f"print(json.dumps([resource.getrlimit(getattr(resource, name)) for name in {names}]))")
    assert json.loads(told.stdout) == [[1 << 30] * 2, [20] * 2, [0, 0], [0, 0], [64, 64]]
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY
    assert "MemoryError" in in_limits("bytearray(1 << 30)").stderr
    in_limits(f"open({str(tmp_path / 'x')!r}, 'wb').write(b'x')")
    assert not (tmp_path / "x").stat().st_size


def program(folder: Path, statement: str) -> Path:
    """In place of the decoder."""
    file = folder / "program.py"
    file.write_text(f"import os, sys, time\nline = sys.stdin.buffer.readline()\n{statement}\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    "statement",
    [
        *("time.sleep(600)", "os.abort()", "pass", "os.write(1, b'x' * 7)"),
        *("os.write(1, (1 << 60).to_bytes(8, 'big')); time.sleep(600)", "os.write(1, bytes([0] * 7 + [9]) + b'half')"),
    ],
)
def test_a_decoder_that_hangs_or_dies_is_done_away_with(tmp_path: Path, statement: str) -> None:
    found = decoded(b"x", tmp_path, format="PNG", program=program(tmp_path, statement), seconds=1.0)
    assert (found.reason, found.parts) == (Reason.UNDECODABLE, {})


def test_it_ends_at_once_when_somebody_else_needs_the_worker(tmp_path: Path) -> None:
    with Decoder(program=program(tmp_path, "time.sleep(600)")) as decoder:
        answers = iter([True, True, False])
        with pytest.raises(Interrupted):
            decoder.decode(tmp_path, format="PNG", may_go_on=lambda: next(answers))
        assert decoder._process is None
