"""What our own mail server found out about a mail's author (RFC 8601). Its header is told by its authserv-id."""

from collections.abc import Iterable

from authres import (  # type: ignore[import-untyped]  # it ships no types
    AuthenticationResultsHeader,
    AuthResError,
)

_LENGTH = 8_000


def vouches(headers: Iterable[bytes], domain: str, authserv_id: str) -> bool | None:
    """Whether the first result of our server says that `domain` sent the mail; None if our server says nothing.

    Servers put theirs on top and are expected to remove forged ones with their own id (RFC 8601, 5).
    """
    for raw in headers:
        try:
            parsed = AuthenticationResultsHeader.parse("Authentication-Results: " + raw[:_LENGTH].decode("latin-1"))
        except (AuthResError, ValueError, AttributeError, IndexError):
            continue
        if (parsed.authserv_id or "").lower() != authserv_id.lower():
            continue
        return any(_proves(result, domain) for result in parsed.results)
    return None


def _proves(result: object, domain: str) -> bool:
    method, outcome = getattr(result, "method", ""), getattr(result, "result", "")
    if str(outcome).lower() != "pass":
        return False
    if method == "dmarc":
        named = getattr(result, "header_from", None)
        return named is None or _is_within(domain, str(named))
    if method == "dkim":
        signer = getattr(result, "header_d", None) or str(getattr(result, "header_i", "") or "").rpartition("@")[2]
        return bool(signer) and _is_within(domain, str(signer))
    return False


def _is_within(domain: str, signer: str) -> bool:
    """The domain itself or one below it; DMARC's relaxed alignment without a list of public suffixes, so never upwards."""
    domain, signer = domain.lower().rstrip("."), signer.lower().rstrip(".").removeprefix("@")
    return domain == signer or (signer.count(".") >= 1 and domain.endswith(f".{signer}"))
