"""The process that reads mails, limited in memory: `main` answers requests, a line of JSON each. `reader` is the other side."""

import os
import resource
import sys
from pathlib import Path

import msgspec

from omnibot.adapters.email import mime
from omnibot.adapters.email.reading import Mail, read


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the worker is asked: to understand a mail, or to take a part out of it into a file."""

    path: str
    own: tuple[str, ...] = ()
    authserv_id: str = ""
    is_cut: bool = False
    index: int | None = None
    inside: tuple[int, ...] = ()  # the attached mails that lead to it
    to: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What it says."""

    mail: Mail | None = None
    error: str = ""


_decoder = msgspec.json.Decoder(Request)
_encoder = msgspec.json.Encoder()


def main(memory: int) -> None:
    """Answer requests until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What a parser prints must not get into the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin.buffer:
        answers.write(_encoder.encode(_answer(_decoder.decode(line))) + b"\n")
        answers.flush()


def _answer(request: Request) -> Answer:
    try:
        raw = Path(request.path).read_bytes()
        if request.index is None:
            own = frozenset(request.own)
            return Answer(mail=read(raw, own=own, authserv_id=request.authserv_id, is_cut=request.is_cut))
        _extract(raw, request)
        return Answer()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # Whatever a hostile mail provokes, panics of the Rust sanitiser included (they are BaseException), is an answer.
        return Answer(error=f"it cannot be read ({type(error).__name__})")


def _extract(raw: bytes, request: Request) -> None:
    for number in (*request.inside, request.index or 0):
        raw = list(mime.read(raw).leaves())[number].content()
    Path(request.to).write_bytes(raw)
