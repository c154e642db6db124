"""The host of the result files."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator

import av
import pytest
import requests
from PIL import Image

from tensorslab_api import Client, TaskKind
from tensorslab_api.sandbox import Options, Sandbox, painting
from tensorslab_api.verdict import judge_look_up
from tests.tensorslab_api.contract import ask_delete

IMAGE, VIDEO = TaskKind.IMAGE, TaskKind.VIDEO


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def get(sandbox: Sandbox, path: str) -> requests.Response:
    return requests.get(f"{sandbox.media_url}/{path}", timeout=30)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "avif"])
def test_every_id_has_a_picture_in_every_format(sandbox: Sandbox, ending: str) -> None:
    found = get(sandbox, f"image/a%2Fb%20%3F.{ending}")
    assert (found.status_code, found.headers["Content-Type"]) == (200, painting.TYPES[ending])
    image = Image.open(io.BytesIO(found.content))
    assert (image.format, image.size) == ({"jpg": "JPEG"}.get(ending, ending.upper()), painting.size(IMAGE, "a/b ?"))
    assert get(sandbox, f"image/a%2Fb%20%3F.{ending}").content == found.content
    assert get(sandbox, f"image/b.{ending}").content != found.content


def test_a_film_is_one(sandbox: Sandbox) -> None:
    found = get(sandbox, "video/a.mp4")
    assert found.headers["Content-Type"] == "video/mp4"
    with av.open(io.BytesIO(found.content)) as film:
        [stream] = film.streams.video
        assert stream.codec_context.name == "h264"
        assert (stream.width, stream.height) == painting.size(VIDEO, "a")
        frames = [frame.to_image() for frame in film.decode(stream)]
    assert len(frames) == painting.FRAMES
    assert frames[0] != frames[-1]
    assert painting.film(VIDEO, "a") == found.content


def test_they_come_in_several_sizes_and_some_have_a_kite() -> None:
    ids = [f"abcd_{number}" for number in range(400)]
    for kind in TaskKind:
        assert {painting.size(kind, task_id) for task_id in ids} == set(painting.SIZES[kind])
    with_kite = [task_id for task_id in ids if painting.has_kite(IMAGE, task_id)]
    assert 30 < len(with_kite) < 90
    red = [painting.KITE in colours(painting.painted(IMAGE, task_id, 0)) for task_id in [with_kite[0], *ids[:3]]]
    assert red == [True, *(painting.has_kite(IMAGE, task_id) for task_id in ids[:3])]


def colours(image: Image.Image) -> set[object]:
    return {colour for _, colour in image.getcolors(1 << 20) or []}


def test_the_files_that_look_ups_name_are_there(sandbox: Sandbox) -> None:
    client = Client(base_url=sandbox.url, api_key="key")
    types = set()
    for kind, number in [(IMAGE, number) for number in range(20)] + [(VIDEO, number) for number in range(3)]:
        info = judge_look_up(client.look_up(kind, f"a/{number}")).info
        assert info is not None
        for url in info.urls:
            assert url.startswith(f"{sandbox.media_url}/{kind}/a%2F{number}.")
            types.add(requests.get(url, timeout=30).headers["Content-Type"])
    assert types == set(painting.TYPES.values())


@pytest.mark.parametrize("path", ["", "image/a", "image/.png", "audio/a.png", "image/a.exe", "__ledger", "image/a.svg"])
def test_there_is_nothing_else(sandbox: Sandbox, path: str) -> None:
    assert get(sandbox, path).status_code == 404


def test_it_is_dead_or_slow_on_request(sandbox: Sandbox) -> None:
    assert [get(sandbox, f"image/a.png?dead={status}").status_code for status in (404, 410, 503)] == [404, 410, 503]
    assert get(sandbox, "image/a.png?slow=0.01").status_code == 200
    assert get(sandbox, "image/a.png?slow=x&dead=x").status_code == 200
    sandbox.control(media_dead=["a"])
    assert [get(sandbox, f"image/{name}.png").status_code for name in "ab"] == [404, 200]
    sandbox.control(media_dead=[], media_dead_shard=1)
    assert get(sandbox, "image/b.png").status_code == 404
    with pytest.raises(ValueError, match="media_latency is -1"):
        sandbox.control(media_latency=-1)


def test_it_is_hostile_on_request(sandbox: Sandbox) -> None:
    honest = get(sandbox, "image/a.png").content
    assert get(sandbox, "image/a.png?as=half").content == honest[: len(honest) // 2]
    assert b"<script>" in get(sandbox, "image/a.png?as=html").content
    assert get(sandbox, "image/a.png?as=svg").content.startswith(b"<svg")
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(get(sandbox, "image/a.png?as=bomb").content))
    there = requests.get(
        f"{sandbox.media_url}/image/a.png?to=http://169.254.169.254/", allow_redirects=False, timeout=9
    )
    assert (there.status_code, there.headers["Location"]) == (302, "http://169.254.169.254/")
    with requests.get(f"{sandbox.media_url}/image/a.png?as=endless", stream=True, timeout=9) as endless:
        assert len(endless.raw.read(3 * len(honest))) == 3 * len(honest)


def test_a_slow_answer_ends_when_the_sandbox_does() -> None:
    with Sandbox(Options(media_latency=3000)) as sandbox:
        url = f"{sandbox.media_url}/image/a.png"
        with pytest.raises(requests.Timeout):
            requests.get(url, timeout=0.2)
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_the_file_goes_with_its_task_unless_it_is_told_to_stay(sandbox: Sandbox) -> None:
    ask_delete(sandbox, "a")
    assert [get(sandbox, f"{path}.png").status_code for path in ("image/a", "image/b", "video/a")] == [404, 200, 200]
    sandbox.control(media_stays=True)
    assert get(sandbox, "image/a.png").status_code == 200


def test_who_does_not_serve_files_needs_no_library_for_them() -> None:
    statement = "import sys, tensorslab_api.sandbox; print([name for name in ('PIL', 'av') if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
