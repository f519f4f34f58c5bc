"""What has to be kept and must not be readable in the database: sealed with a secret that only the settings hold.

JWE (RFC 7516) with a direct key and AES-256-GCM. Who changes the secret has sealed nothing any more, as far as we can tell.
"""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from joserfc.jwk import OctKey


def seal(text: str, secret: str) -> str:
    """The text, readable with the same secret only."""
    from joserfc import jwe  # 10 MB that only those need who have something to seal

    return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, text.encode(), _key(secret))


def unseal(sealed: str, secret: str) -> str | None:
    """The text; None where it was sealed with another secret, or is damaged."""
    from joserfc import jwe
    from joserfc.errors import JoseError

    try:
        text = jwe.decrypt_compact(sealed, _key(secret)).plaintext
    except (JoseError, ValueError):
        return None
    return text.decode() if text is not None else None


def _key(secret: str) -> "OctKey":
    from joserfc.jwk import OctKey

    return OctKey.import_key(hashlib.sha256(b"omnibot sealed\0" + secret.encode()).digest())
