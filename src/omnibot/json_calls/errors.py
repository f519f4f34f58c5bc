"""A call that got no answer.

    CallFailed
    ├── NotSent         nothing of it has left us: nobody has done it
    │   └── Untrusted   because the other end could not prove who it is
    └── Unanswered      it may have been done
        └── TooLate     no answer in time

Nothing here quotes an address: a platform's may contain a token.
"""


class CallFailed(Exception):
    """Base of the others; the text is for the log."""


class NotSent(CallFailed):
    """No connection came about."""


class Untrusted(NotSent):
    """Certificate or handshake."""


class Unanswered(CallFailed):
    """The connection broke, or what came is no answer."""


class TooLate(Unanswered):
    """The time for it is over."""
