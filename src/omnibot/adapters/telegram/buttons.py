"""Our buttons on the wire. A button carries at most 64 bytes of `callback_data`, which any client can forge.

So it carries the choice's id behind a signature over the chat and the id: it means nothing in another chat, and survives
a restart. An id that does not fit is left out; its button then counts as if its label had been typed.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from functools import lru_cache

LENGTH = 64  # bytes of callback_data, https://core.telegram.org/bots/api#inlinekeyboardbutton
_SIGNATURE = 12  # characters: 72 bits
_TOO_LONG = "~"
_REMEMBERED = 4096  # signatures: who talks to the bot sees the same buttons under each of its answers


class Buttons:
    """Writes and reads `callback_data` with one bot's key."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"omnibot buttons\0" + secret.encode()).digest()
        self._sign = lru_cache(maxsize=_REMEMBERED)(self._signature)

    def data(self, chat: str, choice: str) -> str:
        """What the button for a choice carries."""
        signed = self._sign(chat, choice) + choice
        if len(signed.encode("utf-8", "replace")) <= LENGTH:
            return signed
        return _TOO_LONG + self._sign(chat, choice)

    def choice(self, chat: str, data: str) -> str | None:
        """The choice behind it; None where it is not ours, of another chat, or too long to be carried."""
        signature, choice = data[:_SIGNATURE], data[_SIGNATURE:]
        genuine = hmac.compare_digest(signature.encode("utf-8", "replace"), self._sign(chat, choice).encode())
        return choice if choice and genuine else None

    def _signature(self, chat: str, choice: str) -> str:
        digest = hmac.digest(self._key, f"{chat}\0{choice}".encode("utf-8", "replace"), "sha256")
        return urlsafe_b64encode(digest)[:_SIGNATURE].decode()
