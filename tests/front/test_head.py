"""What the front door takes for a request, and what it leaves to aiohttp."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibot.front import head

USUAL = b"POST /webchat/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n"


def test_a_usual_request_is_read() -> None:
    read = head.read(USUAL + b"1234567GET ")
    assert read is not None
    assert (read.method, read.target, read.length, read.size) == ("POST", "/webchat/v1/messages", 7, len(USUAL))
    assert read.fields == {"host": "x", "content-type": "application/json", "content-length": "7"}
    assert read.keep_alive
    assert read.is_plain


def with_field(line: bytes) -> bytes:
    return USUAL.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n")


NOT_OURS = {
    "half a head": USUAL[:-2],
    "bare line feeds": USUAL.replace(b"\r\n", b"\n"),
    "one bare line feed": USUAL.replace(b"\r\nContent-Type", b"\nContent-Type"),
    "a bare carriage return": USUAL.replace(b"\r\nContent-Type", b"\rContent-Type"),
    "an empty line in front": b"\r\n" + USUAL,
    "HTTP/1.0": USUAL.replace(b"1.1", b"1.0"),
    "HTTP/1.2": USUAL.replace(b"1.1", b"1.2"),
    "no version": USUAL.replace(b" HTTP/1.1", b""),
    "an unknown method": USUAL.replace(b"POST", b"BREW"),
    "a small method": USUAL.replace(b"POST", b"post"),
    "two blanks": USUAL.replace(b" HTTP", b"  HTTP"),
    "a whole address": USUAL.replace(b" /webchat", b" http://x/webchat"),
    "a byte beyond ASCII in the path": USUAL.replace(b"v1", b"v\xb9"),
    "a byte beyond ASCII in a field": with_field("X: é".encode()),
    "a blank before the colon": USUAL.replace(b"Length:", b"Length :"),
    "a folded line": with_field(b"X: a\r\n b"),
    "a line without a colon": with_field(b"X"),
    "a field without a name": with_field(b": x"),
    "NUL in a field": with_field(b"X: \0"),
    "chunked": with_field(b"Transfer-Encoding: chunked"),
    "chunked, spelled differently": with_field(b"transfer-ENCODING: identity"),
    "two lengths": with_field(b"Content-Length: 7"),
    "two lengths that differ": with_field(b"content-length: 8"),
    "a list of lengths": USUAL.replace(b"Length: 7", b"Length: 7, 7"),
    "a signed length": USUAL.replace(b"Length: 7", b"Length: +7"),
    "a negative length": USUAL.replace(b"Length: 7", b"Length: -7"),
    "a length with an underscore": USUAL.replace(b"Length: 7", b"Length: 1_0"),
    "a hexadecimal length": USUAL.replace(b"Length: 7", b"Length: 0x7"),
    "an empty length": USUAL.replace(b"Length: 7", b"Length:"),
    "a length beyond all measure": USUAL.replace(b"Length: 7", b"Length: " + b"9" * 30),
    "an upgrade": with_field(b"Upgrade: h2c"),
    "an upgrade in the connection": with_field(b"Connection: Upgrade"),
    "two connections": with_field(b"Connection: close\r\nConnection: keep-alive"),
    "an expectation": with_field(b"Expect: 100-continue"),
    "two hosts": with_field(b"Host: y"),
    "a huge field": with_field(b"X: " + b"x" * head.LONGEST),
    "too many fields": with_field(b"\r\n".join(b"X-%d: 1" % n for n in range(head.MOST_FIELDS))),
    "a greeting of another protocol": b"\x16\x03\x01\x02\x00\x01",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("name", NOT_OURS)
def test_whatever_is_not_exactly_well_formed_is_left_to_aiohttp(name: str) -> None:
    assert head.read(NOT_OURS[name]) is None


@pytest.mark.parametrize(
    "line",
    [b"Content-Encoding: gzip", b"X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8", b"Cookie: a\r\ncookie: b"],
)
def test_a_request_may_have_a_plain_end_and_still_not_be_plain(line: bytes) -> None:
    read = head.read(with_field(line))
    assert read is not None
    assert not read.is_plain


def test_a_last_request_says_so() -> None:
    read = head.read(with_field(b"Connection: Close"))
    assert read is not None
    assert not read.keep_alive


@given(st.binary(max_size=60), st.integers(0, len(USUAL)), st.integers(0, 20))
def test_no_bytes_break_the_reader_or_move_the_end(junk: bytes, place: int, removed: int) -> None:
    data = USUAL[:place] + junk + USUAL[place + removed :]
    read = head.read(data)
    if read is not None:
        assert data[: read.size].endswith(b"\r\n\r\n")
        assert b"\r\n\r\n" not in data[: read.size - 1]


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("/a/b", ("/a/b", {})),
        ("/a?after=12", ("/a", {"after": "12"})),
        ("/a?x=1&y=", ("/a", {"x": "1", "y": ""})),
        ("/a?x=1&x=2", None),
        ("/a?x=%31", None),
        ("/a?x=1+1", None),
        ("/%61", None),
        ("/a#b", None),
        ("/a;b", None),
    ],
)
def test_targets_are_taken_apart_only_where_nothing_is_encoded(target: str, parts: object) -> None:
    assert head.split(target) == parts
