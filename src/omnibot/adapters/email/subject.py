"""A subject without what mail programs put before it: Re, Fwd, AW, WG, SV, Odp, 回复, 转发, in any number and any bracket."""

import re

LENGTH = 500

# Reply and forward prefixes of mail programs by language
# (https://en.wikipedia.org/wiki/List_of_email_subject_abbreviations, and what their users reported).
_PREFIXES = (
    # English and most others
    "re", "res", "fwd", "fw", "fwd as attachment",
    # German, Dutch, Danish, Norwegian, Swedish, Icelandic, Finnish, Estonian
    "aw", "antwort", "antw", "wg", "doorst", "betr", "sv", "vs", "vb", "vl", "vid", "vidbef", "svar", "edasi",
    # French, Spanish, Catalan, Portuguese, Italian, Romanian
    "rép", "rep", "réf", "tr", "rv", "rsv", "enc", "r", "i", "rif", "fs", "reenv", "ynt", "ilt", "res",
    # Polish, Czech, Slovak, Hungarian, Croatian, Slovenian, Latvian, Lithuanian, Turkish
    "odp", "pd", "odg", "vá", "továbbítás", "odpověď", "přep", "preposlané", "ats", "persiunciama", "yan", "ilet",
    # Greek, Russian, Ukrainian, Bulgarian
    "απ", "πρθ", "σχετ", "на", "отв", "ответ", "ha", "пересл", "пер", "переслано", "відп", "пересл", "отг", "прп",
    # Hebrew, Arabic, Persian
    "השב", "תגובה", "הועבר", "رد", "إعادة توجيه", "پاسخ",
    # Chinese, Japanese, Korean, Vietnamese, Indonesian, Thai
    "回复", "回覆", "答复", "答覆", "转发", "轉寄", "轉發", "转寄", "转", "返信", "転送", "回信", "회신", "답장", "전달",
    "trả lời", "chuyển tiếp", "hồi âm", "bls", "trs", "ตอบกลับ", "ส่งต่อ",
)  # fmt: skip
# "I:" and "R:" are Italian prefixes, but also how people number; they count in capitals only.
_SHORT = {"i", "r", "ha", "на", "rep", "enc", "pd", "fs", "vs", "vb", "vl"}
_LONG = "|".join(sorted((re.escape(prefix) for prefix in {*_PREFIXES} - _SHORT), key=len, reverse=True))
_CAPITAL = "|".join(sorted(re.escape(prefix.upper()) for prefix in _SHORT))
_COUNT = r"(?:[ ]?[\[(]\d{1,3}[\])]|\^\d{1,3}|\*\d{1,3})?"
_PREFIX = re.compile(
    rf"\s*(?:(?:(?i:{_LONG})|(?:{_CAPITAL})){_COUNT}\s*(?:[:：]\s*[:：]?|;)|\((?i:re|fwd?)\)\s*:?)\s*(?:[:：]\s+)?"
)
# Of those, what says that a mail is passed on, not answered.
_FORWARDS = (
    "fwd", "fw", "fwd as attachment", "wg", "doorst", "vb", "vl", "vid", "vidbef", "videresend", "vs", "edasi", "tr", "rv", "enc",
    "i", "fs", "reenv", "ilt", "pd", "továbbítás", "přep", "preposlané", "persiunciama", "ilet", "πρθ", "пересл", "переслано",
    "прп", "הועבר", "إعادة توجيه", "转发", "轉寄", "轉發", "转寄", "转", "転送", "전달", "chuyển tiếp", "trs", "ส่งต่อ",
)  # fmt: skip
_FORWARD = re.compile(
    rf"\s*\[?\s*(?:(?i:{'|'.join(re.escape(one) for one in sorted({*_FORWARDS} - _SHORT, key=len, reverse=True))})"
    rf"|(?:{'|'.join(re.escape(one.upper()) for one in sorted({*_FORWARDS} & _SHORT))})){_COUNT}\s*[:：;]"
)
_BRACKET = re.compile(r"\[\s*(?=(?:(?i:re|fwd?|aw|wg)))")
_TAIL = re.compile(r"\s*\((?i:fwd?)\)\s*$")


def stripped(subject: str) -> str:
    """The subject that the conversation has, whoever answers or forwards it."""
    text = " ".join(subject[:LENGTH].split())
    while True:
        shorter = _without_one(text)
        if shorter == text:
            return text
        text = shorter


def is_forward(subject: str) -> bool:
    """Whether its outermost prefix says that the mail is passed on."""
    return bool(_FORWARD.match(subject[:LENGTH]) or _TAIL.search(subject[:LENGTH]))


def _without_one(text: str) -> str:
    if found := _PREFIX.match(text):
        return text[found.end() :].strip()
    if _BRACKET.match(text) and _PREFIX.match(text[1:]):
        return (text[1:-1] if text.endswith("]") else text[1:]).strip()
    return _TAIL.sub("", text)
