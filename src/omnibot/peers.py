"""Whose address a request comes from, where proxies stand between us. Forwarded addresses count only from proxies we trust:
anybody can write the header (RELIABILITY T26)."""

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING

from omnibot.exchange import Call

if TYPE_CHECKING:
    from aiohttp import web

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def caller_address(request: "web.Request", trusted: list[Network]) -> Address | None:
    """The address of who sent a request."""
    return forwarded_address(request.remote, request.headers.getall("X-Forwarded-For", []), trusted)


def address_of(call: Call, trusted: list[Network]) -> Address | None:
    """The same for a request that any of our doors may have read."""
    forwarded_for = call.headers.get("x-forwarded-for")
    return forwarded_address(call.peer, [forwarded_for] if forwarded_for else [], trusted)


def forwarded_address(peer: str | None, forwarded_for: Iterable[str], trusted: list[Network]) -> Address | None:
    """The right-most address that is not a trusted proxy's; None if there is none to be known.

    `peer` is the other end of the connection, `forwarded_for` the X-Forwarded-For headers in order.
    """
    hops = [hop.strip() for header in forwarded_for for hop in header.split(",")]
    address = _parse(peer)
    while address is not None and hops and any(address in network for network in trusted):
        address = _parse(hops.pop())
    return address


def _parse(text: str | None) -> Address | None:
    try:
        return ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
