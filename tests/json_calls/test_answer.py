"""An answer is read however it is cut into pieces, and what leaves a doubt about its end is refused."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibot.json_calls.answer import HEAD_LIMIT, Answer, Malformed, Reader

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
LIMIT = 1000

WHOLE: list[tuple[bytes, Answer]] = [
    (OK + b"Content-Length: 2\r\n\r\n{}", Answer(200, b"{}")),
    (b"HTTP/1.1 429 Too Many Requests\r\ncontent-length:\t2 \r\nX: \xff\r\n\r\n{}", Answer(429, b"{}")),
    (b"HTTP/1.1 502 \r\nContent-Length: 0\r\nContent-Encoding: identity\r\n\r\n", Answer(502, b"")),
    (b"HTTP/1.1 200\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n\r\n1", Answer(200, b"1")),
    (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n1", Answer(200, b"1")),
    (b"HTTP/1.1 204 No Content\r\n\r\n", Answer(204, b"")),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", Answer(304, b"")),
    (CONTINUE + OK + b"Content-Length: 2\r\n\r\n{}", Answer(200, b"{}")),
    (CHUNKED + b"2\r\n{}\r\n0\r\n\r\n", Answer(200, b"{}")),
    (CHUNKED + b"A ;x=y\r\n0123456789\r\n01\r\nx\r\n00;z\r\nTrailer: a\r\n\r\n", Answer(200, b"0123456789x")),
]


def read(reader: Reader, pieces: list[bytes]) -> Answer | None:
    """What the last piece gives; none of those before it gives anything."""
    for piece in pieces[:-1]:
        assert reader.feed(piece) is None
    return reader.feed(pieces[-1])


@pytest.mark.parametrize(("data", "answer"), WHOLE)
def test_an_answer_is_read_at_once_and_byte_by_byte(data: bytes, answer: Answer) -> None:
    cuts: list[Callable[[bytes], list[bytes]]] = [
        lambda data: [data],
        lambda data: [data[n : n + 1] for n in range(len(data))],
    ]
    for cut in cuts:
        reader = Reader(LIMIT)
        assert read(reader, cut(data)) == answer
        assert reader.is_clean


@given(which=st.sampled_from(WHOLE), cuts=st.lists(st.integers(0, 120)))
def test_an_answer_is_read_in_any_pieces(which: tuple[bytes, Answer], cuts: list[int]) -> None:
    data, answer = which
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    assert read(Reader(LIMIT), [data[a:b] for a, b in pairwise(places)]) == answer


@given(pieces=st.lists(st.binary(max_size=40).filter(bool), max_size=20))
def test_chunks_of_any_size_become_one_body(pieces: list[bytes]) -> None:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    assert Reader(LIMIT).feed(CHUNKED + chunks + b"0\r\n\r\n") == Answer(200, b"".join(pieces))


@given(data=st.binary())
def test_no_bytes_break_the_reader(data: bytes) -> None:
    reader = Reader(LIMIT)
    try:
        answer = reader.feed(data)
        assert answer is not None or reader.end() is not None
    except Malformed:
        assert not reader.is_clean


@pytest.mark.parametrize("head", [OK, b"HTTP/1.0 200 OK\r\n", OK + b"Connection: close\r\n"])
def test_an_answer_without_a_length_ends_with_the_connection(head: bytes) -> None:
    reader = Reader(LIMIT)
    assert reader.feed(head + b"\r\n{") is None
    assert reader.feed(b"}") is None
    assert reader.end() == Answer(200, b"{}")


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}",
        OK + b"Content-Length: 2\r\n\r\n{}HTTP/1.1 200",
        CHUNKED + b"2\r\n{}\r\n0\r\n\r\n\r\n",
    ],
)
def test_after_such_an_answer_nothing_more_is_asked(data: bytes) -> None:
    reader = Reader(LIMIT)
    assert reader.feed(data) == Answer(200, b"{}")
    assert not reader.is_clean


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 200 OK\nX: y\r\n\r\n",
        OK + b"no colon\r\n\r\n",
        OK + b"Name : x\r\n\r\n",
        OK + b"X: a\r\n folded\r\n\r\n",
        OK + b"X: \0\r\n\r\n",
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        OK + b"Content-Length: 2, 2\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length:\r\n\r\n",
        OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
        CHUNKED + b"\r\n",
        CHUNKED + b"-2\r\n{}\r\n",
        CHUNKED + b"0x2\r\n{}\r\n",
        CHUNKED + b"2\r\n{}}\r\n",
        CHUNKED + b"0\r\nno field\r\n\r\n",
        OK + b"X: " + b"x" * HEAD_LIMIT,
        OK + b"X: " + b"x" * HEAD_LIMIT + b"\r\n\r\n",
        CHUNKED + b"1;" + b"x" * HEAD_LIMIT,
        CHUNKED + b"0\r\n" + b"X: y\r\n" * HEAD_LIMIT,
        OK + b"Content-Length: 1001\r\n\r\n",
        OK + b"\r\n" + b"x" * 1001,
        CHUNKED + b"3e9\r\n",
        CHUNKED + b"3e8\r\n" + b"x" * 1000 + b"\r\n1\r\n",
    ],
)
def test_what_is_not_exactly_an_answer_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Reader(LIMIT).feed(data)


@pytest.mark.parametrize("data", [b"", OK, OK + b"Content-Length: 3\r\n\r\n{}", CHUNKED + b"2\r\n{}\r\n"])
def test_an_answer_that_is_cut_off_is_none(data: bytes) -> None:
    reader = Reader(LIMIT)
    assert reader.feed(data) is None
    with pytest.raises(Malformed, match="cut off"):
        reader.end()
    assert not reader.is_clean
