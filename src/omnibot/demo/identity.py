"""A customer's signed identity, as an operator's own site makes it: docs/web-chat.md."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta

LIFE = timedelta(hours=1)


def sign(number: str, secret: str, now: datetime) -> str:
    """A JWT for the customer with that number."""
    head = _encoded(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = _encoded(json.dumps({"sub": number, "exp": int((now + LIFE).timestamp())}).encode())
    signature = hmac.digest(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256)
    return f"{head}.{body}.{_encoded(signature)}"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
