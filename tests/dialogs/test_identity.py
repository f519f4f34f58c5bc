"""Customers whom the site has signed in: what a signed identity opens, and what a forged one does not."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.office import ManualClock, Office

SECRET = "the site's own secret, 32 characters or more"


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(claims: Any, *, secret: str = SECRET, alg: str = "HS256") -> str:
    """A JWT as any library of a site's own makes it."""
    body = f"{encoded({'alg': alg, 'typ': 'JWT'})}.{encoded(claims)}"
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(alg)
    signature = hmac.new(secret.encode(), body.encode(), digest).digest() if digest else b""
    return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]]) -> Office:
    return await open_office(webchat={"identity_secret": SECRET})


@pytest.fixture
def ana(clock: ManualClock) -> dict[str, Any]:
    """The claims of a customer."""
    return {"sub": "customer-7", "name": "Ana", "email": "ana@example.com", "exp": int(clock.now().timestamp()) + 600}


async def test_a_signed_identity_names_the_contact(office: Office, ana: dict[str, Any]) -> None:
    visitor = await office.visitor(identity=signed(ana))
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    contact = (await (await office.agent()).sees(visitor))["contact"]
    assert (contact["name"], contact["email"], contact["verified"]) == ("Ana", "ana@example.com", True)


async def test_the_same_identity_on_a_second_device_is_the_same_conversation(
    office: Office, ana: dict[str, Any]
) -> None:
    phone = await office.visitor(identity=signed(ana))
    await phone.says("talk to a person")
    await phone.hears("system: Of course")
    laptop = await office.visitor(identity=signed(ana))
    assert laptop.conversation_id == phone.conversation_id
    assert laptop.token != phone.token
    assert (await laptop.transcript())[0]["text"] == "talk to a person"
    await laptop.says("and one thing more")
    await phone.hears_nothing()
    assert (await phone.transcript())[-1]["text"] == "and one thing more"


async def test_signing_in_keeps_what_was_said_before_under_a_new_token(office: Office, ana: dict[str, Any]) -> None:
    anonymous = await office.visitor()
    await anonymous.says("talk to a person")
    await anonymous.hears("system: Of course")
    proven = await office.visitor(token=anonymous.token, identity=signed(ana))
    assert proven.conversation_id == anonymous.conversation_id
    assert proven.token != anonymous.token
    await office.call("GET", "/webchat/v1/messages", headers=anonymous.headers, status=401)


async def test_another_customer_on_the_same_browser_sees_nothing_of_the_first(
    office: Office, ana: dict[str, Any]
) -> None:
    first = await office.visitor(identity=signed(ana))
    await first.says("talk to a person")
    await first.hears("system: Of course")
    second = await office.visitor(token=first.token, identity=signed(ana | {"sub": "customer-8", "name": "Bo"}))
    assert second.conversation_id != first.conversation_id
    assert await second.transcript() == []


FORGERIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "wrong key": lambda claims: signed(claims, secret="another secret of at least 32 characters"),
    "alg none": lambda claims: signed(claims, alg="none"),
    "alg None": lambda claims: signed(claims, alg="None"),
    "other algorithm": lambda claims: signed(claims, alg="HS512"),
    "asymmetric algorithm": lambda claims: signed(claims, alg="RS256"),
    "expired": lambda claims: signed(claims | {"exp": claims["exp"] - 601}),
    "without expiry": lambda claims: signed({k: v for k, v in claims.items() if k != "exp"}),
    "without subject": lambda claims: signed({k: v for k, v in claims.items() if k != "sub"}),
    "empty subject": lambda claims: signed(claims | {"sub": ""}),
    "blank subject": lambda claims: signed(claims | {"sub": " "}),
    "subject is a number": lambda claims: signed(claims | {"sub": 7}),
    "subject is an array": lambda claims: signed(claims | {"sub": ["customer-7"]}),
    "expiry is a word": lambda claims: signed(claims | {"exp": "soon"}),
    "NUL in the name": lambda claims: signed(claims | {"name": "A\0na"}),
    "NUL in the subject": lambda claims: signed(claims | {"sub": "customer\0-7"}),
    "half a surrogate pair": lambda claims: signed(claims | {"name": "\ud800"}),
    "signature changed": lambda claims: signed(claims)[:-2] + "AA",
    "signature cut off": lambda claims: signed(claims).rpartition(".")[0] + ".",
    "claims are an array": lambda claims: signed([claims]),
    "not a JWT": lambda claims: "customer-7",
    "not base64": lambda claims: "a.b.c",
    "empty parts": lambda claims: "..",
    "not ASCII": lambda claims: "é.é.é",
}


