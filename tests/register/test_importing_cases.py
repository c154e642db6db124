"""Files that people met elsewhere, and what becomes of each: one line of the list, one file."""

from __future__ import annotations

import bz2
import io
import zipfile

import pytest

from tests.register.reader import entries, keys, problems, rows

FOX = {"prompt": "a fox"}
CASES: dict[str, tuple[bytes | str, str, str, dict[tuple[str, str], dict[str, object]]]] = {
    "a comma in the header": (
        'kind,"name, short",task_id,prompt\nimage,fox,hc_0001,vixen\nimage,owl,hc_0002,barn\n',
        "tasks.csv",
        "",
        {("image", "hc_0001"): {"prompt": "vixen"}, ("image", "hc_0002"): {"prompt": "barn"}},
    ),
    "a space before the quote": (
        'kind, task_id, prompt\nimage, "sq_0001", "a fox"\nimage, "sq_0002", "a fox, red"\nvideo, sq_0003, plain\n',
        "tasks.csv",
        "",
        {
            ("image", "sq_0001"): FOX,
            ("image", "sq_0002"): {"prompt": "a fox, red"},
            ("video", "sq_0003"): {"prompt": "plain"},
        },
    ),
    "ids in quotes": (
        '"ql_0001"\n"ql_0002",\n\'ql_0003\'\n',
        "ids.txt",
        "image",
        {("image", "ql_0001"): {}, ("image", "ql_0002"): {}, ("image", "ql_0003"): {}},
    ),
    "a film's last frame": (
        "clip77_0.mp4: https://cdn.example/clip77.mp4\nclip77_1.png: https://cdn.example/clip77_last.png\n"
        "still8_0.png: https://cdn.example/still8.png\n",
        "urls.yaml",
        "",
        {
            ("video", "clip77"): {"urls": ["https://cdn.example/clip77.mp4", "https://cdn.example/clip77_last.png"]},
            ("image", "still8"): {"urls": ["https://cdn.example/still8.png"]},
        },
    ),
    "an extension of the client's own": (
        "blob12_0.bin: https://cdn.example/blob12\n",
        "urls.yaml",
        "image",
        {("image", "blob12"): {"urls": ["https://cdn.example/blob12"]}},
    ),
    "a line that names the separator": (
        "sep=;\nkind;task_id;prompt\nimage;se_0001;a fox\n",
        "tasks.csv",
        "",
        {("image", "se_0001"): FOX},
    ),
    "the API's name": ("kind,taskid,prompt\nimage,an_0001,a fox\n", "tasks.csv", "", {("image", "an_0001"): FOX}),
    "names with blanks": ("Kind,Task ID,Prompt\nimage,an_0002,a fox\n", "spaced.csv", "", {("image", "an_0002"): FOX}),
    "the API's name in JSON": ('{"kind":"image","taskid":"an_0003"}\n', "tasks.jsonl", "", {("image", "an_0003"): {}}),
    "objects over lines": (
        "".join(
            f'{{\n  "kind": "video",\n  "operation": "submit",\n  "task_id": "po_000{number}",\n'
            f'  "generation_status": "submitted",\n  "result_urls": []\n}}\n'
            for number in (1, 2)
        ),
        "results.json",
        "",
        {("video", "po_0001"): {"status": "queued"}, ("video", "po_0002"): {"status": "queued"}},
    ),
    "objects on one line": (
        '{"kind":"image","task_id":"po_0003"}{"kind":"image","task_id":"po_0004"}\n',
        "oneline.json",
        "",
        {("image", "po_0003"): {}, ("image", "po_0004"): {}},
    ),
    "a decimal comma": (
        "kind;task_id;duration;model\nvideo;dc_0001;5,5;seedancev2\nvideo;dc_0002;5;seedancev2\n",
        "tasks.csv",
        "",
        {
            ("video", "dc_0001"): {"model": "seedancev2", "duration": 5.5},
            ("video", "dc_0002"): {"model": "seedancev2", "duration": 5.0},
        },
    ),
}


@pytest.mark.parametrize(("content", "name", "kind", "tasks"), CASES.values(), ids=CASES)
def test_it_is_read_as_it_was_meant(content: bytes | str, name: str, kind: str, tasks) -> None:
    assert rows(content, name=name, kind=kind) == tasks


@pytest.mark.parametrize("first", [True, False], ids=["the frame first", "the film first"])
def test_a_film_is_one_however_far_its_frame_is(first: bool) -> None:
    film, frame = "clip77_0.mp4: https://e.com/0\n", "clip77_1.png: https://e.com/1\n"
    between = "".join(f"s{number}_0.png: https://e.com/{number}\n" for number in range(30_000))
    content = frame + between + film if first else film + between + frame
    found = keys(entries(content, name="urls.yaml"))
    assert (len(found), [key for key in found if key[1] == "clip77"]) == (30_001, [("video", "clip77")])


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("ids.txt", "zp_0001\nzp_0002\n")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "word"),
    [
        (zipped(), "ids.zip", "zip archive"),
        (zipped(), "tasks.xlsx", "no Excel workbook"),
        (bz2.compress(b"kind,task_id\nimage,a\n"), "tasks.csv.bz2", "bzip2"),
    ],
    ids=["zip", "a zip that is called a workbook", "bzip2"],
)
@pytest.mark.parametrize("kind", ["", "image"])
def test_another_packing_is_named_in_one_sentence(content: bytes, name: str, word: str, kind: str) -> None:
    found = entries(content, name=name, kind=kind)
    ((line, sentence),) = problems(found)
    assert (line, len(found), word in sentence, "Unpack it" in sentence) == (1, 1, True, True)
