"""Bytes of two encodings in one file, and of none: PowerShell 5 writes UTF-16 with > and ANSI with Add-Content."""

from __future__ import annotations

import codecs

import pytest

from dashboard.register.importing.formats.packing import NO_TEXT
from tests.register.reader import entries, keys, problems, rows

A, B = ("image", "a"), ("image", "b")

UTF_16 = codecs.BOM_UTF16_LE + "kind,task_id\r\nimage,a\r\n".encode("utf-16-le")
APPENDED = {
    "an even number of bytes": b"image,bb\r\n",
    "an odd number": b"image,bcd\r\n",
    "two lines": b"image,b\r\nimage,cd\r\n",
    "two lines of Unix": b"image,bc\nimage,d\n",
    "an odd number of Unix": b"image,b\n",
}


@pytest.mark.parametrize("appended", APPENDED.values(), ids=APPENDED)
def test_bytes_behind_utf_16_are_refused_and_never_read_as_letters(appended: bytes) -> None:
    found = entries(UTF_16 + appended)
    assert (keys(found), problems(found)) == ([A], [(3, "Line 3 is not UTF-16.")])


@pytest.mark.parametrize("appended", [b"bb\r\n", b"bcd\r\n", b"bc\nde\n", b"b\n"])
def test_ids_behind_utf_16_are_refused_as_well(appended: bytes) -> None:
    found = entries(codecs.BOM_UTF16_LE + "a\r\n".encode("utf-16-le") + appended, name="ids.txt", kind="image")
    assert (keys(found), problems(found)) == ([A], [(2, "Line 2 is not UTF-16.")])


@pytest.mark.parametrize("first", [b"a\n", b"a\r\n", b"abc\n", b"a_1\r\nb_2\r\n"])
def test_utf_16_behind_bytes_is_refused_and_never_read_as_letters(first: bytes) -> None:
    found = entries(first + "xy\r\nz\r\n".encode("utf-16-le"), name="ids.txt", kind="image")
    assert [task_id for _, task_id in keys(found)] == first.decode().split()
    assert {sentence for _, sentence in problems(found)} == {"The task id holds a NUL byte."}


@pytest.mark.parametrize("text", ["ਪੰਜਾਬੀ ਵਿੱਚ", "ਲੂੰਬੜੀ", "മലയാളം ഊ", "上传 上"])
def test_scripts_whose_letters_look_like_ends_of_lines_are_read_in_utf_16(text: str) -> None:
    content = f"kind,task_id,prompt\r\nimage,a,{text}"
    assert rows(content.encode("utf-16")) == {A: {"prompt": text}}


def test_utf_16_that_ends_within_a_character_costs_its_last_line() -> None:
    found = entries(UTF_16 + "image,b\n".encode("utf-16-le")[:-1])
    assert (keys(found), problems(found)) == ([A], [(3, "Line 3 is not UTF-16.")])


def test_a_mark_of_utf_16_before_utf_8_reads_nothing() -> None:
    assert keys(entries(codecs.BOM_UTF16_LE + b"kind,task_id\nimage,a\n", kind="image")) == []


def test_a_mark_of_utf_8_before_gbk_is_refused_where_it_is_not_ascii() -> None:
    found = entries(codecs.BOM_UTF8 + "kind,task_id,prompt\nimage,a,清理一下\nimage,b,x\n".encode("gbk"))
    assert (keys(found), problems(found)) == ([B], [(2, "Line 2 is not UTF-8.")])


def test_names_that_another_encoding_wrote_are_refused() -> None:
    found = entries("kind,task_id,prénom\nimage,a,x\n".encode("latin-1"), name="tasks.csv")
    assert (keys(found), problems(found)) == ([], [(1, "Line 1 is not UTF-8.")])


BINARY = {
    "TIFF": b"II*\0\x08\0\0\0\x10\0\xfe\0\x04\0\x01\0\0\0",
    "Matroska": b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08",
    "a program": b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\x01\x02\x03\x04",
    "a pickle": b"\x80\x04\x95\x1f\0\0\0\0\0\0\0]\x94(\x8c\x03a_1\x94\x8c\x03a_2\x94\x01\x02\x03\x04e.",
    "NumPy": b"\x93NUMPY\x01\0v\0\x01\x02\x03\x04\x05{'descr': '<U3'}",
    "zlib": b"x\x9c\x03\x01\x02\x05\x0f\x10\x11a",
    "AppleDouble": b"\0\x05\x16\x07\0\x02\0\0Mac OS X\0\x02\0\x01\0\x05",
    "a list of properties": b"bplist00\xd4\x01\x02\x03\x04\x05\x06\x07",
}


@pytest.mark.parametrize("content", BINARY.values(), ids=BINARY)
def test_of_bytes_that_are_no_text_nothing_is_read(content: bytes) -> None:
    for name in ("ids.txt", "tasks.csv", "tasks.json", "urls.yaml"):
        assert problems(entries(content + b"\na_1\na_2\n", name=name, kind="image")) == [(1, NO_TEXT)]
        assert keys(entries(content + b"\na_1\na_2\n", name=name, kind="image")) == []


def test_a_few_controls_cost_only_their_lines() -> None:
    found = entries("a\n\x01b\nc\x7f\n\x08\nd\n", name="ids.txt", kind="image")
    assert (keys(found), len(problems(found))) == ([A, ("image", "d")], 3)
    prompt = "\x1b[1mred\x1b[0m " * 99
    assert rows(f"kind,task_id,prompt\nimage,a,{prompt}\n") == {A: {"prompt": prompt.strip()}}
