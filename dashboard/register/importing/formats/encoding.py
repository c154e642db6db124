"""Detects a text's encoding. Without evidence it is UTF-8, and each line that is not is reported."""

from __future__ import annotations

import codecs
import re

SAMPLE = 1 << 16
ASCII_LINES = re.compile(rb"[\t -~]*[\r\n][\t\r\n -~]*[^\0]\0")
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""UTF-32 comes first, because its mark begins with that of UTF-16."""
COMMON = frozenset(
    "的一是了在不有人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着"
    "等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重"
    "新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品"
    "式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北"
    "造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示"
    "议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深"
    "难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层"
    "片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严雪夜视频词模任务图像错误信息宽失败排队狐狸猫狗女孩男穿黑蓝绿黄紫"
)
"""Characters that make up most Chinese text. Other encodings, decoded as GB18030, have hardly any of them."""


def encoding_of(sample: bytes) -> str:
    """The name of Python's codec, from a file's first bytes."""
    for mark, name in MARKS.items():
        if sample.startswith(mark):
            return name
    return _utf_16(sample) or ("gb18030" if _is_gb18030(sample) else "utf-8-sig")


def _utf_16(sample: bytes) -> str:
    """Detects UTF-16 without its mark by zeros in every second byte, since ids, commas and line ends are ASCII."""
    pairs = len(sample) // 2
    first, second = sample[0 : 2 * pairs : 2].count(0), sample[1 : 2 * pairs : 2].count(0)
    few, many = sorted((first, second))
    if many < 4 or 8 * many < pairs or 20 * few > many:
        return ""
    if ASCII_LINES.match(sample):
        # A program appended UTF-16 to ASCII text.
        return ""
    name = "utf-16-le" if second > first else "utf-16-be"
    return name if _decoded(sample, name) else ""


def _is_gb18030(sample: bytes) -> bool:
    if _decoded(sample, "utf-8") is not None:
        return False
    text = _decoded(sample, "gb18030") or ""
    foreign = [character for character in text if not character.isascii()]
    chinese = [character for character in foreign if "一" <= character <= "鿿"]
    punctuation = sum("\u3000" <= character <= "\u303f" or "\uff00" <= character <= "\uffef" for character in foreign)
    common = sum(character in COMMON for character in chinese)
    return len(chinese) >= 4 and 10 * (len(chinese) + punctuation) >= 9 * len(foreign) and 2 * common >= len(chinese)


def _decoded(sample: bytes, name: str) -> str | None:
    """The text, or None if it can't be decoded. A character that is cut at the sample's end is ignored."""
    try:
        return codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return None
