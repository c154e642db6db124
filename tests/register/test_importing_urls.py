"""`urls.yaml`: the kind is decided for each id, by all of its files."""

from __future__ import annotations

import pytest

from tests.register.reader import entries, keys, only_problem, problems, rows

CLIP = ["clip77_0.mp4: https://e.com/0", "clip77_1.png: https://e.com/1"]
URLS = {"urls": ["https://e.com/0", "https://e.com/1"]}
STILLS = [f"s{number}_0.png: https://e.com/{number}" for number in range(300)]

MAPS = {
    "a film and its last frame": ([*CLIP], "video"),
    "the frame first": ([*reversed(CLIP)], "video"),
    "hundreds of lines between": ([CLIP[1], *STILLS, CLIP[0]], "video"),
    "a frame of another format": ([CLIP[0], "clip77_1.JPG: https://e.com/1"], "video"),
    "a film of another format": (["clip77_0.webm: https://e.com/0", CLIP[1]], "video"),
    "a file of no known kind beside a film": ([CLIP[0], "clip77_1.bin: https://e.com/1"], "video"),
    "a file of no known kind beside a picture": (["clip77_0.bin: https://e.com/0", CLIP[1]], "image"),
    "two pictures": (["clip77_0.webp: https://e.com/0", CLIP[1]], "image"),
    "a comment and a line between documents before": (["# by the client", "---", *CLIP], "video"),
    "quoted": (["'clip77_0.mp4': 'https://e.com/0'", '"clip77_1.png": "https://e.com/1"'], "video"),
    "long names": (["? clip77_0.mp4", ": https://e.com/0", CLIP[1]], "video"),
}


@pytest.mark.parametrize("name", ["urls.yaml", "pasted rows"])
@pytest.mark.parametrize("chosen", ["", "image"])
@pytest.mark.parametrize(("lines", "kind"), MAPS.values(), ids=MAPS)
def test_an_id_is_one_task_of_the_kind_that_its_files_tell(lines: list[str], kind: str, chosen: str, name: str) -> None:
    if name == "pasted rows" and lines[0].startswith("?"):
        return
    found = rows("\n".join(lines), name=name, kind=chosen)
    assert {key: values for key, values in found.items() if key[1] == "clip77"} == {(kind, "clip77"): URLS}


def test_a_film_and_a_picture_may_both_be_the_first_of_their_id() -> None:
    found = rows("clip77_0.mp4: https://e.com/0\nclip77_0.png: https://e.com/1\n", name="urls.yaml")
    assert list(found) == [("video", "clip77")]
    assert sorted(found["video", "clip77"]["urls"]) == URLS["urls"]


@pytest.mark.parametrize("kind", ["image", "video"])
@pytest.mark.parametrize("extension", [".bin", ".jfif", ".heic", ".dat", ".m3u8"])
def test_a_chosen_kind_is_that_of_files_which_tell_none(kind: str, extension: str) -> None:
    content = f"blob12_0{extension}: https://e.com/0\nstill8_0.png: https://e.com/1\n"
    assert {*rows(content, name="urls.yaml", kind=kind)} == {(kind, "blob12"), ("image", "still8")}
    sentence = f"The extension {extension} is neither an image's nor a video's. Choose the kind."
    assert only_problem(content, name="urls.yaml") == (1, sentence)
    assert keys(entries(content, name="urls.yaml")) == [("image", "still8")]


def test_what_is_named_twice_is_a_problem_whatever_its_kind() -> None:
    content = "a_0.mp4: https://e.com/0\na_0.png: https://e.com/1\na_0.mp4: https://e.com/2\na_0.jpg: https://e.com/3\n"
    assert problems(entries(content, name="urls.yaml")) == [
        (3, "Repeats result 0 of a, first named on line 1."),
        (4, "Repeats result 0 of a, first named on line 1."),
    ]


KINDS = {
    "jpeg": "image",
    "JPG": "image",
    "mov": "video",
    "M4V": "video",
    "mkv": "video",
    "AVIF": "image",
}


@pytest.mark.parametrize(("extension", "kind"), KINDS.items(), ids=KINDS)
@pytest.mark.parametrize("chosen", ["", "image", "video"])
def test_an_extension_tells_the_kind_whatever_was_chosen(extension: str, kind: str, chosen: str) -> None:
    assert keys(entries(f"x_0.{extension}: https://e.com/0\n", name="urls.yaml", kind=chosen)) == [(kind, "x")]


BESIDE = {
    "a last frame first": "clip_0.png: https://e.com/0\nclip_1.mp4: https://e.com/1\n",
    "a picture of the same number": "clip_0.mp4: https://e.com/0\nclip_0.jpg: https://e.com/1\n",
    "a GIF": "clip_0.gif: https://e.com/0\nclip_1.webm: https://e.com/1\n",
    "a sound": "clip_0.mp3: https://e.com/0\nclip_1.mov: https://e.com/1\n",
    "subtitles": "clip_0.mp4: https://e.com/0\nclip_1.vtt: https://e.com/1\n",
    "capitals": "clip_0.PNG: https://e.com/0\nclip_1.MP4: https://e.com/1\n",
    "Windows' ends of lines": "clip_0.png: https://e.com/0\r\nclip_1.mp4: https://e.com/1\r\n",
    "quotes": "\"clip_0.png\": 'https://e.com/0'\n'clip_1.mp4': \"https://e.com/1\"\n",
    "a mark and a comment": "\ufeff# made by the client\nclip_0.png: https://e.com/0\nclip_1.mp4: https://e.com/1\n",
}


@pytest.mark.parametrize("content", BESIDE.values(), ids=BESIDE)
@pytest.mark.parametrize("chosen", ["", "image"])
def test_what_comes_beside_a_film_belongs_to_it(content: str, chosen: str) -> None:
    found = entries(content, name="urls.yaml", kind=chosen)
    assert keys(found) == [("video", "clip")]
    assert len(found[0].values["urls"]) == 2