async def test_a_forged_identity_is_refused_and_shows_nothing(office: Office, ana: dict[str, Any]) -> None:
    real = await office.visitor(identity=signed(ana))
    await real.says("my secret")
    await office.settled()
    for name, forge in FORGERIES.items():
        body = {"identity": forge(ana)}
        problem = await office.call("POST", "/webchat/v1/session", json=body, status=401)
        assert problem["type"] == "urn:omnibot:identity-not-accepted", name
        assert "secret" not in str(problem)
        assert "token" not in problem


async def test_without_a_configured_secret_no_identity_is_accepted(
    open_office: Callable[..., Awaitable[Office]], ana: dict[str, Any]
) -> None:
    office = await open_office()
    for secret in (SECRET, "", "x"):
        body = {"identity": signed(ana, secret=secret)}
        await office.call("POST", "/webchat/v1/session", json=body, status=401)


async def test_two_devices_that_sign_in_at_once_are_one_contact(office: Office, ana: dict[str, Any]) -> None:
    visitors = await asyncio.gather(*(office.visitor(identity=signed(ana)) for _ in range(12)))
    agent = await office.agent()
    found = (await agent.get("/contacts"))["items"]
    assert [contact["name"] for contact in found] == ["Ana"]
    assert len({visitor.conversation_id for visitor in visitors}) == 1


async def test_an_identity_with_a_nonce_counts_once(office: Office, ana: dict[str, Any], clock: ManualClock) -> None:
    identity = signed(ana | {"jti": "n1"})
    first = await office.visitor(identity=identity)
    await first.says("my secret")
    again = await office.visitor(token=first.token, identity=identity)  # the page was loaded anew
    assert again.conversation_id == first.conversation_id
    stranger = await office.visitor()
    for headers in ({}, stranger.headers):
        body = {"identity": identity}
        problem = await office.call("POST", "/webchat/v1/session", json=body, headers=headers, status=401)
        assert "secret" not in str(problem)
    other = await office.visitor(identity=signed(ana | {"jti": "n2"}))
    assert other.conversation_id == first.conversation_id
    bo = await office.visitor(identity=signed(ana | {"sub": "customer-8", "jti": "n1"}))
    assert bo.conversation_id != first.conversation_id
    clock.advance(minutes=11)
    await office.visitor(identity=signed(ana | {"jti": "n3", "exp": int(clock.now().timestamp()) + 600}))
    query = "SELECT count(*) FROM shown_identities"
    assert await office.application.store.read(lambda tx: tx.exec_driver_sql(query).scalar()) == 1


async def test_of_many_who_show_one_nonce_at_once_one_is_let_in(office: Office, ana: dict[str, Any]) -> None:
    body = {"identity": signed(ana | {"jti": "n1"})}

    async def opens() -> int:
        async with office.http.post("/webchat/v1/session", json=body) as response:
            return response.status

    statuses = await asyncio.gather(*(opens() for _ in range(8)))
    assert sorted(statuses) == [201, *[401] * 7]


@pytest.mark.parametrize("claims", [{"jti": 7}, {"jti": "a\0b"}, {"jti": "n", "exp": 10**12}])
async def test_a_nonce_that_is_none_is_refused(office: Office, ana: dict[str, Any], claims: dict[str, Any]) -> None:
    await office.call("POST", "/webchat/v1/session", json={"identity": signed(ana | claims)}, status=401)


async def test_where_an_identity_is_required_nobody_else_says_anything(
    open_office: Callable[..., Awaitable[Office]], ana: dict[str, Any]
) -> None:
    before = await open_office(webchat={"identity_secret": SECRET})
    anonymous = await before.visitor()
    await anonymous.says("hello")
    await anonymous.hears("bot: Hello!")
    office = await open_office(webchat={"identity_secret": SECRET, "require_identity": True})
    headers: dict[str, str]
    for headers in ({}, anonymous.headers, {"Authorization": "Bearer wrong"}):
        problem = await office.call("POST", "/webchat/v1/session", json={}, headers=headers, status=401)
        assert problem["type"] == "urn:omnibot:identity-required"
    forged = {"identity": signed(ana, secret="x" * 40)}
    problem = await office.call("POST", "/webchat/v1/session", json=forged, status=401)
    assert problem["type"] == "urn:omnibot:identity-not-accepted"
    body = {"client_id": "1", "text": "let me in"}
    await office.call("POST", "/webchat/v1/messages", json=body, headers=anonymous.headers, status=401)
    await office.call("GET", "/webchat/v1/messages?after=0", headers=anonymous.headers, status=401)
    async with office.http.get("/webchat/v1/stream", headers=anonymous.headers) as response:
        assert response.status == 401
    # Who signs in brings along what was said before.
    known = await office.visitor(token=anonymous.token, identity=signed(ana))
    assert known.conversation_id == anonymous.conversation_id
    await known.says("How do I clean the filter?")
    await office.settled()
    again = await office.visitor(token=known.token)
    assert [line["author"] for line in await again.transcript()] == ["customer", "bot", "customer", "bot"]
