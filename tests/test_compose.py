"""docker-compose.yml without Docker: what it says is consistent, and the commands it runs serve a visitor together."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
import yaml

from omnibot.settings import known_environment
from tests.servers import ROOT, OmnibotProcess

COMPOSE = ROOT / "docker-compose.yml"
PINNED = re.compile(r"^[a-z0-9/]+:\d+(\.\d+)+[a-z0-9.-]*$")
FILLED_FROM_ENVIRONMENT = re.compile(r"\$\{[A-Z_]+(-|:\?[^}]*)\}")  # no default, or none but a complaint
STREAM_LINES = 100

Service = dict[str, Any]
Services = dict[str, Service]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> Services:
    found: Services = compose["services"]
    return found


def test_the_default_profile_is_one_container(services: Services) -> None:
    assert [name for name, service in services.items() if not service.get("profiles")] == ["omnibot"]


def test_the_scaled_profile_has_two_edges_and_two_workers(services: Services) -> None:
    scaled = {name for name, service in services.items() if service.get("profiles") == ["scaled"]}
    assert scaled == {"balancer", "edge-1", "edge-2", "worker-1", "worker-2", "postgres", "redis"}


def test_starting_the_balancer_starts_the_whole_scaled_profile(services: Services) -> None:
    reached, waiting = set[str](), ["balancer"]
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting += services[name].get("depends_on", {}).keys() - reached
    assert reached == services.keys() - {"omnibot"}


def test_every_dependency_is_a_service_of_the_same_profile_that_tells_its_health(services: Services) -> None:
    for service in services.values():
        for name, dependency in service.get("depends_on", {}).items():
            assert dependency["condition"] == "service_healthy"
            assert services[name]["healthcheck"]["test"][0] == "CMD"
            assert services[name]["profiles"] == service["profiles"]


def test_every_service_tells_its_health_and_comes_back_after_a_crash(services: Services) -> None:
    for name, service in services.items():
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name


def test_processes_of_the_scaled_profile_share_their_files(services: Services) -> None:
    """A file that one edge takes in has to be there when another edge or a worker is asked for it."""
    for name in ("edge-1", "edge-2", "worker-1", "worker-2"):
        assert services[name]["volumes"] == ["shared-files:/data"]


def test_every_volume_is_declared_or_a_file_of_the_project(compose: dict[str, Any]) -> None:
    sources = {
        volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])
    }
    named = {source for source in sources if not source.startswith(".")}
    assert named == compose["volumes"].keys()
    for source in sources - named:
        assert (ROOT / source).is_file()


def test_every_image_is_pinned(services: Services) -> None:
    images = {service["image"] for service in services.values()}
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    images |= set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE))
    assert [image for image in images if not PINNED.match(image)] == []


def test_no_password_has_a_default(services: Services) -> None:
    assert FILLED_FROM_ENVIRONMENT.fullmatch(services["postgres"]["environment"]["POSTGRES_PASSWORD"])
    for service in services.values():
        for key, value in service.get("environment", {}).items():
            if "://" in value and "@" in value:
                password = value.partition("://")[2].partition("@")[0].partition(":")[2]
                assert FILLED_FROM_ENVIRONMENT.fullmatch(password), key


def test_every_variable_for_omnibot_is_a_setting(services: Services) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    names = set(re.findall(r"\b(OMNIBOT_\w+)=", dockerfile))
    for service in services.values():
        names |= {name for name in service.get("environment", {}) if name.startswith("OMNIBOT_")}
    assert names
    assert names <= known_environment()


def test_nothing_is_reachable_from_outside_this_machine(services: Services) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_balancer_knows_every_edge(services: Services) -> None:
    config = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    edges = {name for name in services if name.startswith("edge-")}
    assert set(re.findall(r"server (\S+):8080 ", config)) == edges


@pytest.fixture
async def visitor() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        yield session


@pytest.fixture
def scaled(
    services: Services,
    start_omnibot: Callable[..., OmnibotProcess],
    postgres_url: str,
    redis_url: str,
) -> dict[str, OmnibotProcess]:
    """The scaled profile's own services as plain processes, with the settings that the file gives them."""
    here = {"OMNIBOT_DATABASE__URL": postgres_url, "OMNIBOT_REDIS__URL": redis_url}
    running = {}
    for name, service in services.items():
        command = service.get("command", [])
        if command[:2] != ["omnibot", "serve"]:
            continue
        environment = {key: _default(value) for key, value in service["environment"].items()} | here
        running[name] = start_omnibot(role=command[command.index("--role") + 1], env=environment)
    return running


def _default(value: str) -> str:
    return re.sub(r"\$\{[A-Z_]+:?-?([^}]*)\}", r"\1", value)


async def test_a_visitor_of_one_edge_is_answered_on_the_other(
    scaled: dict[str, OmnibotProcess], visitor: aiohttp.ClientSession
) -> None:
    here, there = scaled["edge-1"].url, scaled["edge-2"].url
    async with visitor.post(f"{here}/webchat/v1/session", json={"language": "en"}) as opened:
        opened.raise_for_status()
        credentials = {"Authorization": f"Bearer {(await opened.json())['token']}"}

    async with visitor.get(f"{there}/webchat/v1/stream", headers=credentials) as stream:
        message = {"client_id": "a-first-message", "text": "I would like to talk to a person, please"}
        async with visitor.post(f"{here}/webchat/v1/messages", json=message, headers=credentials) as accepted:
            assert accepted.status == 202
        assert await _next_author(stream) in ("bot", "system")

    for name, process in scaled.items():
        assert "loop_failed" not in process.log(), name


async def _next_author(stream: aiohttp.ClientResponse) -> str:
    """Who answers the customer, the stream's own lines aside."""
    for _ in range(STREAM_LINES):
        line = (await stream.content.readline()).decode()
        found = re.search(r'"author":\s*"(\w+)"', line)
        if found and found[1] != "customer":
            return found[1]
    raise AssertionError("Nobody answered.")
