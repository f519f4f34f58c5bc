"""Bytes of a mail as text, whatever the mail says of them: labels are missing, wrong, or of codecs that are none.

A label is a hint. Where it fails, UTF-8 is tried (it hardly ever fits by chance), then the legacy charset whose letters
come out most plausible.
"""

import codecs
import re

# What mail calls them, and the superset that mail programs really mean by it (https://encoding.spec.whatwg.org/#names-and-labels).
_MEANT = {
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "chinesesimplified": "gb18030",
    "cn-gb": "gb18030",
    "big5": "big5hkscs",
    "x-big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "x-euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949",
    "iso-2022-kr": "iso2022_kr",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8": "utf-8",
    "unicode": "utf-16",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
}
# Python knows codecs that are none for mail (idna, punycode, unicode_escape): some are slow, some are not about text.
_IS_CHARSET = re.compile(
    r"(?:utf|iso|cp|windows|ibm|koi8|mac|gb|big5|euc|shift|hz|johab|tis|ptcp|latin|ascii|ks|viscii|x-|cs)",
    re.IGNORECASE,
)
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")

# Tried in this order where neither the label nor UTF-8 fits.
_LEGACY = ("gb18030", "cp932", "cp949", "big5hkscs", "koi8_r", "cp1251", "cp1252")
_SAMPLE = 4_000  # bytes looked at when guessing
# The commonest characters of modern Chinese, and what business mails are full of.
_COMMON_HAN = frozenset(
    "這個來們說國時會對學發經過還沒與請問麼辦製電話處謝裝開關機為後長動現點無樣嗎訂單貨號碼壞換員您好吧呢謝嗎坏换订单货号码冰箱洗衣"
    "的一是不了在人有我他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里"
    "所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从"
    "工使管理何企业务请收电话培训客户服转整体提升水平"
)

_COMMON_HANGUL = frozenset(
    "이다는을를의가에서하고로한지도은기사자리어인대해시나라있니요안녕세주문제품객감합습냉장돼되않없수그것정일상전화"
)


def to_text(raw: bytes, label: str = "") -> str:
    """The bytes as text; never raises. What cannot be read becomes U+FFFD, control characters go."""
    return _INVISIBLE.sub("", _decoded(raw, label)).replace("\r\n", "\n").replace("\r", "\n")


def _decoded(raw: bytes, label: str) -> str:
    codec = _codec(label)
    if codec == "utf-16" and raw[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        codec = "utf-16-be" if raw[:1] == b"\0" else "utf-16-le"
    if codec is not None:
        try:
            return raw.decode(codec)
        except (UnicodeError, ValueError):
            if codec not in ("utf-8", "utf-7"):
                return raw.decode(codec, "replace")
    if b"\x1b$" in raw:
        return raw.decode("iso2022_jp_ext", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(raw)


def _codec(label: str) -> str | None:
    name = label.strip().strip("\"'").lower().partition("*")[0]
    name = _MEANT.get(name, name)
    if not name or not _IS_CHARSET.match(name) or "\0" in name:
        return None
    try:
        return codecs.lookup(name).name
    except (LookupError, UnicodeError):
        return None


def _guessed(raw: bytes) -> str:
    broken = raw.decode("utf-8", "replace")
    if broken.count("\ufffd") * 4 < sum(1 for letter in broken if ord(letter) > 0x7F and letter != "\ufffd"):
        return broken  # UTF-8 with a few bytes damaged or cut
    sample = raw[:_SAMPLE]
    best = max(_LEGACY, key=lambda codec: _plausibility(sample, codec))
    return raw.decode(best, "replace")


def _plausibility(sample: bytes, codec: str) -> float:
    """How much the foreign letters look like a language, from -1 to 1."""
    text = sample.decode(codec, "replace")
    foreign = [letter for letter in text if ord(letter) > 0x7F]
    if not foreign:
        return -1.0
    if codec in ("koi8_r", "cp1251"):
        # Russian is mostly small letters in words; the wrong one of the two swaps the cases.
        runs = sum(len(run) for run in re.findall("[А-ЯЁ]?[а-яё]{2,}", text))
        return runs / len(foreign) - 0.05
    if codec == "cp1252":
        # A western letter stands among ASCII letters.
        lonely = len(re.findall(r"(?<![^\x00-\x7f])[À-ÿ](?![^\x00-\x7f])", text))
        return lonely / len(foreign) - 0.1
    good = {
        "gb18030": sum(letter in _COMMON_HAN for letter in foreign) * 2.5,
        "big5hkscs": sum(letter in _COMMON_HAN for letter in foreign) * 2.2,
        "cp932": sum("\u3040" <= letter <= "\u30ff" for letter in foreign if letter < "\uff00") * 1.6,
        "cp949": sum(letter in _COMMON_HANGUL for letter in foreign) * 1.8,
    }[codec]
    return min(1.0, good / len(foreign)) - 2 * foreign.count("\ufffd") / len(foreign)
