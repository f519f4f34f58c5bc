"""The API does what its own description says: generated requests, right and wrong, against the running server."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation

from omnibot.domain.access import Role
from tests.office import Office

EXAMPLES = 12  # for each operation and mode
SECONDS = 90  # a trial of thresholds trains models
# Refusals of what fits the description: rules that JSON Schema, or the part of it that we write, cannot say.
UNSAYABLE = (
    "name it for a dealer's group",
    "name either conversation_id or contact_id",
    "text is empty",
    "text has to be one of low, normal, high, urgent",
    "there is no such agent",
    "cc, bcc: ",
    "files: name what you uploaded",
    "an entry needs a question in one language at least",
    "there is no question in",
    "valid_until is before valid_from",
    "name one of agent_id, dealer_id and team",
    "there is no such dealer",
    "there is no such team",
    "hours: ",
    "bought_on lies in the future",
    "there is no product with that sku",
    "nobody is on call for one team alone",
    "the file of rules has no such team",
    "a team has one lead",
    "until: before it begins",
    "url: ",  # what is no address of a system that Apprise knows
    "got `float`",  # 1.0 is an integer to JSON Schema and none to us
)


def try_out(operation: APIOperation, mode: GenerationMode, url: str, headers: dict[str, str]) -> None:
    """Every check of schemathesis, on so many requests."""

    @seed(20260601)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def request(case: Case) -> None:
        response = case.call(base_url=url, headers=headers, timeout=SECONDS)
        if response.status_code == 422 and any(rule in response.json()["detail"] for rule in UNSAYABLE):
            return
        if any(name not in parse_qs(urlsplit(response.request.url).query, True) for name in case.query or {}):
            return  # what was wrong is a value that is written as nothing, so nothing wrong was sent
        case.validate_response(
            response, headers=headers, transport_kwargs={"base_url": url, "headers": headers, "timeout": SECONDS}
        )

    request()


def operations(document: dict[str, Any]) -> list[APIOperation]:
    return [result.ok() for result in schemathesis.openapi.from_dict(document).get_all_operations()]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
async def test_the_api_keeps_to_its_description(office: Office, mode: GenerationMode) -> None:
    admin = await office.agent("Root", Role.ADMIN)
    visitor = await office.visitor()
    await visitor.says("talk to a person")
    await visitor.hears("system: Of course")
    await admin.opens_ticket(visitor, "Leak")
    document = await office.call("GET", "/api/v1/openapi.json")
    found = operations(document)
    assert len(found) >= 42
    for operation in found:
        try:
            await asyncio.to_thread(try_out, operation, mode, office.url, admin.headers)
        except Exception as failure:
            failure.add_note(f"in {operation.label}")
            raise


async def test_every_operation_has_a_name_of_its_own(office: Office) -> None:
    document = await office.call("GET", "/api/v1/openapi.json")
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
