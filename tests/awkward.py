"""Texts that go wrong somewhere in most systems, and must arrive as they were written."""

AWKWARD = [
    "👩‍👩‍👧‍👦🇩🇪 e\u0301",
    "مرحبا \u202eevil\u202c",
    "zero\u200bwidth\ufeff",
    "**bold** <b>x</b> [a](javascript:alert(1)) `code`",
    "x" * 8_000,
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢" * 1_000,
    "line one\nline two\r\nline three\ttab",
    "'; DROP TABLE messages; --",
    "%s %d {0} {name} ${x} \\n \\u0000",
    "\x01\x1b[31mred\x7f\u2028\u2029\ufffe",
    " leading and trailing ",
    "田中さんにあげて下さい ﷽ ᚠᛇᚻ ̡͓̞ͅI̗̘",
]
