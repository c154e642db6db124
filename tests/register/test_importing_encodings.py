"""Text in other encodings: read where a sign vouches for them, refused a line at a time otherwise, never guessed."""

from __future__ import annotations

import codecs

import pytest

from dashboard.register.importing.formats.encoding import encoding_of
from tests.register.reader import entries, keys, problems, rows

PROMPT = "一只红色的狐狸穿过雪地，夜里的城市"
CSV = f"kind,task_id,prompt\r\nimage,a,{PROMPT}\r\nvideo,b,plain\r\n"
JSON = f'{{"kind": "image", "task_id": "a", "prompt": "{PROMPT}"}}\n'
JSON += '{"kind": "video", "task_id": "b", "prompt": "plain"}\n'
CHINESE = CSV.replace("kind,task_id,prompt", "类型,任务ID,提示词")
ROWS = {("image", "a"): {"prompt": PROMPT}, ("video", "b"): {"prompt": "plain"}}

READ = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16 with a mark": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16, the other way round, with a mark": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "UTF-16, the other way round, without a mark": lambda text: text.encode("utf-16-be"),
    "UTF-32 with a mark": lambda text: text.encode("utf-32"),
    "GB18030": lambda text: text.encode("gb18030"),
    "GBK": lambda text: text.encode("gbk"),
}


@pytest.mark.parametrize("text", [CSV, JSON, CHINESE], ids=["CSV", "JSON", "Chinese names"])
@pytest.mark.parametrize("encoded", READ.values(), ids=READ)
def test_it_is_read_in_its_encoding(encoded, text: str) -> None:
    assert rows(encoded(text)) == ROWS


def test_ids_may_be_utf_16() -> None:
    assert rows("a\r\nb\r\n".encode("utf-16"), kind="image") == {("image", "a"): {}, ("image", "b"): {}}


FOREIGN = {
    "Latin-1": ("Un café à côté, une forêt près de la mer, déjà vu, garçon, célèbre", "latin-1"),
    "Windows, western": ("“Größe” – Äußerst schöne Straße über Flüsse, naïve Mädchen", "cp1252"),
    "Windows, Russian": ("Красная лиса бежит по снегу ночью в городе", "cp1251"),
    "KOI8-R": ("Красная лиса бежит по снегу ночью в городе", "koi8-r"),
    "Windows, Greek": ("Μια κόκκινη αλεπού στο χιόνι τη νύχτα", "cp1253"),
    "Windows, Turkish": ("Karda koşan kırmızı bir tilki, gece şehri", "cp1254"),
    "Thai": ("สุนัขจิ้งจอกสีแดงวิ่งบนหิมะ", "tis-620"),
    "Hebrew": ("שועל אדום רץ בשלג בלילה", "cp1255"),
    "Korean": ("눈 위를 달리는 빨간 여우, 밤의 도시 풍경 그리고 바다", "euc-kr"),
    "Japanese, Shift JIS": ("雪の上を走る赤い狐、夜の街の風景と海", "shift_jis"),
    "Japanese, EUC": ("雪の上を走る赤い狐、夜の街の風景と海", "euc-jp"),
    "Chinese, Big5": ("一隻紅色的狐狸穿過雪地，夜裡的城市", "big5"),
}


@pytest.mark.parametrize(("prompt", "name"), FOREIGN.values(), ids=FOREIGN)
def test_another_encoding_is_refused_where_it_stands_and_never_read_as_something_else(prompt: str, name: str) -> None:
    content = f"kind,task_id,prompt\nimage,a,plain\nimage,b,{prompt}\nimage,c,plain\n".encode(name)
    found = entries(content, name="tasks.csv")
    assert keys(found) == [("image", "a"), ("image", "c")]
    assert problems(found) == [(3, "Line 3 is not UTF-8.")]


@pytest.mark.parametrize("prompt", ["清理", "联通", "狐", "渠道清理", "ＡＢＣ", "鱼和熊掌"])
def test_a_little_chinese_is_read_as_what_it_is_or_refused(prompt: str) -> None:
    content = f"kind,task_id,prompt\nimage,a,{prompt}\n".encode("gb18030")
    (found,) = entries(content)
    assert getattr(found, "values", {}).get("prompt", prompt) == prompt


def test_utf_8_that_one_line_breaks_stays_utf_8() -> None:
    good = f"kind,task_id,prompt\nimage,a,{PROMPT}\n".encode()
    found = entries(good + "image,b,café là\n".encode("latin-1") + f"image,c,{PROMPT}\n".encode())
    assert [row.values["prompt"] for row in found if row not in found[1:2]] == [PROMPT, PROMPT]
    assert problems(found) == [(3, "Line 3 is not UTF-8.")]


def test_a_broken_line_of_utf_16_costs_only_itself() -> None:
    content = codecs.BOM_UTF16_LE + b"".join(
        ["kind,task_id\nimage,a\nimage,".encode("utf-16-le"), b"\x00\xd8", "\nimage,c\n".encode("utf-16-le")]
    )
    found = entries(content)
    assert keys(found) == [("image", "a"), ("image", "c")]
    assert problems(found) == [(3, "Line 3 is not UTF-16.")]


def test_a_broken_line_of_gb18030_costs_only_itself() -> None:
    filler = "".join(f"image,q{number},{PROMPT}\r\n" for number in range(2_000))
    found = entries((CSV + filler).encode("gb18030") + b"image,x,\xff\xff\nimage,z,\n")
    assert (len(keys(found)), keys(found)[-1]) == (2_003, ("image", "z"))
    assert problems(found) == [(2_004, "Line 2004 is not GB18030.")]


@pytest.mark.parametrize("sample", [b"", b"\0", b"a\0", b"\0\0\0\0", b"kind\0,task_id\n", b"\xff", b"\x80" * 9])
def test_a_few_odd_bytes_are_no_sign(sample: bytes) -> None:
    assert encoding_of(sample) == "utf-8-sig"
