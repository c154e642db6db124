"""Archives, packed files, pictures and documents that are no list of tasks: each is named, and none is read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from dashboard.register.importing.cells.entries import Problem
from dashboard.register.importing.formats.packing import SAVE, UNPACK
from tests.register.reader import entries, keys, only_problem

ARCHIVE = f"This is a zip archive, and no Excel workbook is in it. {UNPACK}"


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("ids.txt"))
    return file.getvalue()


CSV = b"kind,task_id\nimage,a\n"
PACKED = {
    "zip": (zipped(ids_dot_txt=b"a\nb\n"), ARCHIVE),
    "an empty zip": (zipped(), ARCHIVE),
    "a zip that is cut off": (zipped(ids=b"a\n" * 99)[:80], "The zip archive is damaged or cut off. Nothing was read."),
    "OpenDocument": (zipped(mimetype=b"x", content_dot_xml=b"<x/>"), f"This is an OpenDocument file. {SAVE}"),
    "xlsb": (zipped(xl__workbook_dot_bin=b"x"), f"This is a binary Excel workbook (.xlsb). {SAVE}"),
    "bzip2": (bz2.compress(CSV), f"This is a bzip2 file. {UNPACK}"),
    "an empty bzip2": (bz2.compress(b""), f"This is a bzip2 file. {UNPACK}"),
    "xz": (lzma.compress(CSV), f"This is an xz file. {UNPACK}"),
    "zstd": (b"\x28\xb5\x2f\xfd\x24\x15" + CSV, f"This is a zstd file. {UNPACK}"),
    "zstd in a frame to skip": (b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + CSV, f"This is a zstd file. {UNPACK}"),
    "LZ4": (b"\x04\x22\x4d\x18" + CSV, f"This is an LZ4 file. {UNPACK}"),
    "7-Zip": (b"7z\xbc\xaf\x27\x1c\0\4" + CSV, f"This is a 7-Zip archive. {UNPACK}"),
    "RAR": (b"Rar!\x1a\x07\x01\x00" + CSV, f"This is a RAR archive. {UNPACK}"),
    "tar": (tarred(), f"This is a tar archive. {UNPACK}"),
    "tar.gz": (gzip.compress(tarred()), f"This is a tar archive. {UNPACK}"),
    "gzip twice": (gzip.compress(gzip.compress(CSV)), f"This is a gzip file within a gzip file. {UNPACK}"),
    "a zip within gzip": (
        gzip.compress(zipped(ids=b"a")),
        f"This is a zip archive or a workbook within a gzip file. {UNPACK}",
    ),
    "an old workbook": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        f"This is an old Excel workbook (.xls), or one with a password. {SAVE}",
    ),
    "a page that is called a workbook": (
        b"\r\n<html><table><tr><td>kind",
        f"This is a page (HTML or XML), whatever its name says. {SAVE}",
    ),
    "a picture": (b"\x89PNG\r\n\x1a\n" + CSV, "This is a picture, not a list of tasks."),
    "a film": (b"\0\0\0\x20ftypisom" + CSV, "This is a film, not a list of tasks."),
    "SQLite": (b"SQLite format 3\0" + CSV, "This is an SQLite database. Export its table as CSV."),
    "PDF": (b"%PDF-1.7\n" + CSV, "This is a PDF document. Export its table as CSV."),
}


@pytest.mark.parametrize(("content", "sentence"), PACKED.values(), ids=PACKED)
def test_what_is_no_text_is_named_and_nothing_is_read_of_its_bytes(content: bytes, sentence: str) -> None:
    for name in ("tasks.csv", "tasks.xlsx", "urls.yaml", "tasks.json", "pasted rows"):
        for kind in ("", "image"):
            assert entries(content, name=name, kind=kind) == [Problem(1, sentence)]


@pytest.mark.parametrize("text", ["BZh_1\n", "PKa_1\n", "7z_1\n", "GIF_1\n", "Rar!_1\n", "PAR_1\n"])
def test_ids_that_begin_alike_are_ids(text: str) -> None:
    assert keys(entries(text, kind="image")) == [("image", text.strip())]


def test_an_archive_of_very_many_files_is_not_listed() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number:060}", b"")
    assert only_problem(file.getvalue()) == (
        1,
        f"The zip archive holds too many files. {UNPACK}",
    )
