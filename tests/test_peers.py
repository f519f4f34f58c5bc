"""Whose address counts: forwarded addresses only from proxies that are trusted."""

from ipaddress import ip_address, ip_network

import pytest

from omnibot.peers import forwarded_address

PROXIES = [ip_network("172.16.0.0/12"), ip_network("127.0.0.0/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # anybody can write the header
        ("172.18.0.5", ["198.51.100.1"], "198.51.100.1"),
        ("172.18.0.5", ["10.9.9.9, 198.51.100.1"], "198.51.100.1"),  # what stands further left is hearsay
        ("172.18.0.5", ["198.51.100.1", "172.18.0.9"], "198.51.100.1"),
        ("172.18.0.5", [], "172.18.0.5"),
        ("172.18.0.5", ["not an address"], None),
        ("fe80::1%eth0", [], "fe80::1"),
        (None, ["198.51.100.1"], None),
    ],
)
def test_the_right_most_address_that_is_no_trusted_proxys(
    peer: str | None, forwarded: list[str], address: str | None
) -> None:
    expected = ip_address(address) if address else None
    assert forwarded_address(peer, forwarded, PROXIES) == expected
