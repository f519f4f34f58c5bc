"""Who else gets a message, where its channel can: copies that all of them see, and hidden ones."""

from omnibot.domain.regex import regex
from omnibot.domain.value import dataclass

# As SMTP takes it without extensions; the domain may have letters of any script (RFC 5891).
_ADDRESS = regex(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^\s<>@,;:\"()\[\]\\.]+(?:\.[^\s<>@,;:\"()\[\]\\.]+)+")
_LENGTH = 254  # RFC 5321, 4.5.3.1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Addresses in lower case, each once."""

    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()  # nobody but staff learns of them

    @property
    def everybody(self) -> tuple[str, ...]:
        return (*self.cc, *self.bcc)


NO_COPIES = Copies()


def copies(cc: list[str], bcc: list[str], *, to: str) -> Copies:
    """What was written into the two fields, for a message to that address, which needs no copy."""
    open_ones = [one for one in _plain(cc) if one != to]
    hidden = [one for one in _plain(bcc) if one != to and one not in open_ones]
    return Copies(cc=tuple(open_ones), bcc=tuple(hidden))


def wrong_address(given: Copies) -> str | None:
    """The first that no mail can be sent to."""
    return next((one for one in given.everybody if len(one) > _LENGTH or not _ADDRESS.fullmatch(one)), None)


def _plain(addresses: list[str]) -> list[str]:
    return list(dict.fromkeys(one.strip().lower() for one in addresses if one.strip()))
