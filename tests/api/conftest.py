"""Who calls the API."""

import pytest

from omnibot.domain.access import Role
from tests.office import Agent, Office, Visitor


@pytest.fixture
async def visitor(office: Office) -> Visitor:
    return await office.visitor()


@pytest.fixture
async def agent(office: Office) -> Agent:
    return await office.agent("Ada")


@pytest.fixture
async def supervisor(office: Office) -> Agent:
    return await office.agent("Margaret", Role.SUPERVISOR)


@pytest.fixture
async def admin(office: Office) -> Agent:
    return await office.agent("Root", Role.ADMIN)
